package main

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// TestApprovedExample runs the script of examples/approved-images, as `make example`
// does, and compares what it prints with its expected.txt. The directory stays as
// it is.
func TestApprovedExample(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the script is for bash")
	}
	dir, err := filepath.Abs("../../examples/approved-images")
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath(programName) // of testscript.Main
	if err != nil {
		t.Fatal(err)
	}
	registry := filepath.Join(t.TempDir(), "registry")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", registry, "../../testdata/registry").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	before := snapshot(t, dir)
	cmd := exec.CommandContext(t.Context(), "bash", filepath.Join(dir, "run.sh"))
	cmd.Env = append(cmd.Environ(), "IMGPOLICY="+program, "REGISTRY="+registry, "LC_ALL=C.UTF-8", "GITHUB_ACTIONS=", "IMGPOLICY_CONFIG=", "XDG_CACHE_HOME="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !*update {
		if after := snapshot(t, dir); after != before {
			t.Error("the script has changed its directory")
		}
	}
	keep(t, filepath.Join(dir, "expected.txt"), string(out))
}
