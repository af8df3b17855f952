package rego_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// Only the imported module mentions the label, and Buildx asks for it all the
// same.
func TestImportedModuleNeedsMetadata(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{"lib/team.rego": &fstest.MapFile{Data: []byte("package any\nok(img) if img.labels.team == \"a\"\n")}}
	text := "package docker\nimport data.lib.team\ndefault allow := false\nallow if team.ok(input.image)\ndecision := {\"allow\": allow}\n"
	p, err := rego.Load([]policy.File{{Name: "Dockerfile.rego", Text: []byte(text)}}, root, rego.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Check(t.Context(), policy.Request{
		Source: source.Raw{ID: "docker-image://docker.io/library/alpine:3.19"}, Platform: "linux/amd64",
	})
	if want := []string{"image.labels"}; err != nil || c.Outcome != policy.Unknown || !slices.Equal(c.Needs, want) {
		t.Errorf("Check = %v, needs %v, %v; want unknown, needs %v", c.Outcome, c.Needs, err, want)
	}
}
