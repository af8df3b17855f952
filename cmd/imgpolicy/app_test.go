package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// runIn runs the program in process, in a directory and with an environment of
// the test's own.
func runIn(ctx context.Context, dir string, env map[string]string, stdin io.Reader, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	a := app{
		stdin: stdin, stdout: &out, stderr: &errs,
		lookupEnv: func(name string) (string, bool) { value, ok := env[name]; return value, ok },
		getwd:     func() (string, error) { return dir, nil },
	}
	code = a.run(ctx, args)
	return code, out.String(), errs.String()
}

// TestWriteErrors asks every command for output that cannot be written: a
// script must not take it for an answer.
func TestWriteErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM alpine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"help", "help lint", "lint --help", "--help", "version", "rules", "rules latest-tag", "completion bash", "man", "inputs", "lint"} {
		var errs bytes.Buffer
		a := app{
			stdout: fullDisk{}, stderr: &errs,
			lookupEnv: func(string) (string, bool) { return "", false },
			getwd:     func() (string, error) { return dir, nil },
		}
		if code := a.run(t.Context(), strings.Fields(args)); code != exitUnchecked || !strings.Contains(errs.String(), "no space left") {
			t.Errorf("imgpolicy %s exits with %d and says %q", args, code, errs.String())
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestArrange(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, args, want string }{
		{"flags first", "lint --format json a b", "lint --format=json -- a b"},
		{"flags last", "lint a b --format json", "lint --format=json -- a b"},
		{"flags between", "lint a --format=json b -q", "lint --format=json --quiet -- a b"},
		{"one dash", "lint -format json a", "lint --format=json -- a"},
		{"value with a dash", "lint --policy -x a", "lint --policy=-x -- a"},
		{"value with an equals sign", "lint --policy=a=b", "lint --policy=a=b --"},
		{"empty value", "lint --policy= a", "lint --policy= -- a"},
		{"switch with a value", "lint --quiet=false a", "lint --quiet=false -- a"},
		{"standard input", "lint - --quiet", "lint --quiet -- -"},
		{"end of flags", "lint -q -- --format -", "lint --quiet -- --format -"},
		{"path that is a command", "lint help", "lint -- help"},
		{"help", "lint a --help --format json", "help lint"},
		{"subcommand", "baseline write a --now 2027-03-31 b", "baseline write --now=2027-03-31 -- a b"},
		{"path that is a subcommand", "baseline write prune", "baseline write -- prune"},
		{"end of flags of a subcommand", "baseline write -- -a", "baseline write -- -a"},
		{"help of a subcommand", "baseline write a -h", "help baseline write"},
		{"help of a group", "baseline --help", "help baseline"},
		{"help after the end of flags", "lint -- --help", "lint -- --help"},
		{"help of the program", "--help lint", "help"},
		{"version", "--version", "version"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := arrange((&app{}).program(), strings.Fields(tt.args))
			if err != nil || strings.Join(got, " ") != tt.want {
				t.Errorf("arrange(%q) = %q, %v, want %q", tt.args, got, err, tt.want)
			}
		})
	}
}

func TestColor(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, when, env string
		terminal, want  bool
	}{
		{"a pipe", "auto", "", false, false},
		{"a terminal", "auto", "TERM=xterm", true, true},
		{"a terminal without TERM", "auto", "", true, true},
		{"a dumb terminal", "auto", "TERM=dumb", true, false},
		{"the flag first", "always", "NO_COLOR=1", false, true},
		{"the flag first, too", "never", "FORCE_COLOR=1", true, false},
		{"NO_COLOR", "auto", "NO_COLOR=0 FORCE_COLOR=1", true, false},
		{"empty NO_COLOR", "auto", "NO_COLOR=", true, true},
		{"FORCE_COLOR", "auto", "FORCE_COLOR=1 TERM=dumb CLICOLOR=0", false, true},
		{"FORCE_COLOR=0", "auto", "FORCE_COLOR=0", false, false},
		{"CLICOLOR_FORCE", "auto", "CLICOLOR_FORCE=yes", false, true},
		{"CLICOLOR=0", "auto", "CLICOLOR=0", true, false},
		{"CLICOLOR=1", "auto", "CLICOLOR=1", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{}
			for _, variable := range strings.Fields(tt.env) {
				name, value, _ := strings.Cut(variable, "=")
				env[name] = value
			}
			a := app{lookupEnv: func(name string) (string, bool) { value, ok := env[name]; return value, ok }, terminal: tt.terminal}
			if got, err := a.color(tt.when); got != tt.want || err != nil {
				t.Errorf("color(%q) with %q = %v, %v, want %v", tt.when, tt.env, got, err, tt.want)
			}
		})
	}
}

func TestClosest(t *testing.T) {
	t.Parallel()
	valid := []string{"credentials-in-url", "json", "latest-tag", "text", "unpinned-git", "unpinned-image"}
	tests := []struct{ got, want string }{
		{"jsno", "json"},
		{"JSON", "json"},
		{"txt", "text"},
		{"latest", "latest-tag"},
		{"unpined-image", "unpinned-image"},
		{"unpinned_git", "unpinned-git"},
		{"credential-in-url", "credentials-in-url"},
		{"sarif", ""},
		{"x", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if got := closest(tt.got, valid); got != tt.want {
			t.Errorf("closest(%q) = %q, want %q", tt.got, got, tt.want)
		}
	}
}

func TestDockerfileName(t *testing.T) {
	t.Parallel()
	names := map[bool]string{
		true: "Dockerfile dockerfile DOCKERFILE Dockerfile.dev Dockerfile-alpine Dockerfile_windows app.Dockerfile " +
			"app.dockerfile Containerfile Containerfile.dev Containerfile-x app.Containerfile Dockerfile.go",
		false: "Dockerfiles Dockerfile2 mydockerfile docker-compose.yml Dockerfile.dockerignore .dockerignore Dockerfile.md " +
			"Dockerfile.txt Dockerfile.json Dockerfile.lock Dockerfile.rego Dockerfile.j2 Dockerfile.TMPL " +
			"Dockerfile.template Dockerfile.bak app.Dockerfile.j2 dockerfile.go dockerfile_test.go",
	}
	if name := "Dockerfile.a\nb"; !isDockerfileName(name) {
		t.Errorf("isDockerfileName(%q) = false, want true: a newline must not hide a file", name)
	}
	for want, list := range names {
		for _, name := range strings.Fields(list) {
			if got := isDockerfileName(name); got != want {
				t.Errorf("isDockerfileName(%q) = %v, want %v", name, got, want)
			}
		}
	}
}

// An interrupt ends the wait for standard input, which no timeout does.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	silent, writer := io.Pipe()
	defer writer.Close()
	code, stdout, stderr := runIn(ctx, t.TempDir(), nil, silent, "lint", "-")
	if code != exitUnchecked || stdout != "" || !strings.Contains(stderr, "interrupted") {
		t.Errorf("interrupted run = %d, stdout %q, stderr %q, want %d and the reason", code, stdout, stderr, exitUnchecked)
	}
}

// A file name can neither reach the terminal raw nor start a line of its own,
// where a CI log would take it for a command.
func TestFailuresAreEscaped(t *testing.T) {
	t.Parallel()
	code, _, stderr := runIn(t.Context(), t.TempDir(), nil, nil, "lint", "no\n::error::\x1b[31m\u202efile")
	want := `imgpolicy: no\n::error::\x1b[31m\u202efile: no such file`
	if code != exitUnchecked || !strings.HasPrefix(stderr, want) || strings.Count(stderr, "\n") != 1 {
		t.Errorf("run = %d, stderr %q, want %d and %q…", code, stderr, exitUnchecked, want)
	}
}

// brokenWriter is a full disk.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// A result that could not be written was not delivered: not clean.
func TestUnwrittenResult(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	a := app{
		stdout: brokenWriter{}, stderr: &stderr,
		lookupEnv: func(string) (string, bool) { return "", false },
		getwd:     func() (string, error) { return dir, nil },
	}
	if code := a.run(t.Context(), []string{"lint"}); code != exitUnchecked {
		t.Errorf("run = %d, stderr %q, want %d", code, &stderr, exitUnchecked)
	}
}

// Every command can be asked for help, and says so in the list.
func TestHelpNamesEveryCommand(t *testing.T) {
	t.Parallel()
	_, help, _ := runIn(t.Context(), t.TempDir(), nil, nil, "help")
	for _, c := range (&app{}).commands() {
		if !slices.Contains(strings.Fields(help), c.Name) {
			t.Errorf("the help does not name %q:\n%s", c.Name, help)
		}
	}
	walk((&app{}).program(), func(c commandPath) {
		code, got, stderr := runIn(t.Context(), t.TempDir(), nil, nil, append(c.names(), "--help")...)
		if code != exitClean || !strings.Contains(got, "Usage: imgpolicy "+c.String()) {
			t.Errorf("imgpolicy %s --help = %d, %q, %q", c, code, got, stderr)
		}
	})
}
