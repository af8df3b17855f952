package source_test

import (
	"maps"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

func TestLocal(t *testing.T) {
	t.Parallel()
	l := source.Local{Name: "context"}
	if l.Kind() != "local" || l.Identifier() != "local://context" || l.Attrs() != nil || l.Pinned() {
		t.Errorf("Local = %q %q %v %v, want local, local://context, no attributes, not pinned", l.Kind(), l.Identifier(), l.Attrs(), l.Pinned())
	}
}

func TestNewOCILayout(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, context, digest, want string }{
		{"name", "base", sha256, "oci-layout://docker.io/library/base@" + sha256},
		{"tag is kept", "base:1", sha256, "oci-layout://docker.io/library/base:1@" + sha256},
		{"latest as written is kept", "base:latest", sha256, "oci-layout://docker.io/library/base:latest@" + sha256},
		{"registry", "ghcr.io/a/b", sha256, "oci-layout://ghcr.io/a/b@" + sha256},
		{"no name", "Base!", sha256, ""},
		{"no digest", "base", "", ""},
		{"short digest", "base:1", "sha256:abc", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := source.NewOCILayout(tt.context, tt.digest, "store")
			if tt.want == "" {
				if err == nil {
					t.Errorf("NewOCILayout(%q, %q) gives no error", tt.context, tt.digest)
				}
				return
			}
			if err != nil || got.Identifier() != tt.want {
				t.Fatalf("NewOCILayout(%q, %q) = %q, %v; want %q", tt.context, tt.digest, got.Identifier(), err, tt.want)
			}
			if want := map[string]string{"oci.store": "store"}; !maps.Equal(got.Attrs(), want) {
				t.Errorf("Attrs = %v, want %v", got.Attrs(), want)
			}
			if got.Kind() != "oci-layout" || !got.Pinned() {
				t.Errorf("Kind %q, Pinned %v; want oci-layout, true", got.Kind(), got.Pinned())
			}
		})
	}
}
