package resolve

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/golang/snappy"
)

// TestUnsnap unpacks what the usual module packs, and what is cut off or changed
// as that module does.
func TestUnsnap(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var text []byte
		for len(text) < r.IntN(70000) {
			if word := r.IntN(300) + 1; len(text) > word && r.IntN(3) > 0 {
				at := r.IntN(len(text) - word)
				text = append(text, text[at:at+word]...)
				continue
			}
			for range r.IntN(100) {
				text = append(text, byte(r.IntN(256)))
			}
		}
		packed := snappy.Encode(nil, text)
		if got, ok := unsnap(packed, len(text)); !ok || !bytes.Equal(got, text) {
			t.Fatalf("%d bytes are unpacked to %d, %v", len(text), len(got), ok)
		}
		if _, ok := unsnap(packed, len(text)-1); ok {
			t.Fatalf("%d bytes are unpacked, one more than the limit", len(text))
		}
		compareUnsnap(t, packed[:r.IntN(len(packed)+1)])
		for range 20 {
			packed[r.IntN(len(packed))] = byte(r.IntN(256))
			compareUnsnap(t, packed)
		}
	}
}

func compareUnsnap(t *testing.T, packed []byte) {
	t.Helper()
	const limit = 1 << 20
	if n, err := snappy.DecodedLen(packed); err == nil && n > limit {
		return
	}
	want, err := snappy.Decode(nil, packed)
	if got, ok := unsnap(packed, limit); ok != (err == nil) || ok && !bytes.Equal(got, want) {
		t.Fatalf("%x: %v, want %v", packed, ok, err)
	}
}
