package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLinkedID: of programs for all systems the ID is the one that Go reads, and another
// one where the program is.
func TestLinkedID(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "go.mod", "module example.com/x\n")
	seen := map[string]string{}
	for _, system := range []string{"linux/amd64", "windows/amd64", "darwin/arm64"} {
		for _, text := range []string{"one", "two"} {
			write(t, dir, "main.go", "package main\n\nfunc main() { println(\""+text+"\") }\n")
			goos, goarch, _ := strings.Cut(system, "/")
			program := filepath.Join(dir, goos+goarch+text)
			build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", program, ".")
			build.Dir, build.Env = dir, append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			want, err := exec.CommandContext(t.Context(), "go", "tool", "buildid", program).Output()
			if err != nil {
				t.Fatal(err)
			}
			head, err := os.ReadFile(program)
			if err != nil {
				t.Fatal(err)
			}
			got := linkedID(head[:min(len(head), buildIDWithin)])
			if got != strings.TrimSpace(string(want)) || got == "" || seen[got] != "" {
				t.Errorf("%s %s: %q, want %q, and that is %s", system, text, got, want, seen[got])
			}
			seen[got] = system + text
		}
	}
	if linkedID([]byte("\xff Go build ID: \"\"\n \xff")) != "" || linkedID([]byte("\x05\x00\x00\x00\x04\x00\x00\x00Go\x00\x00short")) != "" {
		t.Error("what is no ID is taken for one")
	}
}
