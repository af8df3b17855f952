package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const authzExample = root + "/examples/authz"

// The policy of the example loads and has no flaws, and the unit calls the program
// as it can be called.
func TestAuthzExample(t *testing.T) {
	t.Parallel()
	code, _, errs := runIn(t.Context(), authzExample, nil, nil, "authz", "--check", "--policy", "docker-image-policy.json")
	if code != exitClean || errs != "" {
		t.Errorf("%d, %s", code, errs)
	}
	unit, err := os.ReadFile(filepath.Join(authzExample, "docker-image-policy.service"))
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(unit), "\nExecStart=/usr/bin/imgpolicy ")
	line, _, found := strings.Cut(line, "\n")
	args := append(strings.Fields(line), "--policy", "docker-image-policy.json", "--check")
	if code, _, errs := runIn(t.Context(), authzExample, nil, nil, args...); !found || code != exitClean {
		t.Errorf("imgpolicy %s: %d, %s", strings.Join(args, " "), code, errs)
	}
	socket, err := os.ReadFile(filepath.Join(authzExample, "docker-image-policy.socket"))
	if err != nil || !strings.Contains(string(socket), "\nListenStream="+authzSocket+"\n") {
		t.Errorf("the socket is elsewhere than the daemon asks: %s, %v", socket, err)
	}
}

// systemd reads the units without a word.
func TestAuthzUnits(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("skipped: systemd-analyze is not installed")
	}
	dir := t.TempDir()
	var units []string
	for _, name := range []string{"docker-image-policy.service", "docker-image-policy.socket"} {
		text, err := os.ReadFile(filepath.Join(authzExample, name))
		if err != nil {
			t.Fatal(err)
		}
		// It looks whether the program is there.
		text = []byte(strings.ReplaceAll(string(text), "/usr/bin/imgpolicy", "/bin/true"))
		units = append(units, filepath.Join(dir, name))
		if err := os.WriteFile(units[len(units)-1], text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(analyze, append([]string{"verify"}, units...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
