package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// guarded is `imgpolicy authz` as a process of its own, with a directory where its
// files are.
type guarded struct {
	t       *testing.T
	dir     string
	process *exec.Cmd
	pages   string // http://HOST:PORT

	mu    sync.Mutex
	lines []string // of stderr
}

// guard starts the program and waits until it decides.
func guard(t *testing.T, change func(*exec.Cmd), args ...string) *guarded {
	t.Helper()
	dir, err := os.MkdirTemp("", "authz") // the path of a socket has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := exec.LookPath(programName) // testscript put it there
	if err != nil {
		t.Fatal(err)
	}
	addr := freePort(t)
	g := &guarded{t: t, dir: dir, pages: "http://" + addr}
	g.write("policy.json", `{"whitelist": ["^alpine:"]}`)
	g.process = exec.Command(self, append([]string{"authz", "--policy", "policy.json", "--socket", "p.sock", "--addr", addr}, args...)...)
	g.process.Dir = dir
	if change != nil {
		change(g.process)
	}
	stderr, err := g.process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := g.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.process.Process.Kill(); _ = g.process.Wait() })
	go func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			g.mu.Lock()
			g.lines = append(g.lines, lines.Text())
			g.mu.Unlock()
		}
	}()
	g.until("decides by policy.json", func() bool { return strings.Contains(g.said(), "decides by policy.json") })
	return g
}

// freePort is an address that nobody listens at.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (g *guarded) write(name, text string) {
	g.t.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, name), []byte(text), 0o600); err != nil {
		g.t.Fatal(err)
	}
}

func (g *guarded) read(name string) string {
	g.t.Helper()
	text, err := os.ReadFile(filepath.Join(g.dir, name))
	if err != nil {
		g.t.Fatal(err)
	}
	return string(text)
}

func (g *guarded) said() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return strings.Join(g.lines, "\n")
}

// until waits for something that comes by itself.
func (g *guarded) until(what string, done func() bool) {
	g.t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			g.t.Fatalf("waited in vain for: %s\nstderr:\n%s", what, g.said())
		}
	}
}

// asks is the answer to a pull; the client is one connection.
func (g *guarded) asks(image, tag string) string {
	g.t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(g.dir, "p.sock"))
	}}}
	body := fmt.Sprintf(`{"User":"eve","RequestMethod":"POST","RequestURI":"/v1.41/images/create?fromImage=%s&tag=%s","RequestHeaders":{"Content-Length":"0"}}`, image, tag)
	resp, err := client.Post("http://plugin/AuthZPlugin.AuthZReq", "application/json", strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func (g *guarded) page(path string) string {
	g.t.Helper()
	resp, err := http.Get(g.pages + path)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return string(text)
}

func (g *guarded) signal(s os.Signal) {
	g.t.Helper()
	if err := g.process.Process.Signal(s); err != nil {
		g.t.Fatal(err)
	}
}

const allowed = `{"Allow":true}`

func TestAuthzReloads(t *testing.T) {
	t.Parallel()
	g := guard(t, nil)
	if got := g.asks("alpine", "3"); got != allowed {
		t.Errorf("alpine: %s", got)
	}
	if got, want := g.asks("busybox", "1"), `{"Allow":false,"Msg":"busybox:1 is denied by the image policy: no whitelist entry matches (policy.json:1); the whitelist allows \"^alpine:\""}`; got != want {
		t.Errorf("busybox: %s, want %s", got, want)
	}
	if info, err := os.Stat(filepath.Join(g.dir, "p.sock")); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("the socket: %v, %v", info, err)
	}
	g.write("policy.json", `{"whitelist": ["^busybox:"`)
	g.until("a bad policy", func() bool { return g.page("/health") != "HEALTHY" })
	want := "HEALTHY\npolicy policy.json rejected: policy.json:1:27: "
	if got := g.page("/health"); !strings.HasPrefix(got, want) || strings.Count(got, "\n") != 1 || !strings.Contains(g.said(), "rejected: policy.json:1:27: ") {
		t.Errorf("/health is %q, want %q…\n%s", got, want, g.said())
	}
	if got := g.asks("alpine", "3"); got != allowed {
		t.Errorf("a bad policy changes what is in force: %s", got)
	}
	// As configuration management does it: a new file in the place of the old one.
	g.write("new.json", `{"whitelist": ["^busybox:"]}`)
	if err := os.Rename(filepath.Join(g.dir, "new.json"), filepath.Join(g.dir, "policy.json")); err != nil {
		t.Fatal(err)
	}
	g.until("a good policy", func() bool { return g.page("/health") == "HEALTHY" })
	if got := g.asks("busybox", "1"); got != allowed {
		t.Errorf("busybox: %s", got)
	}
	if err := os.Remove(filepath.Join(g.dir, "policy.json")); err != nil {
		t.Fatal(err)
	}
	g.until("no policy", func() bool { return g.page("/health") != "HEALTHY" })
	if got := g.page("/health"); got != "HEALTHY\npolicy policy.json rejected: policy.json: no such file; write one, or name another with --policy" {
		t.Errorf("/health is %q", got)
	}
	if got := g.asks("busybox", "1"); got != allowed {
		t.Errorf("busybox: %s", got)
	}
}

func TestAuthzHangup(t *testing.T) {
	t.Parallel()
	g := guard(t, nil, "--audit", "audit.jsonl")
	g.asks("alpine", "3")
	if err := os.Rename(filepath.Join(g.dir, "audit.jsonl"), filepath.Join(g.dir, "old.jsonl")); err != nil {
		t.Fatal(err)
	}
	g.write("policy.json", `{"defaultAllow": true}`)
	g.signal(syscall.SIGHUP)
	g.until("the policy", func() bool { return strings.Contains(g.said(), "in force") })
	if got := g.asks("busybox", "1"); got != allowed {
		t.Errorf("busybox: %s", got)
	}
	if old, now := g.read("old.jsonl"), g.read("audit.jsonl"); strings.Count(old, "\n") != 1 || !strings.Contains(old, `"alpine:3"`) || strings.Count(now, "\n") != 1 || !strings.Contains(now, `"busybox:1"`) {
		t.Errorf("the audit was %q and is %q", old, now)
	}
}

func TestAuthzEnds(t *testing.T) {
	t.Parallel()
	for _, s := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		g := guard(t, nil)
		g.signal(s)
		if err := g.process.Wait(); err != nil {
			t.Errorf("%v: %v\n%s", s, err, g.said())
		}
		if _, err := os.Lstat(filepath.Join(g.dir, "p.sock")); err == nil {
			t.Errorf("%v leaves the socket", s)
		}
	}
}

// What a plugin that was killed leaves is in nobody's way, and one that runs is.
func TestAuthzSocketTaken(t *testing.T) {
	t.Parallel()
	g := guard(t, nil)
	second := func() (int, string) {
		ctx, end := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer end()
		code, _, errs := runIn(ctx, g.dir, nil, nil, "authz", "--policy", "policy.json", "--socket", "p.sock", "--addr", "off")
		return code, errs
	}
	if code, errs := second(); code != exitUnchecked || !strings.Contains(errs, "p.sock: is answered by another process; stop that first") {
		t.Errorf("%d, %s", code, errs)
	}
	g.signal(os.Kill)
	_ = g.process.Wait()
	if _, err := os.Lstat(filepath.Join(g.dir, "p.sock")); err != nil {
		t.Fatal(err)
	}
	if code, errs := second(); code != exitClean || !strings.Contains(errs, "decides by policy.json") {
		t.Errorf("%d, %s", code, errs)
	}
	if left, err := os.ReadDir(g.dir); err != nil || len(left) != 1 {
		t.Errorf("what is left: %v, %v", left, err)
	}
}

// systemd hands over a socket as file 3, and keeps it.
func TestAuthzOfSystemd(t *testing.T) {
	t.Parallel()
	var kept *net.UnixListener
	var notified *net.UnixConn
	g := guard(t, func(c *exec.Cmd) {
		var err error
		if kept, err = net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(c.Dir, "p.sock")}); err != nil {
			t.Fatal(err)
		}
		if notified, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(c.Dir, "notify")}); err != nil {
			t.Fatal(err)
		}
		file, err := kept.File()
		if err != nil {
			t.Fatal(err)
		}
		c.ExtraFiles = []*os.File{file}
		// The shell has the process ID that the variable must have.
		c.Args = append([]string{"sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"`, c.Path}, c.Args[1:]...)
		c.Path = "/bin/sh"
		c.Env = append(os.Environ(), "NOTIFY_SOCKET="+filepath.Join(c.Dir, "notify"))
	}, "--socket", "unused.sock")
	defer kept.Close()
	defer notified.Close()
	if got := g.asks("alpine", "3"); got != allowed {
		t.Errorf("alpine: %s", got)
	}
	if _, err := os.Lstat(filepath.Join(g.dir, "unused.sock")); err == nil {
		t.Error("a socket is made beside that of systemd")
	}
	told := make([]byte, 100)
	_ = notified.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, err := notified.Read(told); err != nil || string(told[:n]) != "READY=1" {
		t.Errorf("systemd is told %q, %v", told[:n], err)
	}
	g.signal(syscall.SIGTERM)
	if err := g.process.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(filepath.Join(g.dir, "p.sock")); err != nil {
		t.Errorf("the socket of systemd is gone: %v", err)
	}
}

// Approvals expire while the program runs.
func TestAuthzOtherDay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	digest := "sha256:" + strings.Repeat("a", 64)
	for name, text := range map[string]string{
		"policy.json":  `{"defaultAllow": true}`,
		"catalog.json": `{"version": 1, "images": [{"image": "docker.io/library/alpine", "license": ["MIT"], "versions": [{"tag": "3", "digest": "` + digest + `", "status": "approved", "scope": ["organization"], "expires": "2026-12-01", "evidence": [{"scanner": "grype", "findings": {}}], "approvedBy": "a@example.com", "approvedAt": "2026-05-01T09:00:00Z"}]}]}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Date(2026, 12, 1, 23, 59, 0, 0, time.UTC)
	g := &guarding{policy: filepath.Join(dir, "policy.json"), policyName: "policy.json", catalog: filepath.Join(dir, "catalog.json"), catalogName: "catalog.json", now: func() time.Time { return now }}
	loaded, err := g.load()
	if err != nil {
		t.Fatal(err)
	}
	expired := func(l *loadedGuard) bool {
		img, err := source.ParseImage("alpine:3")
		if err != nil {
			t.Fatal(err)
		}
		flaws := l.inForce.Guard.Judge.Of(img)[0].Flaws
		return slices.ContainsFunc(flaws, func(f approval.Flaw) bool { return f.Rule == approval.ApprovalExpired })
	}
	before := expired(loaded)
	now = now.Add(time.Hour)
	if after := expired(loaded.on(catalog.DateOf(now))); before || !after {
		t.Errorf("expired on the last day: %t, after it: %t", before, after)
	}
}
