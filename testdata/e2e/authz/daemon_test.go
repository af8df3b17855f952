// Package authz has a real Docker daemon ask `imgpolicy authz` and tries every way
// round it. It takes Debian's docker.io, and root.
package authz

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The paths of Debian: another docker may come first on PATH.
const (
	dockerd      = "/usr/sbin/dockerd"
	dockerClient = "/usr/bin/docker"
	pluginDir    = "/run/docker/plugins"
)

// needDaemon skips a test where no daemon can run.
func needDaemon(t *testing.T) {
	t.Helper()
	switch {
	case runtime.GOOS != "linux" || os.Getuid() != 0:
		t.Skip("skipped: a Docker daemon runs on Linux and as root")
	case !exists(dockerd) || !exists(dockerClient):
		t.Skip("skipped: " + dockerd + " or " + dockerClient + " is not there (Debian's docker.io)")
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// buildProgram builds imgpolicy.
func buildProgram(tb testing.TB) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "imgpolicy")
	cmd := exec.Command("go", "build", "-trimpath", "-o", path, "./cmd/imgpolicy")
	cmd.Dir = filepath.Join("..", "..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("building imgpolicy: %v\n%s", err, out)
	}
	return path
}

// shortDir is a temporary directory whose path leaves room for the name of a
// socket: that has 107 bytes at most.
func shortDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "authz")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// daemon is a Docker daemon of the test's own.
type daemon struct {
	t      *testing.T
	dir    string
	socket string
	log    *bytes.Buffer
}

// startDaemon starts a daemon that asks a plugin, which has to run.
func startDaemon(t *testing.T, plugin string) *daemon {
	t.Helper()
	dir := shortDir(t)
	d := &daemon{t: t, dir: dir, socket: filepath.Join(dir, "docker.sock"), log: new(bytes.Buffer)}
	cmd := exec.Command(dockerd,
		"--data-root", filepath.Join(dir, "docker"), "--exec-root", filepath.Join(dir, "exec"), "--pidfile", filepath.Join(dir, "dockerd.pid"),
		"--host", "unix://"+d.socket, "--iptables=false", "--ip-masq=false", "--bridge=none", "--storage-driver=vfs",
		"--authorization-plugin="+plugin)
	cmd.Stdout, cmd.Stderr = d.log, d.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its containerd, too
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { d.stop(cmd, ended) })
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if conn, err := net.Dial("unix", d.socket); err == nil {
			conn.Close()
			return d
		}
		select {
		case <-ended:
			t.Fatalf("dockerd ended:\n%s", d.log)
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("dockerd does not answer:\n%s", d.log)
		}
	}
}

// stop ends a daemon and takes away what it leaves.
func (d *daemon) stop(cmd *exec.Cmd, ended <-chan struct{}) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	<-ended
	for _, mounted := range mountsBelow(d.dir) {
		_ = syscall.Unmount(mounted, syscall.MNT_DETACH)
	}
	_ = exec.Command("ip", "link", "del", "docker_gwbridge").Run() // of a swarm
	if d.t.Failed() {
		lines := strings.Split(d.log.String(), "\n")
		d.t.Logf("the end of what dockerd says:\n%s", strings.Join(lines[max(0, len(lines)-30):], "\n"))
	}
}

// mountsBelow are the mount points below a directory, the last mounted first.
func mountsBelow(dir string) (out []string) {
	text, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && strings.HasPrefix(f[1], dir+"/") {
			out = append([]string{f[1]}, out...)
		}
	}
	return out
}

// docker runs Debian's client.
func (d *daemon) docker(args ...string) (out string, ok bool) { return d.client(dockerClient, args...) }

// client runs a client and returns all that it printed.
func (d *daemon) client(path string, args ...string) (out string, ok bool) {
	return d.clientWith(path, nil, "", args...)
}

func (d *daemon) clientWith(path string, env []string, stdin string, args ...string) (out string, ok bool) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(append(os.Environ(), "DOCKER_HOST=unix://"+d.socket, "DOCKER_CONFIG="+filepath.Join(d.dir, "client")), env...)
	cmd.Stdin = strings.NewReader(stdin)
	text, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		d.t.Errorf("docker %s does not end", strings.Join(args, " "))
	}
	return string(text), err == nil
}

// images are the tags that the daemon has.
func (d *daemon) images() string {
	d.t.Helper()
	out, ok := d.docker("images", "--all", "--format", "{{.Repository}}:{{.Tag}}@{{.Digest}}")
	if !ok {
		d.t.Fatalf("docker images: %s", out)
	}
	return out
}

// clear removes all containers, services and images.
func (d *daemon) clear() {
	d.t.Helper()
	if out, _ := d.docker("ps", "--all", "--quiet"); out != "" {
		d.docker(append([]string{"rm", "--force"}, strings.Fields(out)...)...)
	}
	if out, _ := d.docker("images", "--all", "--quiet"); out != "" {
		d.docker(append([]string{"rmi", "--force"}, strings.Fields(out)...)...)
	}
	if left := d.images(); left != "" {
		d.t.Fatalf("images that do not go away: %s", left)
	}
}

// reply is what the daemon answers to a request: of a failure the message.
type reply struct {
	code int
	body string
}

// raw sends bytes to the daemon as they are.
func (d *daemon) raw(request string) (reply, error) {
	conn, err := net.Dial("unix", d.socket)
	if err != nil {
		return reply{}, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Minute))
	if _, err := io.WriteString(conn, request); err != nil {
		return reply{}, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	var failed struct{ Message string }
	if json.Unmarshal(text, &failed) == nil && failed.Message != "" {
		text = []byte(failed.Message)
	}
	return reply{resp.StatusCode, string(text)}, err
}

// posted is a request with a body, headers one to a line.
func posted(target, headers, body string) string {
	if headers != "" {
		headers += "\r\n"
	}
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n%sContent-Length: %s\r\n\r\n%s", target, headers, strconv.Itoa(len(body)), body)
}

// chunked is posted for a body whose length is not told before it.
func chunked(target, headers, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n%s\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", target, headers, len(body), body)
}
