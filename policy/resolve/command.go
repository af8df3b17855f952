package resolve

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// command is a program of the machine that is run: git, or a credential helper.
type command struct {
	name    string // looked up in the PATH of environ, unless it is a path
	args    []string
	environ []string
	dir     string
	stdin   string
	limit   int // bytes of its output
}

// maxStderr bounds what is kept of what a program complains about.
const maxStderr = 16 << 10

// exitError is a program that failed, with what it said.
type exitError struct {
	name   string
	stderr string
	err    error
}

func (e *exitError) Error() string {
	if line := lastLine(e.stderr); line != "" {
		return e.name + ": " + line
	}
	return e.name + ": " + e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}

// run runs the program and is what it printed. It, and what it started and still
// has our pipes, end with ctx.
func (c command) run(ctx context.Context) ([]byte, error) {
	file, err := lookPath(c.name, c.environ)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := exec.CommandContext(ctx, file, c.args...)
	cmd.Dir, cmd.Env = c.dir, append([]string{}, c.environ...)
	cmd.Stdin = strings.NewReader(c.stdin)
	cmd.WaitDelay = 2 * time.Second
	ownGroup(cmd)
	full := func() {
		cancel(sayf(ErrTooLarge, "%s printed more than %d bytes", filepath.Base(c.name), c.limit))
	}
	stdout, stderr := &limited{max: c.limit, full: full}, &limited{max: maxStderr}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err = cmd.Run()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return stdout.Bytes(), &exitError{filepath.Base(c.name), stderr.String(), err}
	}
	return stdout.Bytes(), nil
}

// limited keeps the first max bytes written to it.
type limited struct {
	bytes.Buffer
	max  int
	full func()
}

func (l *limited) Write(p []byte) (int, error) {
	room := l.max - l.Len()
	l.Buffer.Write(p[:min(len(p), room)])
	if len(p) > room && l.full != nil {
		l.full()
	}
	return len(p), nil
}

// defaultPath is where programs are looked for when no PATH is given.
const defaultPath = "/usr/local/bin:/usr/bin:/bin"

// lookPath finds a program in the PATH of environ. Folders that are relative are
// left out: they may be the linted repository.
func lookPath(name string, environ []string) (string, error) {
	if strings.ContainsRune(name, filepath.Separator) {
		return name, nil
	}
	for _, dir := range filepath.SplitList(lookupEnv(environ, "PATH", defaultPath)) {
		if !filepath.IsAbs(dir) {
			continue
		}
		file, err := exec.LookPath(filepath.Join(dir, name))
		if err == nil {
			return file, nil
		}
		if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, exec.ErrNotFound) && !errors.Is(err, os.ErrPermission) {
			return "", err
		}
	}
	return "", sayf(ErrUnsupported, "the command %s is not installed", name)
}

// lookupEnv is a variable of environ; the last one counts.
func lookupEnv(environ []string, name, otherwise string) string {
	for i := len(environ) - 1; i >= 0; i-- {
		if key, value, _ := strings.Cut(environ[i], "="); strings.EqualFold(key, name) {
			return value
		}
	}
	return otherwise
}
