package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
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
	unit := readExample(t, "imgpolicy-authz.service")
	_, line, _ := strings.Cut(unit, "\nExecStart=/usr/bin/imgpolicy ")
	line, _, found := strings.Cut(line, "\n")
	here := strings.ReplaceAll(line, "/var/log/imgpolicy-authz", t.TempDir()) // as systemd has made it
	args := append(strings.Fields(here), "--policy", "docker-image-policy.json", "--check")
	if code, _, errs := runIn(t.Context(), authzExample, nil, nil, args...); !found || code != exitClean {
		t.Errorf("imgpolicy %s: %d, %s", strings.Join(args, " "), code, errs)
	}
	if socket := readExample(t, "imgpolicy-authz.socket"); !strings.Contains(socket, "\nListenStream="+authzSocket+"\n") {
		t.Errorf("the socket is elsewhere than the daemon asks: %s", socket)
	}
	// systemd makes the audit writable, and it is rotated.
	_, audit, _ := strings.Cut(line, "--audit ")
	if !strings.Contains(unit, "\nLogsDirectory="+strings.TrimPrefix(path.Dir(audit), "/var/log/")+"\n") {
		t.Errorf("the unit makes no directory for %s", audit)
	}
	if rotated := readExample(t, "imgpolicy-authz.logrotate"); !strings.HasPrefix(rotated, audit+" {") {
		t.Errorf("what is rotated is not %s: %s", audit, rotated)
	}
	var daemon map[string][]string
	name := strings.TrimSuffix(path.Base(authzSocket), ".sock")
	if err := json.Unmarshal([]byte(readExample(t, "daemon.json")), &daemon); err != nil || !slices.Equal(daemon["authorization-plugins"], []string{name}) {
		t.Errorf("daemon.json: %v, %v", daemon, err)
	}
}

func readExample(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(authzExample, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
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
	for _, name := range []string{"imgpolicy-authz.service", "imgpolicy-authz.socket"} {
		// It looks whether the program is there, and would ask man for its page.
		text := strings.ReplaceAll(readExample(t, name), "/usr/bin/imgpolicy", "/bin/true")
		units = append(units, filepath.Join(dir, name))
		if err := os.WriteFile(units[len(units)-1], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(analyze, append([]string{"--man=no", "verify"}, units...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
