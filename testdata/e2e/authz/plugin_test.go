package authz

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// guard is `imgpolicy authz` as a process.
type guard struct {
	tb      testing.TB
	program string
	name    string // of the plugin
	policy  string

	process *exec.Cmd
	said    *output
	pages   string // HOST:PORT
}

// output is what a process says, for those who read it meanwhile.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// newGuard is a guard that does not run yet. Its plugin has a name of its own, so
// that one that is installed is not in the way.
func newGuard(tb testing.TB, program, dir, policy string) *guard {
	tb.Helper()
	g := &guard{tb: tb, program: program, name: fmt.Sprintf("imgpolicy-e2e-%d", os.Getpid()), policy: filepath.Join(dir, "policy.json"), said: new(output)}
	g.write(policy)
	tb.Cleanup(func() {
		g.kill(syscall.SIGTERM)
		os.Remove(g.socket())
		if tb.Failed() {
			tb.Logf("imgpolicy authz:\n%s", g.said)
		}
	})
	return g
}

func (g *guard) socket() string { return filepath.Join(pluginDir, g.name+".sock") }

// write puts another policy in the place of the one that is there.
func (g *guard) write(policy string) {
	g.tb.Helper()
	next := g.policy + ".next"
	if err := os.WriteFile(next, []byte(policy), 0o600); err != nil {
		g.tb.Fatal(err)
	}
	if err := os.Rename(next, g.policy); err != nil {
		g.tb.Fatal(err)
	}
}

// start starts it and waits until it answers.
func (g *guard) start(args ...string) {
	g.tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		g.tb.Fatal(err)
	}
	g.pages = l.Addr().String()
	l.Close()
	g.process = exec.Command(g.program, append([]string{"authz", "--policy", g.policy, "--socket", g.socket(), "--addr", g.pages}, args...)...)
	g.process.Stderr = g.said
	if err := g.process.Start(); err != nil {
		g.tb.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("unix", g.socket()); err == nil {
			conn.Close()
			return
		}
		if time.Now().After(end) {
			g.tb.Fatalf("imgpolicy authz does not answer:\n%s", g.said)
		}
	}
}

// kill ends it and waits for that.
func (g *guard) kill(by syscall.Signal) {
	if g.process == nil {
		return
	}
	_ = g.process.Process.Signal(by)
	_ = g.process.Wait()
	g.process = nil
}

// client asks the plugin as the daemon does, over so many connections.
func (g *guard) client(connections int) *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", g.socket())
		},
	}}
}

// ask is the answer to a pull.
func ask(client *http.Client, image, tag string) (string, error) {
	body := fmt.Sprintf(`{"User":"","RequestMethod":"POST","RequestUri":"/v1.41/images/create?fromImage=%s&tag=%s","RequestHeaders":{"Content-Length":"0"}}`, image, tag)
	resp, err := client.Post("http://plugin/AuthZPlugin.AuthZReq", "application/json", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

func (g *guard) health() string {
	g.tb.Helper()
	resp, err := http.Get("http://" + g.pages + "/health")
	if err != nil {
		g.tb.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return string(text)
}
