package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestOwnImage lints the Dockerfile of the program's own image, and tests the
// policy that its build asks.
func TestOwnImage(t *testing.T) {
	t.Parallel()
	dir, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := runIn(t.Context(), dir, nil, nil, "lint", "--fail-on", "info", "Dockerfile")
	if want := "No problems found in 1 file (1 input)\n"; code != 0 || stdout != want || stderr != "" {
		t.Errorf("lint ended with %d and said\n%s%swant %q", code, stdout, stderr, want)
	}
	if code, stdout, stderr := runIn(t.Context(), dir, nil, nil, "test"); code != 0 || strings.Count(stdout, ": PASS") < 5 {
		t.Errorf("test ended with %d and said\n%s%s", code, stdout, stderr)
	}
	// A policy that lets everything through would pass all that.
	for _, file := range []string{"Dockerfile.rego", ".imgpolicy.yaml"} {
		denied := t.TempDir() + "/Dockerfile"
		repository{t, filepath.Dir(denied)}.write("Dockerfile", "FROM alpine:3.20\n")
		if _, stdout, _ := runIn(t.Context(), dir, nil, nil, "lint", "--no-policy", "--policy", file, denied); !strings.Contains(stdout, "policy-denied") {
			t.Errorf("%s allows alpine:\n%s", file, stdout)
		}
	}
}

// TestBuildContext finds all that the program is made of in what .dockerignore
// leaves of the build context.
func TestBuildContext(t *testing.T) {
	t.Parallel()
	ignore := strings.Split(read(t, root+"/.dockerignore"), "\n")
	kept := map[string]bool{}
	for _, line := range ignore {
		if name, ok := strings.CutPrefix(line, "!"); ok {
			kept[name] = true
		}
	}
	for _, p := range goList(t, "-deps", "./cmd/"+programName) {
		if !strings.HasPrefix(p.ImportPath, modulePath) {
			continue
		}
		if top, _, _ := strings.Cut(p.folder(), "/"); !kept[top] {
			t.Errorf(".dockerignore leaves out %s, which is part of the program", p.folder())
		}
	}
	if !kept["go.mod"] || !kept["go.sum"] {
		t.Error(".dockerignore leaves out go.mod or go.sum")
	}
}
