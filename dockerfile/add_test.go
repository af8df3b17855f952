package dockerfile_test

import (
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
)

// TestAddPlaces: where the keyword and the checksum of an ADD stand, by the
// text there; "-" is no flag, and "" one without a value.
func TestAddPlaces(t *testing.T) {
	t.Parallel()
	const sum = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	tests := []struct{ name, text, keyword, checksum string }{
		{"no flag", "ADD https://h/x /", "ADD", "-"},
		{"lower case", "  add\thttps://h/x /", "add", "-"},
		{"a checksum", "ADD --chmod=644 --checksum=" + sum + " https://h/x /", "ADD", sum},
		{"quoted", "ADD --checksum=\"" + sum + "\" https://h/x /", "ADD", sum},
		{"without a value", "ADD --checksum= https://h/x /", "ADD", ""},
		{"continued", "ADD \\\r\n  --checksum=" + sum + " \\\r\n # words\r\n https://h/x /", "ADD", sum},
		{"trigger", "ONBUILD  ADD --checksum=" + sum + " https://h/x /", "ADD", sum},
		{"array", `ADD ["https://h/x", "/"]`, "ADD", "-"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := dockerfile.Parse("f", []byte("FROM scratch\r\n"+tt.text+"\r\n"))
			inputs := f.Resolve(dockerfile.Options{}).Inputs
			if len(inputs) != 1 {
				t.Fatalf("%d inputs, want 1", len(inputs))
			}
			in := inputs[0]
			checksum := "-"
			if in.Checksum != (dockerfile.Span{}) {
				checksum = f.Text[in.Checksum.Start:in.Checksum.End]
			}
			if got := f.Text[in.Keyword.Start:in.Keyword.End]; got != tt.keyword || checksum != tt.checksum {
				t.Errorf("keyword %q, checksum %q; want %q, %q", got, checksum, tt.keyword, tt.checksum)
			}
		})
	}
}
