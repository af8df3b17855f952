package main

import "testing"

// The ids are those of git hash-object, in repositories of both kinds.
func TestSameBlob(t *testing.T) {
	t.Parallel()
	const sha1, sha256 = "587be6b4c3f93f93c489c0111bba5596147a26cb", "14f5162e2fe3d240d0d37aaab0f90e4af9a7cfa79639f3bab005b5bfb4174d9f"
	tests := []struct {
		name, id, text string
		want           bool
	}{
		{"the same", sha1, "x\n", true},
		{"other line ends", sha1, "x\r\n", true},
		{"another text", sha1, "y\n", false},
		{"the same, by SHA-256", sha256, "x\n", true},
		{"another text, by SHA-256", sha256, "y\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := sameBlob(tt.id, []byte(tt.text)); got != tt.want {
				t.Errorf("sameBlob(%s, %q) = %v, want %v", tt.id, tt.text, got, tt.want)
			}
		})
	}
}

func TestNearRevision(t *testing.T) {
	t.Parallel()
	names := []string{"main", "work", "origin/main", "origin/release", "v1.0"}
	for name, want := range map[string]string{"mian": "main", "release": "origin/release", "v1.1": "v1.0", "0123abc": ""} {
		if got := nearRevision(name, names); got != want {
			t.Errorf("nearRevision(%q) = %q, want %q", name, got, want)
		}
	}
}
