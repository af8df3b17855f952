package rego_test

import (
	"slices"
	"testing"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// Where Buildx asks for metadata although the answer is certain, the outcome is
// Buildx's and a note says so; nowhere else.
func TestCertainNote(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, rules string
		want        bool
	}{
		{"already allowed", `allow if input.image.host == "docker.io"` + "\n\n" + `allow if input.image.hasProvenance`, true},
		{"a message asks", `allow if input.image.host == "docker.io"` + "\n\n" + `deny_msg contains "x" if input.image.user == "root"`, true},
		{"depends", `allow if input.image.hasProvenance`, false},
		{"depends by negation", `allow if { input.image; not input.image.hasProvenance }`, false},
		{"other host", `allow if input.image.host == "ghcr.io"` + "\n\n" + `allow if input.image.hasProvenance`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := "package docker\n\ndefault allow := false\n\n" + tt.rules + "\n\ndeny_msg contains \"y\" if input.git\n\n" +
				`decision := {"allow": allow, "deny_msg": deny_msg}` + "\n"
			p, err := rego.Load([]policy.File{{Name: "Dockerfile.rego", Text: []byte(text)}}, nil, rego.Options{})
			if err != nil {
				t.Fatal(err)
			}
			d, err := p.Decide(t.Context(), requestFor(t, "alpine:3.19"))
			if err != nil || d.Outcome != policy.Unknown {
				t.Fatalf("Decide = %v (%v), want unknown", d.Outcome, err)
			}
			got := slices.ContainsFunc(d.Notes, func(n string) bool { return len(n) > 10 && n[:17] == "the policy allows" })
			if got != tt.want {
				t.Errorf("notes %q, want the note on certainty: %v", d.Notes, tt.want)
			}
		})
	}
}
