package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/lint/lock"
	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

// TestUntrusted: a certificate that nothing vouches for, and a private address.
func TestUntrusted(t *testing.T) {
	t.Parallel()
	h := newHosts(t)
	h.image("team/app", "1", "app")
	h.repository()
	dir := t.TempDir()
	write(t, dir, "Dockerfile", "FROM "+h.address+"/team/app:1\nADD https://"+h.address+"/file /\nADD https://"+h.address+"/team/app.git /\n")
	for _, args := range []string{"lint --resolve", "fix --resolve", "lock"} {
		code, _, stderr := h.run(dir, strings.Fields(args)...)
		if n := strings.Count(stderr, "--allow-private "+h.address+"\n"); code != exitUnchecked || n != 3 {
			t.Errorf("imgpolicy %s at a private address ends with %d:\n%s", args, code, stderr)
		}
		code, _, stderr = h.runWith(dir, []string{"SSL_CERT_FILE=" + os.DevNull}, append(strings.Fields(args), "--allow-private", h.address)...)
		if n := strings.Count(stderr, "; have this machine trust its authority, or let it pass unchecked with --insecure-registry "+h.address+"\n"); code != exitUnchecked || n != 3 {
			t.Errorf("imgpolicy %s of a host that nothing vouches for ends with %d:\n%s", args, code, stderr)
		}
	}
	if n := h.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestAllowPrivateInConfig: a repository does not open the network around it, and
// is told so; whoever runs us does, by a config of theirs.
func TestAllowPrivateInConfig(t *testing.T) {
	t.Parallel()
	h := newHosts(t)
	h.image("team/app", "1", "app")
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"Dockerfile": "FROM " + h.address + "/team/app:1\n", ".imgpolicy.yaml": "allow-private: [127.0.0.1]\n"})
	code, _, stderr := h.run(dir, "fix", "--resolve")
	if want := "imgpolicy: .imgpolicy.yaml:1: allow-private: 127.0.0.1 counts only in a config that is given by --config\n"; code != exitUnchecked || strings.Count(stderr, want) != 1 || !strings.Contains(stderr, "is a private address") {
		t.Errorf("fix ends with %d: %q, want %q", code, stderr, want)
	}
	if n := h.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
	if code, stdout, stderr := h.run(dir, "fix", "--resolve", "--config", ".imgpolicy.yaml"); code != exitClean || stderr != "" {
		t.Errorf("fix --config ends with %d: %s%s", code, stdout, stderr)
	}
}

// liar sends one image's bytes under another's digest, or says that they have it.
type liar struct {
	http.ResponseWriter
	digest string
}

func (l liar) WriteHeader(code int) {
	l.Header().Set("Docker-Content-Digest", l.digest)
	l.ResponseWriter.WriteHeader(code)
}

// TestLies: a digest that is not that of what was sent is written nowhere.
func TestLies(t *testing.T) {
	t.Parallel()
	h := newHosts(t)
	right, other := h.image("team/app", "1", "app"), h.image("team/app", "2", "other")
	fault := at("/v2/team/app/manifests/1", func(w http.ResponseWriter, req *http.Request) { h.registry.ServeHTTP(liar{w, other}, req) })
	h.fault.Store(&fault)
	dir := t.TempDir()
	const text = "FROM ghcr.io/team/app:1\n"
	write(t, dir, "Dockerfile", text)
	for _, args := range []string{"lint --resolve", "fix --resolve", "lock"} {
		code, _, stderr := h.run(dir, append(strings.Fields(args), "--cache-dir", filepath.Join(h.dir, "cache"))...)
		want := "Dockerfile:1: ghcr.io/team/app:1: it says that the digest of the manifest is " + other + ", but that of what it sent is " + right
		if code != exitUnchecked || !strings.Contains(stderr, want) {
			t.Errorf("imgpolicy %s ends with %d: %q, want %q", args, code, stderr, want)
		}
	}
	if got := read(t, filepath.Join(dir, "Dockerfile")) + read(t, filepath.Join(dir, lock.FileName)); got != text {
		t.Errorf("it wrote %q", got)
	}
	h.fault.Store(nil)
	h.checkCache(t, filepath.Join(h.dir, "cache"))
	if code, stdout, stderr := h.run(dir, "fix", "--resolve", "--cache-dir", filepath.Join(h.dir, "cache")); code != exitClean || !strings.Contains(stdout, right) {
		t.Errorf("the truth is not found: %d\n%s%s", code, stdout, stderr)
	}
}

// checkCache looks at every file of a cache: each is what its name says.
func (h *hosts) checkCache(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, "blobs", "sha256"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil //nolint:nilerr // there may be none yet
		}
		text, err := os.ReadFile(path)
		if sum := fmt.Sprintf("%x", sha256.Sum256(text)); err == nil && sum != e.Name() {
			t.Errorf("%s has the digest %s", path, sum)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestSlow: hosts that are down or do not answer are named, and the run ends.
func TestSlow(t *testing.T) {
	t.Parallel()
	h := newHosts(t)
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	fault := at("/", func(_ http.ResponseWriter, req *http.Request) {
		select {
		case <-hang:
		case <-req.Context().Done():
		}
	})
	h.fault.Store(&fault)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	down := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	write(t, dir, "Dockerfile", "FROM "+down+"/a:1\nFROM "+h.address+"/b:1\nADD https://"+h.address+"/c /\nADD https://"+h.address+"/team/d.git /\nSHELL []\n")
	var out, errs strings.Builder
	a := app{
		stdout: &out, stderr: &errs, lookupEnv: func(string) (string, bool) { return "", false },
		getwd: func() (string, error) { return dir, nil },
		net: &network{resolver: resolve.New(resolve.Options{
			Insecure: []string{h.address, down}, Environ: os.Environ(), Retries: -1, Timeout: 300 * time.Millisecond, Download: 300 * time.Millisecond,
		})},
	}
	code := a.run(t.Context(), []string{"lint", "--resolve"})
	for _, want := range []string{
		"Dockerfile:1: " + down + "/a:1: connection refused\n", "Dockerfile:2: " + h.address + "/b:1: no answer within 300ms\n",
		"Dockerfile:3: https://" + h.address + "/c: ", "Dockerfile:4: https://" + h.address + "/team/d.git: git did not end within 300ms\n",
	} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("it says\n%swant %q", &errs, want)
		}
	}
	if code != exitUnchecked || !strings.Contains(out.String(), "SHELL requires") {
		t.Errorf("it ends with %d and says\n%s", code, &out)
	}
}

// TestUnwritable: a cache that cannot be written is a failure where one was asked
// for, and otherwise only makes the next run slower; a full disk is not half
// written to.
func TestUnwritable(t *testing.T) {
	t.Parallel()
	h := newHosts(t)
	digest := h.image("team/app", "1", "app")
	dir := t.TempDir()
	write(t, dir, "Dockerfile", "FROM ghcr.io/team/app:1\n")
	write(t, dir, "file", "")
	code, _, stderr := h.run(dir, "lint", "--resolve", "--cache-dir", "file/cache")
	if code != exitUnchecked || !strings.Contains(stderr, "imgpolicy: --cache-dir: ghcr.io/team/app:1 was looked up but could not be kept in the cache: not a directory\n") {
		t.Errorf("it ends with %d: %s", code, stderr)
	}
	code, stdout, stderr := h.runWith(dir, []string{"XDG_CACHE_HOME=" + filepath.Join(dir, "file")}, "fix", "--resolve", "--check")
	if code != exitFound || stderr != "" || !strings.Contains(stdout, digest) {
		t.Errorf("it ends with %d: %s%s", code, stdout, stderr)
	}
	full := filepath.Join(dir, "full")
	write(t, dir, "full/.keep", "")
	script := `mount -t tmpfs -o size=8k tmpfs full && cp Dockerfile full/ && head -c 9000 /dev/zero >full/zeros 2>/dev/null
cd full && imgpolicy fix --resolve; a=$?; imgpolicy lock; b=$?; imgpolicy fix --resolve --check --cache-dir cache >/dev/null; c=$?; cat Dockerfile; find . -type f -name '.imgpolicy*' -o -name '*.lock' -o -name 'new-*'; echo $a $b $c`
	cmd := h.command(dir)
	cmd.Path, cmd.Args = "/usr/bin/unshare", []string{"unshare", "-rm", "sh", "-c", script}
	cmd.Err = nil
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Skipf("no file system of %s's own can be had: %v\n%s", full, err, out)
	}
	text := string(out)
	if strings.Contains(text, dir) { // what is named is named as it was given
		t.Errorf("it says\n%s", text)
	}
	if !strings.HasSuffix(text, "\nFROM ghcr.io/team/app:1\n2 2 2\n") || strings.Count(text, "no space left on device") != 3 {
		t.Errorf("on a full disk:\n%s", text)
	}
}

// TestKilled ends processes at any moment: what they leave is the old text or the
// new one, and what they kept for later is whole.
func TestKilled(t *testing.T) {
	t.Parallel()
	x := newThirty(t)
	dir, cache := x.checkout(t), filepath.Join(t.TempDir(), "cache")
	args := []string{"--cache-dir", cache, "--allow-private", x.address}
	for round := range 12 {
		name := []string{"fix", "--resolve"}
		if round%3 == 0 {
			name = []string{"lock", "--update"}
		}
		cmd := x.command(dir, append(name, args...)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(600 * time.Millisecond))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		x.checkCache(t, cache)
		for name := range x.before {
			if text := fileText(t, dir, name); text != x.before[name] && text != x.after[name] {
				t.Errorf("%s is neither as it was nor as it is to be:\n%s", name, text)
			}
		}
		if text := read(t, filepath.Join(dir, lock.FileName)); text != "" {
			if _, err := lock.Read(lock.FileName, []byte(text)); err != nil {
				t.Error(err)
			}
		}
	}
	if err := os.Remove(filepath.Join(dir, lock.FileName)); err != nil && !os.IsNotExist(err) {
		t.Error(err)
	}
	if code, stdout, stderr := x.run(dir, append([]string{"fix", "--resolve"}, args...)...); code != exitClean {
		t.Errorf("it ends with %d:\n%s%s", code, stdout, stderr)
	}
	x.check(t, dir, x.after)
}

// TestAtOnce runs several processes on one cache, one lock and one repository.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	x := newThirty(t)
	dir, cache := x.checkout(t), filepath.Join(t.TempDir(), "cache")
	for _, name := range []string{"lock", "fix --resolve"} {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				code, stdout, stderr := x.run(dir, append(strings.Fields(name), "--cache-dir", cache, "--allow-private", x.address)...)
				raced := strings.Contains(stderr, "somebody else wrote it meanwhile; run this again") || strings.Contains(stderr, "it has changed since it was read")
				if code != exitClean && (code != exitUnchecked || !raced) {
					t.Errorf("imgpolicy %s ends with %d:\n%s%s", name, code, stdout, stderr)
				}
			})
		}
		all.Wait()
		x.checkCache(t, cache)
		left, err := filepath.Glob(filepath.Join(dir, ".imgpolicy*"))
		if err != nil || len(left) > 0 {
			t.Errorf("files are left: %q, %v", left, err)
		}
		if name != "lock" {
			continue
		}
		text := read(t, filepath.Join(dir, lock.FileName))
		if l, err := lock.Read(lock.FileName, []byte(text)); err != nil || len(l.Entries) < 30 {
			t.Errorf("the lock: %v\n%s", err, text)
		}
	}
	x.check(t, dir, x.after)
}

// TestOffline runs every command that does not say so: none makes what it would
// connect by, and a tracer, where there is one, sees no connection.
func TestOffline(t *testing.T) {
	t.Parallel()
	x := newThirty(t)
	dir := x.checkout(t)
	writeFiles(t, dir, map[string]string{
		"Dockerfile.rego": "package docker\n\ndefault allow := false\n\nallow if input.image.labels.of == \"x\"\n\ndecision := {\"allow\": allow}\n",
	})
	commands := []string{
		"lint", "lint --fix", "lint --format json", "fix --check", "fix --diff", "fix --unsafe", "inputs", "baseline write", "lock --check",
		"eval Dockerfile", "test", "init --language rego", "config", "rules", "version", "lint --locked", "fix --locked", "eval docker-image://alpine",
	}
	for _, args := range commands {
		a := app{
			stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard,
			lookupEnv: func(string) (string, bool) { return "", false }, getwd: func() (string, error) { return dir, nil },
		}
		if a.run(t.Context(), strings.Fields(args)); a.net != nil {
			t.Errorf("imgpolicy %s is ready to connect", args)
		}
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed: connections are not seen")
	}
	for _, args := range commands {
		trace := filepath.Join(t.TempDir(), "trace")
		cmd := x.command(dir, append([]string{"-f", "-qq", "-e", "trace=socket,connect,sendto", "-o", trace, programName}, strings.Fields(args)...)...)
		cmd.Path, cmd.Args[0] = strace, strace
		out, err := cmd.CombinedOutput()
		if strings.Contains(string(out), "ptrace") {
			t.Skipf("no process can be traced: %s", out)
		}
		text, readErr := os.ReadFile(trace)
		if readErr != nil {
			t.Fatalf("%s: %v, %v\n%s", args, readErr, err, out)
		}
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "AF_INET") {
				t.Errorf("imgpolicy %s: %s", args, line)
			}
		}
	}
	if n := x.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}
