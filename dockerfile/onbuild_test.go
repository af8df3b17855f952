package dockerfile_test

import (
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
)

// An ONBUILD trigger that no stage sets off fetches nothing and fails nothing
// here, however bad it is: only builds that start from the image run it. Found
// by fuzzing against BuildKit.
func TestTriggerNobodyRuns(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text string }{
		{"bad reference", "FROM scratch AS a\nONBUILD COPY --from=l\x80te /a /b\nFROM scratch\n"},
		{"variable in from", "FROM scratch AS a\nONBUILD COPY --from=$X /a /b\n"},
		{"index out of range", "FROM scratch AS a\nONBUILD COPY --from=9 /a /b\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			res := dockerfile.Parse("Dockerfile", []byte(tt.text)).Resolve(dockerfile.Options{})
			for _, p := range res.Problems {
				if !p.Downstream {
					t.Errorf("Resolve(%q) refuses the build: %s", tt.text, p.Message)
				}
			}
			for _, in := range res.Inputs {
				if in.Reached {
					t.Errorf("Resolve(%q) reaches %s", tt.text, in.Word)
				}
			}
		})
	}
}

// What a trigger asks for is listed where it is written, for the stage it runs in.
func TestTriggerIsListedWhereItStands(t *testing.T) {
	t.Parallel()
	text := "FROM scratch AS a\nONBUILD ADD https://example.com/x /x\nFROM a AS b\n"
	f := dockerfile.Parse("Dockerfile", []byte(text))
	res := f.Resolve(dockerfile.Options{})
	if len(res.Inputs) != 1 {
		t.Fatalf("inputs %v, want one", res.Inputs)
	}
	in := res.Inputs[0]
	if got := f.Text[in.Span.Start:in.Span.End]; got != "https://example.com/x" || !in.Reached || !in.Onbuild || res.StageName(in.Stage) != "b" {
		t.Errorf("input %q in stage %q, reached %v, onbuild %v", got, res.StageName(in.Stage), in.Reached, in.Onbuild)
	}
}
