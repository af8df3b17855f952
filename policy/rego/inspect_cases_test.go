package rego_test

import (
	"testing"

	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// TestInspectCases inspects every policy there is: none may fail, and every flaw
// must point into its text.
func TestInspectCases(t *testing.T) {
	t.Parallel()
	for _, c := range cases(t) {
		p, err := c.load(rego.Options{})
		if err != nil {
			continue
		}
		for _, f := range p.Inspect(t.Context(), nil) {
			if f.Start < 0 || f.End <= f.Start || f.End > len(f.File.Text) {
				t.Errorf("%s: %s points to %d-%d of %d bytes", c.Name, f.Rule, f.Start, f.End, len(f.File.Text))
			}
			if f.Message == "" {
				t.Errorf("%s: %s says nothing", c.Name, f.Rule)
			}
		}
	}
}
