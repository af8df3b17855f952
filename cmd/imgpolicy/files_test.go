package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestAddTree looks below directories that are named through a link, are those
// of git, or have names that are no UTF-8.
func TestAddTree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"real/Dockerfile", "real/caf\xe9/Dockerfile", "real/.git/Dockerfile"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Skip(err) // a file system may refuse such names
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("real", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	for root, want := range map[string][]string{
		"real":      {"real/Dockerfile", "real/caf\xe9/Dockerfile"},
		"link":      {"link/Dockerfile", "link/caf\xe9/Dockerfile"},
		".":         {"real/Dockerfile", "real/caf\xe9/Dockerfile"},
		"real/.git": {"real/.git/Dockerfile"},
	} {
		s := newSearch(dir)
		s.addTree(filepath.Join(dir, filepath.FromSlash(root)))
		var got []string
		for _, f := range s.files {
			got = append(got, f.Name)
		}
		if !slices.Equal(got, want) || len(s.failed) > 0 {
			t.Errorf("%s: found %q, want %q; failed %v", root, got, want, s.failed)
		}
	}
}
