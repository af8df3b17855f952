package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// thirty is a repository of inputs that nothing pins, and what they become.
type thirty struct {
	*hosts
	before, after map[string]string
}

var blank = regexp.MustCompile(`\{[^ {}]*[/:#][^ {}]*\}`)

func newThirty(t *testing.T) *thirty {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join(root, "testdata", "fix", "thirty.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	x := &thirty{hosts: newHosts(t), before: map[string]string{}, after: map[string]string{}}
	commits := x.repository()
	known := map[string]string{}
	fill := func(p string) string {
		name := strings.Trim(p, "{}")
		switch repo, tag, _ := strings.Cut(name, ":"); {
		case known[name] != "":
		case strings.HasPrefix(name, "/"):
			known[name] = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte("this is "+name+"\n")))
		case strings.HasPrefix(name, "#"):
			known[name] = commits[name[1:]]
		default:
			known[name] = x.image(repo, tag, name)
		}
		return known[name]
	}
	for _, f := range archive.Files {
		text := strings.ReplaceAll(string(f.Data), "{HOST}", x.address)
		text = blank.ReplaceAllStringFunc(text, fill)
		when, name, _ := strings.Cut(f.Name, "/")
		if name == "windows.Dockerfile" {
			text = "\uFEFF" + strings.ReplaceAll(text, "\n", "\r\n")
		}
		if when == "before" {
			x.before[name] = text
		} else {
			x.after[name] = text
		}
	}
	return x
}

// checkout makes a repository of it.
func (x *thirty) checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, ".git/config", "")
	writeFiles(t, dir, x.before)
	return dir
}

// check compares a repository with what it is to be.
func (x *thirty) check(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	for name, text := range want {
		got, wanted := strings.Split(fileText(t, dir, name), "\n"), strings.Split(text, "\n")
		if len(got) != len(wanted) {
			t.Errorf("%s has %d lines, want %d", name, len(got), len(wanted))
			continue
		}
		for i := range got {
			if got[i] != wanted[i] {
				t.Errorf("%s:%d: %q, want %q", name, i+1, got[i], wanted[i])
			}
		}
	}
}

// TestFixThirty takes them to nothing that is left to say, by digests that are
// looked up, and by a lock with no network at all.
func TestFixThirty(t *testing.T) {
	t.Parallel()
	x := newThirty(t)
	allow := []string{"--allow-private", x.address}
	run := func(dir string, want int, args ...string) string {
		t.Helper()
		began, before := time.Now(), x.requests.Load()
		code, stdout, stderr := x.run(dir, args...)
		t.Logf("%s: %s, %d requests", strings.Join(args, " "), time.Since(began), x.requests.Load()-before)
		if code != want || stderr != "" {
			t.Errorf("imgpolicy %s ends with %d, want %d:\n%s%s", strings.Join(args, " "), code, want, stdout, stderr)
		}
		return stdout
	}
	dir := x.checkout(t)
	if n := strings.Count(run(dir, exitFound, "lint", "--format", "compact"), "\n"); n < 30 {
		t.Errorf("only %d diagnostics", n)
	}
	diff := run(dir, exitFound, append([]string{"fix", "--diff", "--resolve"}, allow...)...)
	x.check(t, dir, x.before)
	x.apply(t, diff)
	run(dir, exitClean, append([]string{"fix", "--resolve"}, allow...)...)
	x.check(t, dir, x.after)
	run(dir, exitClean, append([]string{"fix", "--resolve", "--check"}, allow...)...)
	run(dir, exitClean, append([]string{"fix", "--resolve"}, allow...)...)
	x.check(t, dir, x.after)
	run(dir, exitClean, append([]string{"lint", "--resolve"}, allow...)...)
	asked := x.requests.Load()
	run(dir, exitClean, "lint")
	run(dir, exitClean, "fix", "--check")
	if n := x.requests.Load(); n != asked {
		t.Errorf("%d requests without --resolve", n-asked)
	}

	locked := x.checkout(t)
	run(locked, exitClean, append([]string{"lock", "--cache-dir", t.TempDir()}, allow...)...)
	asked = x.requests.Load()
	run(locked, exitClean, "fix", "--locked")
	x.check(t, locked, x.after)
	run(locked, exitClean, "lock") // takes out the branches, which nothing follows any more
	if out := run(locked, exitClean, "lint", "--locked"); !strings.HasPrefix(out, "No ") {
		t.Errorf("lint --locked says:\n%s", out)
	}
	if n := x.requests.Load(); n != asked {
		t.Errorf("%d requests with --locked", n-asked)
	}
}

// apply hands a diff to git.
func (x *thirty) apply(t *testing.T, diff string) {
	t.Helper()
	dir := x.checkout(t)
	if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "git", "-c", "core.autocrlf=false", "apply", "-")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(diff)
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s", err, out)
	}
	x.check(t, dir, x.after)
}
