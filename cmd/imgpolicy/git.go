package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"time"
)

// git runs git in a repository, to look and never to change. What the program
// lints may be hostile, and so may be a repository that it lies in: git is asked
// for objects and names only, which runs no filter, text conversion or external
// diff, and hooks and whatever GIT_ variables name are kept away from it.
// Nothing is fetched, missing objects of partial clones neither.
type git struct {
	dir string
	env []string
}

// gitEnvironment are the variables that git needs to find itself and the user's
// configuration, which says what repositories are safe.
var gitEnvironment = []string{
	"PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR",
	"SYSTEMROOT", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "PROGRAMDATA", "TEMP", "TMP",
}

func (a *app) git(dir string) git {
	env := []string{"LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0"}
	for _, name := range gitEnvironment {
		if value, ok := a.lookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return git{dir, env}
}

// gitError is what git said when it failed.
type gitError string

func (e gitError) Error() string { return "git: " + string(e) }

// stream runs a command and hands what it prints to read, which must read it to
// its end.
func (g git) stream(ctx context.Context, stdin string, read func(*bufio.Reader) error, args ...string) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(running, "git", append([]string{
		"-C", g.dir, "--no-pager", "--no-replace-objects", "--literal-pathspecs",
		"-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never",
	}, args...)...)
	cmd.Env, cmd.Stdin, cmd.WaitDelay = g.env, strings.NewReader(stdin), time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return errors.New("git was not found; install it, or leave the flag out")
		}
		return gitError(err.Error())
	}
	reading := read(bufio.NewReader(stdout))
	if reading != nil {
		stop()
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case reading != nil:
		return reading
	case errors.As(err, &exit):
		line, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		return gitError(orElse(strings.TrimPrefix(line, "fatal: "), exit.Error()))
	case err != nil:
		return gitError(err.Error())
	}
	return nil
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// maxGitOutput bounds what is read of a command that prints names.
const maxGitOutput = 64 << 20

// output is what a command prints, without the newline at its end.
func (g git) output(ctx context.Context, args ...string) (string, error) {
	var text []byte
	err := g.stream(ctx, "", func(r *bufio.Reader) (err error) {
		text, err = io.ReadAll(io.LimitReader(r, maxGitOutput+1))
		if err == nil && len(text) > maxGitOutput {
			err = gitError("prints more than can be right")
		}
		return err
	}, args...)
	return strings.TrimSuffix(string(text), "\n"), err
}

// commit is the commit that a revision names. The error is a gitError where
// there is none.
func (g git) commit(ctx context.Context, revision string) (string, error) {
	return g.output(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
}
