package source_test

import (
	"strings"
	"testing"

	"github.com/distribution/reference"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// TestShortName: what is shown means the same image, and is the familiar form where
// that does.
func TestShortName(t *testing.T) {
	t.Parallel()
	hex := strings.Repeat("ab", 32)
	for name, want := range map[string]string{
		"node": "node", "docker.io/library/node": "node", "acme/app": "acme/app", "docker.io/ghcr.io/acme": "docker.io/ghcr.io/acme",
		"ghcr.io/acme/app": "ghcr.io/acme/app", "localhost/app": "localhost/app", "docker.io/localhost/app": "docker.io/localhost/app",
		"docker.io/library/" + hex: "docker.io/library/" + hex, "docker.io/library/a/b": "library/a/b", "h:5000/app": "h:5000/app", "docker.io/a.b/c": "docker.io/a.b/c",
	} {
		img, err := source.ParseImage(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := img.ShortName()
		again, err := reference.ParseNormalizedNamed(got)
		if got != want || err != nil || again.Name() != img.Name() {
			t.Errorf("%s is shown as %s, want %s, which is %v, %v", img.Name(), got, want, again, err)
		}
	}
}
