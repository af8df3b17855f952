package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
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

// TestPolicyRepositoryExample lints the application of examples/policy-repository as
// its workflow does, and as the build agent does.
func TestPolicyRepositoryExample(t *testing.T) {
	t.Parallel()
	example, err := filepath.Abs("../../examples/policy-repository")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(example, "application")
	args := []string{"lint", "--now", "2026-11-26"}
	inCI := append(args, "--config", "../policies/payments/.imgpolicy.yaml", "--require-level=organization=acme")
	if code, out, errs := runIn(t.Context(), dir, nil, nil, inCI...); code != exitClean {
		t.Errorf("in CI it ends with %d: %s%s", code, out, errs)
	}
	if code, _, errs := runIn(t.Context(), dir, nil, nil, append(args, "--require-level=organization=acme")...); code != exitUnchecked || !strings.Contains(errs, "is not below organization acme") {
		t.Errorf("without the policies it ends with %d: %s", code, errs)
	}
	machine := t.TempDir()
	text := read(t, filepath.Join(example, "build-agent", "policy.yaml"))
	if !strings.Contains(text, "/srv/policies/") {
		t.Fatal("the policy of the machine extends something else")
	}
	write(t, machine, "policy.yaml", strings.ReplaceAll(text, "/srv/policies/", filepath.ToSlash(filepath.Join(example, "policies"))+"/"))
	var out, errs bytes.Buffer
	a := app{
		stdout: &out, stderr: &errs, machine: filepath.Join(machine, "policy.yaml"), getwd: func() (string, error) { return dir, nil },
		lookupEnv: func(string) (string, bool) { return "", false },
	}
	// The version is approved for a program, which the agent does not know of.
	if code := a.run(t.Context(), args); code != exitFound || !strings.Contains(out.String(), "error[out-of-scope]") {
		t.Errorf("on the agent it ends with %d: %s%s", code, out.String(), errs.String())
	}
}
