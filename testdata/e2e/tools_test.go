package e2e

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// programs are the paths of what the test runs.
type programs struct {
	imgpolicy, buildx, buildkitd string
	// frontend and cat go into images.
	frontend, cat string
}

// buildPrograms builds ours, and the tools of go.mod into the user's cache, where
// go finds them up to date the next time.
func buildPrograms(t *testing.T) programs {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	const buildx, buildkit = "github.com/docker/buildx", "github.com/moby/buildkit"
	versions := strings.Fields(mustRun(t, command{args: []string{"go", "list", "-m", "-f", "{{.Version}}", buildx, buildkit}}))
	tools := filepath.Join(cache, "imgpolicy", "e2e-buildx-"+versions[0]+"-buildkit-"+versions[1])
	if err := os.MkdirAll(tools, 0o755); err != nil {
		t.Fatal(err)
	}
	own := t.TempDir()
	// Those in images run without a C library.
	static := []string{"CGO_ENABLED=0"}
	t.Logf("building Buildx %s and BuildKit %s into %s: minutes at first, then seconds", versions[0], versions[1], tools)
	mustRun(t, command{args: []string{
		"go", "build", "-trimpath", "-o", tools + "/",
		buildx + "/cmd/buildx", buildkit + "/cmd/buildkitd", buildkit + "/frontend/dockerfile/cmd/dockerfile-frontend",
	}, env: static})
	mustRun(t, command{args: []string{"go", "build", "-trimpath", "-o", own + "/", "./cat"}, env: static})
	mustRun(t, command{dir: filepath.Join("..", ".."), args: []string{"go", "build", "-trimpath", "-o", own + "/", "./cmd/imgpolicy"}})
	return programs{
		imgpolicy: filepath.Join(own, "imgpolicy"), cat: filepath.Join(own, "cat"),
		buildx: filepath.Join(tools, "buildx"), buildkitd: filepath.Join(tools, "buildkitd"), frontend: filepath.Join(tools, "dockerfile-frontend"),
	}
}

// command is a run of a program.
type command struct {
	dir  string
	args []string
	// env is added to the environment of the test.
	env []string
}

// run returns the exit code of a command and what it printed.
func run(ctx context.Context, t *testing.T, c command) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, &out, &errs
	cmd.Env = append(os.Environ(), c.env...)
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", c.args[0], err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// mustRun returns what a command printed that has to succeed.
func mustRun(t *testing.T, c command) string {
	t.Helper()
	code, stdout, stderr := run(t.Context(), t, c)
	if code != 0 {
		t.Fatalf("%s: exit code %d\n%s%s", strings.Join(c.args, " "), code, stdout, stderr)
	}
	return stdout
}
