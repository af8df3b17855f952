package fix_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint/fix"
)

// TestDiffApplies hands diffs to git, the judge of them.
func TestDiffApplies(t *testing.T) {
	t.Parallel()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("no git")
	}
	long := strings.Repeat("RUN true\n", 30)
	tests := []struct{ name, file, before, after string }{
		{"plain", "Dockerfile", "FROM a\nRUN x\n", "FROM b\nRUN x\n"},
		{"carriage returns", "Dockerfile", "FROM a\r\nRUN x\r\n", "FROM b\r\nRUN x\r\n"},
		{"byte order mark", "Dockerfile", "\uFEFFFROM a\r\n", "\uFEFFFROM b\r\n"},
		{"no newline at the end", "Dockerfile", "RUN x\nFROM a", "RUN x\nFROM b"},
		{"nor a line", "Dockerfile", "# ignore\nFROM a", "FROM a"},
		{"all gone", "Dockerfile", "# ignore\n", ""},
		{"far apart, repeated", "a/b/Dockerfile", "FROM a\n" + long + "FROM a\n" + long, "FROM b\n" + long + "FROM b\n" + long},
		{"blanks", "my files/Docker file", "FROM a\n", "FROM b\n"},
		{"quotes", `a"b\c/Dockerfile`, "FROM a\n", "FROM b\n"},
		{"a tab and no ASCII", "ä\tb/Dockerfile \u2028", "FROM a\n", "FROM b\n"},
		{"newline", "a\nb/Dockerfile", "FROM a\n", "FROM b\n"},
		{"looks like a header", "Dockerfile", "-- a/x\nFROM a\n", "++ b/x\nFROM a\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, filepath.FromSlash(tt.file))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(tt.before), 0o644); err != nil {
				t.Fatal(err)
			}
			diff := fix.Diff(tt.file, tt.before, tt.after)
			for _, args := range [][]string{{"init", "-q"}, {"apply", "-"}} {
				cmd := exec.Command(git, append([]string{"-c", "core.autocrlf=false"}, args...)...)
				cmd.Dir, cmd.Stdin = dir, strings.NewReader(diff)
				cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("git %s: %v\n%s\n%s", args[0], err, out, diff)
				}
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != tt.after {
				t.Errorf("git made %q of it (%v), want %q\n%s", got, err, tt.after, diff)
			}
		})
	}
	if got := fix.Diff("Dockerfile", "FROM a\n", "FROM a\n"); got != "" {
		t.Errorf("Diff of nothing = %q", got)
	}
}
