package rego_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// TestNamedDigests: a policy that allows some digests refuses those that nothing
// has, and yet it does not refuse every image behind a tag.
func TestNamedDigests(t *testing.T) {
	digest := "sha256:" + strings.Repeat("ab", 32)
	root := fstest.MapFS{
		"pins.json":  {Data: []byte(`{"alpine": ["` + digest + `"]}`)},
		"other.json": {Data: []byte(`{"alpine": []}`)},
	}
	for name, tt := range map[string]struct {
		condition string
		want      policy.Outcome
	}{
		"in the text":   {`input.image.checksum == "` + digest + `"`, policy.Unknown},
		"in a ref":      {`input.image.ref == "docker.io/library/alpine:3.19@` + digest + `"`, policy.Unknown},
		"in a file":     {`input.image.checksum in load_json("pins.json")[input.image.repo]`, policy.Unknown},
		"none":          {`input.image.checksum in load_json("other.json")[input.image.repo]`, policy.Deny},
		"of another":    {`input.image.ref == "docker.io/library/busybox:1@` + digest + `"`, policy.Deny},
		"does not care": {`startswith(input.image.checksum, "sha256:")`, policy.Allow},
	} {
		t.Run(name, func(t *testing.T) {
			p := loadAllow(t, "allow if not input.image.isCanonical\nallow if { input.image.isCanonical; "+tt.condition+" }\n", root, rego.Options{})
			d, err := p.Decide(t.Context(), requestFor(t, "alpine:3.19"))
			if err != nil || d.Outcome != tt.want {
				t.Errorf("Decide = %v %v, %v; want %v", d.Outcome, d.Notes, err, tt.want)
			}
		})
	}
}

func loadAllow(t *testing.T, rules string, root fs.FS, opt rego.Options) *rego.Policy {
	t.Helper()
	p, err := rego.Load([]policy.File{{Name: "D.rego", Text: []byte(shortHead + rules + "decision := {\"allow\": allow}\n")}}, root, opt)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
