package source_test

import (
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

const (
	hex64  = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	sha256 = "sha256:" + hex64
	sha512 = "sha512:" + hex64 + hex64
)

func TestParseImage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, word string
		// ref is host/path and whatever follows, as the identifier has it.
		ref, familiar, host, path, tag, digest string
		implied                                bool
	}{
		{"bare name", "alpine", "docker.io/library/alpine:latest", "alpine:latest", "docker.io", "library/alpine", "latest", "", true},
		{"tag", "alpine:3.20", "docker.io/library/alpine:3.20", "alpine:3.20", "docker.io", "library/alpine", "3.20", "", false},
		{"latest as written", "alpine:latest", "docker.io/library/alpine:latest", "alpine:latest", "docker.io", "library/alpine", "latest", "", false},
		{"digest only stays without a tag", "alpine@" + sha256, "docker.io/library/alpine@" + sha256, "alpine@" + sha256, "docker.io", "library/alpine", "", sha256, false},
		{"tag and digest are both kept", "alpine:3.20@" + sha256, "docker.io/library/alpine:3.20@" + sha256, "alpine:3.20@" + sha256, "docker.io", "library/alpine", "3.20", sha256, false},
		{"sha512", "alpine@" + sha512, "docker.io/library/alpine@" + sha512, "alpine@" + sha512, "docker.io", "library/alpine", "", sha512, false},
		{"library is filled in once", "library/alpine:3", "docker.io/library/alpine:3", "alpine:3", "docker.io", "library/alpine", "3", "", false},
		{"docker.io", "docker.io/alpine:3", "docker.io/library/alpine:3", "alpine:3", "docker.io", "library/alpine", "3", "", false},
		{"index.docker.io", "index.docker.io/alpine:3", "docker.io/library/alpine:3", "alpine:3", "docker.io", "library/alpine", "3", "", false},
		{"index.docker.io with library", "index.docker.io/library/alpine:3", "docker.io/library/alpine:3", "alpine:3", "docker.io", "library/alpine", "3", "", false},
		{"registry-1.docker.io is no alias", "registry-1.docker.io/library/alpine:3", "registry-1.docker.io/library/alpine:3", "registry-1.docker.io/library/alpine:3", "registry-1.docker.io", "library/alpine", "3", "", false},
		{"hub.docker.com is no alias", "hub.docker.com/alpine:3", "hub.docker.com/alpine:3", "hub.docker.com/alpine:3", "hub.docker.com", "alpine", "3", "", false},
		{"organization", "grafana/grafana:11", "docker.io/grafana/grafana:11", "grafana/grafana:11", "docker.io", "grafana/grafana", "11", "", false},
		{"dot makes a domain", "ghcr.io/a/b", "ghcr.io/a/b:latest", "ghcr.io/a/b:latest", "ghcr.io", "a/b", "latest", "", true},
		{"port makes a domain", "registry:5000/a", "registry:5000/a:latest", "registry:5000/a:latest", "registry:5000", "a", "latest", "", true},
		{"port and tag", "registry:5000/a:1", "registry:5000/a:1", "registry:5000/a:1", "registry:5000", "a", "1", "", false},
		{"one part and a colon is a tag", "registry:5000", "docker.io/library/registry:5000", "registry:5000", "docker.io", "library/registry", "5000", "", false},
		{"localhost is a domain", "localhost/a:1", "localhost/a:1", "localhost/a:1", "localhost", "a", "1", "", false},
		{"localhost alone is a name", "localhost:1", "docker.io/library/localhost:1", "localhost:1", "docker.io", "library/localhost", "1", "", false},
		{"upper case makes a domain", "MYHOST/app:1", "MYHOST/app:1", "MYHOST/app:1", "MYHOST", "app", "1", "", false},
		{"one upper-case letter does too", "myHost/app", "myHost/app:latest", "myHost/app:latest", "myHost", "app", "latest", "", true},
		{"upper-case tag", "alpine:LTS", "docker.io/library/alpine:LTS", "alpine:LTS", "docker.io", "library/alpine", "LTS", "", false},
		{"IPv6", "[::1]:5000/a:1", "[::1]:5000/a:1", "[::1]:5000/a:1", "[::1]:5000", "a", "1", "", false},
		{"long path", "gcr.io/a/b/c/d:1", "gcr.io/a/b/c/d:1", "gcr.io/a/b/c/d:1", "gcr.io", "a/b/c/d", "1", "", false},
		{"64 hexadecimal digits within an organization", "org/" + hex64, "docker.io/org/" + hex64 + ":latest", "org/" + hex64 + ":latest", "docker.io", "org/" + hex64, "latest", "", true},
		{"63 hexadecimal digits", hex64[1:] + ":1", "docker.io/library/" + hex64[1:] + ":1", hex64[1:] + ":1", "docker.io", "library/" + hex64[1:], "1", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			img, err := source.ParseImage(tt.word)
			if err != nil {
				t.Fatalf("ParseImage(%q): %v", tt.word, err)
			}
			check := func(what, got, want string) {
				t.Helper()
				if got != want {
					t.Errorf("ParseImage(%q).%s = %q, want %q", tt.word, what, got, want)
				}
			}
			name := tt.host + "/" + tt.path
			check("Ref", img.Ref(), tt.ref)
			check("Identifier", img.Identifier(), "docker-image://"+tt.ref)
			check("Familiar", img.Familiar(), tt.familiar)
			check("Name", img.Name(), name)
			check("Host", img.Host(), tt.host)
			check("Path", img.Path(), tt.path)
			check("Tag", img.Tag(), tt.tag)
			check("Digest", img.Digest(), tt.digest)
			check("Kind", string(img.Kind()), "image")
			if !strings.HasPrefix(tt.familiar, img.FamiliarName()) {
				t.Errorf("ParseImage(%q).FamiliarName = %q, want a prefix of %q", tt.word, img.FamiliarName(), tt.familiar)
			}
			if got := img.TagImplied(); got != tt.implied {
				t.Errorf("ParseImage(%q).TagImplied = %v, want %v", tt.word, got, tt.implied)
			}
			if got, want := img.Pinned(), tt.digest != ""; got != want {
				t.Errorf("ParseImage(%q).Pinned = %v, want %v", tt.word, got, want)
			}
			if got := img.Attrs(); got != nil {
				t.Errorf("ParseImage(%q).Attrs = %v, want none", tt.word, got)
			}
			again, err := source.ParseImage(img.Ref())
			if err != nil || again.Ref() != img.Ref() {
				t.Errorf("ParseImage(%q) = %q, %v; want it unchanged", img.Ref(), again.Ref(), err)
			}
		})
	}
}

func TestParseImageRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, word, want string }{
		{"empty", "", "invalid reference format"},
		{"64 hexadecimal digits", hex64, "invalid repository name (" + hex64 + "), cannot specify 64-byte hexadecimal strings"},
		{"upper-case name", "Alpine", "invalid reference format: repository name (library/Alpine) must be lowercase"},
		{"upper case behind the domain", "MYHOST/App", "invalid reference format: repository name (App) must be lowercase"},
		{"upper case behind docker.io", "docker.io/Org/x", "invalid reference format: repository name (Org/x) must be lowercase"},
		{"blank", "alpine 3", "invalid reference format"},
		{"empty tag", "alpine:", "invalid reference format"},
		{"empty digest", "alpine@", "invalid reference format"},
		{"two tags", "alpine:1:2", "invalid reference format"},
		{"short digest", "alpine@sha256:abcd", "invalid reference format"},
		{"digest of 63 digits", "alpine@" + sha256[:len(sha256)-1], "invalid checksum digest length"},
		{"unknown digest algorithm", "alpine@sha3:" + hex64, "unsupported digest algorithm"},
		{"upper-case digest", "alpine@sha256:" + strings.ToUpper(hex64), "invalid checksum digest format"},
		{"sha512 of the length of sha256", "alpine@sha512:" + hex64, "invalid checksum digest length"},
		{"tag of 129 bytes", "alpine:" + strings.Repeat("a", 129), "invalid reference format"},
		{"name too long", strings.Repeat("a/", 130) + "a", "repository name must not be more than 255 characters"},
		{"URL", "https://ghcr.io/a/b", "invalid reference format"},
		{"variable", "${BASE}", "invalid reference format: repository name (library/${BASE}) must be lowercase"},
		{"slash in front", "/alpine", "invalid reference format"},
		{"double separator", "a..b", "invalid reference format"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := source.ParseImage(tt.word)
			if err == nil || err.Error() != tt.want {
				t.Errorf("ParseImage(%q): %v, want %s", tt.word, err, tt.want)
			}
		})
	}
}

func TestImageWithDigest(t *testing.T) {
	t.Parallel()
	other := "sha256:" + strings.Repeat("0", 64)
	tests := []struct{ name, word, digest, want, err string }{
		{"tag is kept", "alpine:3", sha256, "docker.io/library/alpine:3@" + sha256, ""},
		{"implied tag is kept", "alpine", sha256, "docker.io/library/alpine:latest@" + sha256, ""},
		{"digest is replaced", "alpine@" + other, sha256, "docker.io/library/alpine@" + sha256, ""},
		{"digest is replaced behind a tag", "alpine:3@" + other, sha256, "docker.io/library/alpine:3@" + sha256, ""},
		{"no digest", "alpine", "abc", "", `digest "abc": invalid reference format`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			img, err := source.ParseImage(tt.word)
			if err != nil {
				t.Fatal(err)
			}
			got, err := img.WithDigest(tt.digest)
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("WithDigest(%q): %v, want %s", tt.digest, err, tt.err)
				}
				return
			}
			if err != nil || got.Ref() != tt.want {
				t.Errorf("WithDigest(%q) = %q, %v; want %q", tt.digest, got.Ref(), err, tt.want)
			}
			if !got.Pinned() || got.TagImplied() {
				t.Errorf("WithDigest(%q): Pinned %v, TagImplied %v; want true, false", tt.digest, got.Pinned(), got.TagImplied())
			}
		})
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"node":                          "node:latest",
		"docker.io/library/node:20":     "node:20",
		"docker.io/acme/node:20":        "acme/node:20",
		"ghcr.io/acme/node:20":          "ghcr.io/acme/node:20",
		"docker.io/ghcr.io/acme:1":      "docker.io/ghcr.io/acme:1",
		"docker.io/localhost/app:1":     "docker.io/localhost/app:1",
		"docker.io/library/ghcr.io/a:1": "library/ghcr.io/a:1",
	} {
		img, err := source.ParseImage(word)
		if err != nil {
			t.Fatal(err)
		}
		if got := img.Short(); got != want {
			t.Errorf("ParseImage(%q).Short = %q, want %q", word, got, want)
		}
		if again, err := source.ParseImage(img.Short()); err != nil || again.Ref() != img.Ref() {
			t.Errorf("ParseImage(%q).Short = %q, which means %s (%v)", word, img.Short(), again.Ref(), err)
		}
	}
}
