package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// systemCA is where programs on Debian find whom to trust, git among them, which
// BuildKit runs without the settings that could name another file.
const systemCA = "/etc/ssl/certs/ca-certificates.crt"

// unable is why this machine cannot run BuildKit, "" if it can.
func unable(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		return "it runs on Linux"
	}
	if os.Geteuid() != 0 {
		return "it has to be started by root"
	}
	for _, tool := range []string{"runc", "git", "unshare", "mount"} {
		if _, err := exec.LookPath(tool); err != nil {
			return tool + " is not installed (Debian: apt-get install runc git util-linux mount)"
		}
	}
	if _, err := os.Stat(systemCA); err != nil {
		return "there is no " + systemCA + " to put the certificate of the test over (Debian: apt-get install ca-certificates)"
	}
	if code, _, stderr := run(t.Context(), t, command{args: []string{"unshare", "--mount", "mount", "--bind", systemCA, systemCA}}); code != 0 {
		return "nothing may be mounted: " + strings.TrimSpace(stderr)
	}
	return ""
}

// builder is buildx with a buildkitd of its own.
type builder struct {
	program string
	env     []string
}

// startBuilder starts buildkitd. Its mounts are in a namespace of their own and
// end with it.
func startBuilder(t *testing.T, p programs, h hosts) builder {
	t.Helper()
	// Not t.TempDir: the path of a socket must be short, and what is below root
	// may take longer to remove than a test has patience for.
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	config := filepath.Join(dir, "buildkitd.toml")
	text := fmt.Sprintf("[registry.%q]\n  http = false\n  ca = [%q]\n[registry.%q]\n  http = true\n", h.registry, h.ca, h.plain)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "buildkitd.sock")
	var log bytes.Buffer
	cmd := exec.Command("unshare", "--mount", "sh", "-c", `mount --bind "$0" `+systemCA+` && exec "$@"`, h.ca,
		p.buildkitd, "--config", config, "--root", filepath.Join(dir, "root"), "--addr", "unix://"+socket,
		"--oci-worker-snapshotter=native", "--oci-worker-net=host", "--containerd-worker=false")
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.WaitDelay = 10 * time.Second // for containers that outlive it
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			t.Logf("buildkitd:\n%s", log.Bytes())
		}
	})
	waitFor(t, socket, ended, &log)
	b := builder{program: p.buildx, env: []string{"BUILDX_CONFIG=" + filepath.Join(dir, "buildx"), "DOCKER_CONFIG=" + filepath.Join(dir, "docker")}}
	mustRun(t, command{args: []string{p.buildx, "create", "--name", builderName, "--driver", "remote", "unix://" + socket}, env: b.env})
	return b
}

const builderName = "e2e"

// waitFor waits until buildkitd listens.
func waitFor(t *testing.T, socket string, ended chan error, log *bytes.Buffer) {
	t.Helper()
	for range 300 {
		if c, err := net.Dial("unix", socket); err == nil {
			c.Close()
			return
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("buildkitd ended: %v\n%s", err, log.Bytes())
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Fatal("buildkitd does not listen after 30 seconds")
}

// build builds a Dockerfile below dir, with the policy beside it in force, and
// leaves the files of the image in out.
func (b builder) build(t *testing.T, dir, dockerfile, out string) (ok bool, log string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	code, stdout, stderr := run(ctx, t, command{dir: dir, env: b.env, args: []string{
		b.program, "build", "--builder", builderName, "--progress=plain", "--provenance=false",
		"--policy", "strict=true,log-level=info", "--file", dockerfile, "--output", "type=local,dest=" + out, filepath.Dir(dockerfile),
	}})
	return code == 0, stdout + stderr
}

var decision = regexp.MustCompile(`(?m)policy decision for source (\S+)(?: \(\S+\))?: (.*)$`)

// decisions are the sources that Buildx asked the policy about, and what it said
// once it knew all that it needed to know.
func decisions(log string) map[string]string {
	all := map[string]string{}
	for _, m := range decision.FindAllStringSubmatch(log, -1) {
		source, said := m[1], m[2]
		if strings.HasPrefix(said, "resolve missing fields") || all[source] != "" && said == "ALLOW" {
			continue
		}
		all[source] = said
	}
	return all
}
