package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestListed: a directory is asked for nothing only if none of its names could be that
// of a config, a lock, a policy or a repository to any file system.
func TestListed(t *testing.T) {
	t.Parallel()
	for name, plain := range map[string]bool{
		"Dockerfile": true, "main.go": true, ".gitignore": true, ".dockerignore": true, "rego": true, "imgpolicy.lock.bak": true, "a~1": true,
		".git": false, ".GIT": false, ".imgpolicy.yaml": false, ".ImgPolicy.Json": false, ".imgpolicy.yml": false, "imgpolicy.lock": false, "IMGPOLICY.LOCK": false,
		"Dockerfile.rego": false, "DOCKERFILE.REGO": false, ".gıt": false, "imgpolicy.loc\u212a": false,
	} {
		dir := t.TempDir()
		write(t, dir, name, "")
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var l listed
		l.read(dir, entries)
		if got := l.lacks(filepath.Join(dir, ".imgpolicy.yaml")); got != plain {
			t.Errorf("%s: lacks is %v, want %v", name, got, plain)
		}
		if l.lacks(filepath.Join(dir, "other", ".git")) {
			t.Errorf("%s: a directory that was not read lacks something", name)
		}
	}
}
