package dockerfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
)

func TestExpansionsAreBounded(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("ARG A0=0123456789abcdef\n")
	for i := range 15 {
		fmt.Fprintf(&text, "ARG A%d=$A%d$A%d\n", i+1, i, i)
	}
	for i := range 1000 {
		fmt.Fprintf(&text, "ARG B%d=$A15\n", i) // half a MiB each
	}
	text.WriteString("FROM alpine:$B0\nFROM alpine:$B999\n")
	got := dockerfile.Parse("Dockerfile", []byte(text.String())).Resolve(dockerfile.Options{})
	if in := got.Inputs[1]; in.Source != nil || in.Err == nil {
		t.Errorf("the thousandth copy of half a MiB has error %v, want it refused", in.Err)
	}
	if len(got.Problems) == 0 || !strings.Contains(got.Problems[0].Message, "too much text") {
		t.Errorf("problems are %v, want the text that is too much", got.Problems)
	}
}

func TestInheritedVariablesAreBounded(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("FROM scratch AS s0\n")
	for i := range 2000 {
		fmt.Fprintf(&text, "ENV E%d=1\n", i)
	}
	for i := range 1000 {
		fmt.Fprintf(&text, "FROM s%d AS s%d\n", i, i+1)
	}
	text.WriteString("ADD https://example.com/$E0 /\n")
	got := dockerfile.Parse("Dockerfile", []byte(text.String())).Resolve(dockerfile.Options{})
	if len(got.Inputs) != 1 || got.Inputs[0].Unknown.IsZero() {
		t.Errorf("inputs are %v, want one that is not known", got.Inputs)
	}
}

// BenchmarkManyNames is a file of nothing but slips: each is one more name to
// suggest something for, among all the others.
func BenchmarkManyNames(b *testing.B) {
	var text strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&text, "FROM scratch AS stage%d\nENV E%d=1\n", i, i)
	}
	for i := range 3000 {
		fmt.Fprintf(&text, "COPY --from=stagx%d a b\nADD https://example.com/$V%d /\n", i, i)
	}
	b.ReportAllocs()
	for b.Loop() {
		dockerfile.Parse("Dockerfile", []byte(text.String())).Resolve(dockerfile.Options{})
	}
}
