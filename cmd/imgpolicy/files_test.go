package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// TestUnusedWhateverIsRead: what a policy reads for one file says nothing about what a
// list is for, so that the order of the files makes no difference.
func TestUnusedWhateverIsRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "a/policy.rego", "package docker\n\ndefault allow := false\nallow if input.local\nallow if load_json(concat(\"\", [input.image.repo, \".json\"])).ok\nallow if input.image.repo == \"node\"\ndecision := {\"allow\": allow}\n")
	write(t, dir, "a/list.json", `{"whitelist": ["^docker\\.io/", "^nothing\\.example/"]}`)
	write(t, dir, "a/Dockerfile", "FROM redis:7\n")
	write(t, dir, "a/redis.json", `{"ok": true}`)
	write(t, dir, "b/redis.json", `{"ok": true}`)
	write(t, dir, "b/Dockerfile.first", "FROM redis:7\n")
	args := []string{"lint", "--format", "compact", "--policy", "a/policy.rego", "--policy", "a/list.json", "b/Dockerfile.first", "a"}
	for i := range 20 {
		name := fmt.Sprintf("b/Dockerfile.%d", i)
		write(t, dir, name, "FROM node:20\n")
		args = append(args, name)
	}
	if _, out, errs := runIn(t.Context(), dir, nil, nil, args...); !strings.Contains(out, "[pattern-unused]") {
		t.Errorf("nothing is unused in %s%s", out, errs)
	}
}
