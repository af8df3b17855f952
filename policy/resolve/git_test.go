package resolve_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/policy"

	"github.com/moby/buildkit/util/gitutil/gitobject"
	"github.com/moby/buildkit/util/gitutil/gitsign"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

// workshop is a folder in which git, gpg and ssh-keygen work for one test, away
// from the settings and keys of whoever runs it.
type workshop struct {
	t   *testing.T
	dir string
}

func newWorkshop(t *testing.T, tools ...string) workshop {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: no real repository can be asked", tool)
		}
	}
	dir, err := os.MkdirTemp("", "git") // not t.TempDir: the socket of gpg's agent must have a short name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return workshop{t, dir}
}

func (w workshop) environ() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "GNUPGHOME=" + w.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Grace", "GIT_COMMITTER_EMAIL=grace@example.com", "LC_ALL=C",
	}
}

func (w workshop) run(name string, args ...string) string {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), name, args...)
	cmd.Dir, cmd.Env = w.dir, w.environ()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		w.t.Fatalf("%s %q: %v\n%s", name, args, err, &stderr)
	}
	return strings.TrimSpace(string(out))
}

// repository makes app.git with a branch, tags of every kind, and two signed
// ones. names is what each of them leads to.
func (w workshop) repository(format string) (names map[string]string) {
	w.t.Helper()
	w.run("git", "init", "--quiet", "--initial-branch=main", "--object-format="+format, "app.git")
	git := func(args ...string) string { return w.run("git", append([]string{"-C", "app.git"}, args...)...) }
	if err := os.WriteFile(filepath.Join(w.dir, "app.git", "file"), []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
	git("add", "file")
	git("commit", "--quiet", "-m", "first")
	git("tag", "light")
	git("tag", "-a", "-m", "the release", "v1")
	git("tag", "-a", "-m", "the release again", "nested", "v1")
	git("branch", "both")
	git("tag", "both", "HEAD")
	w.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "key")
	git("-c", "gpg.format=ssh", "-c", "user.signingKey="+filepath.Join(w.dir, "key"), "commit", "--quiet", "--allow-empty", "-S", "-m", "second")
	git("-c", "gpg.format=ssh", "-c", "user.signingKey="+filepath.Join(w.dir, "key"), "tag", "-s", "-m", "signed", "v2")
	names = map[string]string{}
	for _, name := range []string{"light", "v1", "v1^{commit}", "nested", "nested^{commit}", "refs/heads/both", "v2", "v2^{commit}", "main"} {
		names[name] = git("rev-parse", name)
	}
	return names
}

// serveGit serves a folder by git http-backend over TLS and is the host with the
// options that trust it.
func serveGit(t *testing.T, w workshop, before func(http.ResponseWriter, *http.Request) bool) (host string, o resolve.Options) {
	t.Helper()
	backend := &cgi.Handler{
		Path: filepath.Join(w.run("git", "--exec-path"), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + w.dir, "GIT_HTTP_EXPORT_ALL=1", "HOME=" + w.dir, "GIT_CONFIG_NOSYSTEM=1"}, InheritEnv: []string{"PATH"},
		Stderr: io.Discard,
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		if before == nil || !before(rw, req) {
			backend.Env = backend.Env[:len(backend.Env):len(backend.Env)]
			h := *backend
			h.Env = append(h.Env, "GIT_PROTOCOL="+req.Header.Get("Git-Protocol"))
			h.ServeHTTP(rw, req)
		}
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	host = strings.TrimPrefix(s.URL, "https://")
	return host, resolve.Options{AllowPrivate: []string{host}, RootCAs: roots, Environ: append(w.environ(), "SSL_CERT_FILE="+file), Backoff: time.Millisecond, Timeout: 10 * time.Second, Retries: -1}
}

func gitSource(t *testing.T, word string) source.Git {
	t.Helper()
	g, isGit, err := source.ParseGit(word)
	if err != nil || !isGit {
		t.Fatalf("%s: %v, %v", word, isGit, err)
	}
	return g
}

func TestGit(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			w := newWorkshop(t, "git", "ssh-keygen")
			names := w.repository(format)
			host, o := serveGit(t, w, nil)
			o.CacheDir = t.TempDir()
			r := resolve.New(o)
			defer r.Close()
			remote := "https://" + host + "/app.git"
			main := names["main"]
			for ref, want := range map[string]resolve.Pin{
				"":              {Commit: main, Ref: "refs/heads/main"},
				"#main":         {Commit: main, Ref: "refs/heads/main"},
				"?branch=main":  {Commit: main, Ref: "refs/heads/main"},
				"#light":        {Commit: names["light"], Ref: "refs/tags/light"},
				"#v1":           {Commit: names["v1^{commit}"], Tag: names["v1"], Ref: "refs/tags/v1"},
				"?tag=v1":       {Commit: names["v1^{commit}"], Tag: names["v1"], Ref: "refs/tags/v1"},
				"#nested":       {Commit: names["nested^{commit}"], Tag: names["nested"], Ref: "refs/tags/nested"},
				"#both":         {Commit: names["refs/heads/both"], Ref: "refs/heads/both"},
				"?tag=both":     {Commit: names["light"], Ref: "refs/tags/both"},
				"#" + main:      {Commit: main, Ref: main},
				"?commit=12345": {Commit: main, Ref: "refs/heads/main"},
			} {
				if pin, err := r.Pin(t.Context(), gitSource(t, remote+ref), ""); err != nil || pin != want {
					t.Errorf("%s: %+v, %v; want %+v", ref, pin, err, want)
				}
			}
			checkSigned(t, r, w, remote, names)
			for ref, want := range map[string]error{
				"#v9": resolve.ErrNotFound, "?tag=main": resolve.ErrNotFound, "#--upload-pack=id": resolve.ErrNotFound, "#*": resolve.ErrNotFound,
				"#" + strings.Repeat("ab", len(main)/2): resolve.ErrNotFound,
			} {
				if _, err := r.Pin(t.Context(), gitSource(t, remote+ref), ""); !errors.Is(err, want) {
					t.Errorf("%s: %v, want %v", ref, err, want)
				}
			}
			_, err := r.Metadata(t.Context(), policy.Question{Source: gitSource(t, remote+"?ref=v1&checksum="+main), Needs: []string{"git.checksum"}})
			if !errors.Is(err, resolve.ErrMismatch) || !strings.Contains(err.Error(), "refs/tags/v1 is now the commit "+names["v1^{commit}"]) {
				t.Errorf("another checksum: %v", err)
			}
		})
	}
}

// checkSigned verifies signatures with the objects that were looked up, also
// when they come from the cache.
func checkSigned(t *testing.T, r *resolve.Resolver, w workshop, remote string, names map[string]string) {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(w.dir, "key.pub"))
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"#v2", "?ref=v2&keep-git-dir=1"} {
		m, err := r.Metadata(t.Context(), policy.Question{Source: gitSource(t, remote+ref), Needs: []string{"git.commit"}})
		if err != nil {
			t.Fatal(err)
		}
		if m.Git.Ref != "refs/tags/v2" || m.Git.Checksum != names["v2"] || m.Git.CommitChecksum != names["v2^{commit}"] {
			t.Errorf("%+v", m.Git)
		}
		for id, raw := range map[string][]byte{m.Git.Checksum: m.Git.TagObject, m.Git.CommitChecksum: m.Git.CommitObject} {
			obj, err := gitobject.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(obj.VerifyChecksum(id), gitsign.VerifySignature(obj, key, nil)); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		}
	}
	m, err := r.Metadata(t.Context(), policy.Question{Source: gitSource(t, remote+"#"+names["main"]), Needs: []string{"git.commit"}})
	if err != nil || len(m.Git.CommitObject) == 0 || m.Git.TagObject != nil || m.Git.CommitChecksum != "" {
		t.Errorf("%+v, %v", m, err)
	}
	m, err = r.Metadata(t.Context(), policy.Question{Source: gitSource(t, remote+"#v2"), Needs: []string{"git.isAnnotatedTag"}})
	if err != nil || m.Git.CommitObject != nil || m.Git.CommitChecksum != names["v2^{commit}"] {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestGitExists(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t, "git", "ssh-keygen")
	names := w.repository("sha1")
	host, o := serveGit(t, w, nil)
	r := resolve.New(o)
	defer r.Close()
	remote := "https://" + host + "/app.git"
	if err := r.Exists(t.Context(), gitSource(t, remote+"?checksum="+names["main"]+"&ref=main")); err != nil {
		t.Error(err)
	}
	gone := strings.Repeat("ab", 20)
	if err := r.Exists(t.Context(), gitSource(t, remote+"#"+gone)); !errors.Is(err, resolve.ErrNotFound) || !strings.Contains(err.Error(), "the repository has no commit "+gone) {
		t.Errorf("%v", err)
	}
}

// TestMovedBranch asks for a commit that the cache says a branch is at, after the
// branch moved on.
func TestMovedBranch(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t, "git", "ssh-keygen")
	names := w.repository("sha1")
	host, o := serveGit(t, w, nil)
	o.CacheDir = t.TempDir()
	src := gitSource(t, "https://"+host+"/app.git#main")
	before := resolve.New(o)
	defer before.Close()
	if pin, err := before.Pin(t.Context(), src, ""); err != nil || pin.Commit != names["main"] {
		t.Fatalf("%+v, %v", pin, err)
	}
	w.run("git", "-C", "app.git", "commit", "--quiet", "--allow-empty", "-m", "third")
	moved := w.run("git", "-C", "app.git", "rev-parse", "main")
	after := resolve.New(o)
	defer after.Close()
	m, err := after.Metadata(t.Context(), policy.Question{Source: src, Needs: []string{"git.commit"}})
	if err != nil || m.Git.Checksum != names["main"] || !bytes.Contains(m.Git.CommitObject, []byte("second")) {
		t.Errorf("%+v, %v", m, err)
	}
	o.TagTTL = -1
	fresh := resolve.New(o)
	defer fresh.Close()
	if pin, err := fresh.Pin(t.Context(), src, ""); err != nil || pin.Commit != moved {
		t.Errorf("%+v, %v; want %s", pin, err, moved)
	}
}

func TestGitFaults(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t, "git", "ssh-keygen")
	names := w.repository("sha1")
	host, o := serveGit(t, w, func(rw http.ResponseWriter, req *http.Request) bool {
		switch {
		case strings.HasPrefix(req.URL.Path, "/moved.git"):
			http.Redirect(rw, req, "/app.git"+strings.TrimPrefix(req.URL.Path, "/moved.git")+"?"+req.URL.RawQuery, http.StatusMovedPermanently)
		case strings.HasPrefix(req.URL.Path, "/away.git"):
			http.Redirect(rw, req, "https://10.9.8.7/app.git/info/refs?service=git-upload-pack", http.StatusFound)
		case strings.HasPrefix(req.URL.Path, "/lost.git"):
			http.Redirect(rw, req, "/login?token=x", http.StatusFound)
		case strings.HasPrefix(req.URL.Path, "/secret.git"):
			user, password, _ := req.BasicAuth()
			if user == "ada" && password == "secret" {
				req.URL.Path = strings.Replace(req.URL.Path, "/secret.git", "/app.git", 1)
				return false
			}
			rw.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			rw.WriteHeader(http.StatusUnauthorized)
		case req.URL.Path == "/login":
		case strings.HasPrefix(req.URL.Path, "/login.git"):
			rw.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			rw.WriteHeader(http.StatusUnauthorized)
		case strings.HasPrefix(req.URL.Path, "/busy.git"):
			rw.WriteHeader(http.StatusTooManyRequests)
		case strings.HasPrefix(req.URL.Path, "/broken.git"):
			rw.WriteHeader(http.StatusBadGateway)
		case strings.HasPrefix(req.URL.Path, "/slow.git"):
			select {
			case <-req.Context().Done():
			case <-time.After(5 * time.Second):
			}
		default:
			return false
		}
		return true
	})
	down := freeAddress(t)
	o.AllowPrivate = append(o.AllowPrivate, down)
	r := resolve.New(o)
	t.Cleanup(r.Close)
	impatient := o
	impatient.Timeout = 700 * time.Millisecond
	hasty := resolve.New(impatient)
	t.Cleanup(hasty.Close)
	for _, tt := range []struct {
		remote string
		kind   error
		text   string
	}{
		{"https://" + host + "/none.git", resolve.ErrNotFound, "not found"},
		{"https://" + host + "/away.git", resolve.ErrPrivateAddress, "--allow-private 10.9.8.7:443"},
		{"https://" + host + "/lost.git", resolve.ErrUnsupported, "it redirects to https://" + host + "/login, which is no repository"},
		{"https://ada:hunter2@" + host + "/login.git", resolve.ErrUnauthorized, "***@" + host},
		{"https://" + host + "/login.git", resolve.ErrUnauthorized, "git: "},
		{"https://" + host + "/busy.git", resolve.ErrRateLimited, "429"},
		{"https://" + host + "/broken.git", resolve.ErrUnavailable, "502"},
		{"https://" + host + "/slow.git", resolve.ErrTimeout, "git did not end within 700ms"},
		{"https://" + down + "/app.git", resolve.ErrUnavailable, "Failed to connect"},
		{"http://" + host + "/app.git", resolve.ErrPlainHTTP, "--insecure-registry " + host},
		{"git://" + host + "/app.git", resolve.ErrPlainHTTP, "--insecure-registry " + host},
		{"https://localhost:1/app.git", resolve.ErrPrivateAddress, "--allow-private localhost:1"},
		{"ssh://git@127.0.0.1:1/app.git", resolve.ErrPrivateAddress, "--allow-private 127.0.0.1:1"},
		{"git@localhost:app.git", resolve.ErrPrivateAddress, "--allow-private localhost:22"},
	} {
		t.Run(tt.remote, func(t *testing.T) {
			t.Parallel()
			r := r
			if tt.kind == resolve.ErrTimeout {
				r = hasty
			}
			pin, err := r.Pin(t.Context(), gitSource(t, tt.remote+"#v1"), "")
			if !errors.Is(err, tt.kind) || pin != (resolve.Pin{}) {
				t.Fatalf("%+v, %v; want %v", pin, err, tt.kind)
			}
			if !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), ".git#v1") {
				t.Errorf("error %q does not say %q", err, tt.text)
			}
		})
	}
	if pin, err := r.Pin(t.Context(), gitSource(t, "https://"+host+"/moved.git#v1"), ""); err != nil || pin.Commit != names["v1^{commit}"] {
		t.Errorf("a repository that moved: %+v, %v", pin, err)
	}
	// The user's settings give credentials, and lead nowhere else.
	o.Environ = append(o.Environ, "GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=credential.helper", "GIT_CONFIG_VALUE_0=!echo username=ada; echo password=secret #",
		"GIT_CONFIG_KEY_1=url.ssh://git@other.example/.insteadOf", "GIT_CONFIG_VALUE_1=https://")
	known := resolve.New(o)
	defer known.Close()
	if pin, err := known.Pin(t.Context(), gitSource(t, "https://"+host+"/secret.git#v1"), ""); err != nil || pin.Commit != names["v1^{commit}"] {
		t.Errorf("with a credential helper: %+v, %v", pin, err)
	}
	o.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse("http://" + down) }
	proxied := resolve.New(o)
	defer proxied.Close()
	for remote, kind := range map[string]error{"https://10.0.0.1/app.git": resolve.ErrPrivateAddress, "https://git.example/app.git": resolve.ErrUnavailable} {
		if _, err := proxied.Pin(t.Context(), gitSource(t, remote), ""); !errors.Is(err, kind) {
			t.Errorf("%s by a proxy that is down: %v", remote, err)
		}
	}
	untrusted := resolve.New(resolve.Options{AllowPrivate: []string{host}, Environ: w.environ()})
	defer untrusted.Close()
	if _, err := untrusted.Pin(t.Context(), gitSource(t, "https://"+host+"/app.git#v1"), ""); !errors.Is(err, resolve.ErrTLS) {
		t.Errorf("%v, want %v", err, resolve.ErrTLS)
	}
}

// TestGitTransports asks for what would run a program or read files.
func TestGitTransports(t *testing.T) {
	t.Parallel()
	r := resolve.New(resolve.Options{})
	defer r.Close()
	for _, g := range []source.Git{
		{Remote: "ext::sh -c id", Scheme: "ext", Host: "x"},
		{Remote: "file:///etc", Scheme: "file", Host: ""},
		{Remote: "--upload-pack=id", Scheme: "https", Host: "example.com"},
		{Remote: "ssh://-oProxyCommand=id/x", Scheme: "ssh", Host: "-oProxyCommand=id"},
		{Remote: "ssh://a$(id)b/x", Scheme: "ssh", Host: "a$(id)b"},
		{Remote: "https://a'b/x", Scheme: "https", Host: "a'b"},
		{},
	} {
		if _, err := r.Pin(t.Context(), g, ""); !errors.Is(err, resolve.ErrUnsupported) && !errors.Is(err, resolve.ErrInvalid) {
			t.Errorf("%+v: %v", g, err)
		}
	}
}

// TestGitDaemon asks a server of git's own protocol, and finds that git is told
// the address.
func TestGitDaemon(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t, "git", "ssh-keygen")
	names := w.repository("sha1")
	address := freeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "git", "daemon", "--reuseaddr", "--export-all", "--listen=127.0.0.1", "--port="+port, "--base-path="+w.dir)
	cmd.Env = w.environ()
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	waitFor(t, address)
	r := resolve.New(resolve.Options{Insecure: []string{address}, Environ: w.environ()})
	defer r.Close()
	m, err := r.Metadata(t.Context(), policy.Question{Source: gitSource(t, "git://"+address+"/app.git#v2"), Needs: []string{"git.tag"}})
	if err != nil || m.Git.CommitChecksum != names["v2^{commit}"] || len(m.Git.TagObject) == 0 {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestGitOverSSH runs a command in the place of ssh that reaches the repository
// only if it was told the address, and whose key to expect.
func TestGitOverSSH(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t, "git", "ssh-keygen")
	names := w.repository("sha1")
	script := filepath.Join(w.dir, "fake-ssh")
	text := `#!/bin/sh
case " $* " in
*" -o BatchMode=yes "*" -o HostName="127.0.0.1" -o HostKeyAlias=[localhost]:2222 "*) ;;
*" -o BatchMode=yes "*" -o HostName="::1" -o HostKeyAlias=[localhost]:2222 "*) ;;
*) echo "ssh: $*" >&2; exit 255;;
esac
exec git-upload-pack "` + w.dir + `/app.git"
`
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	environ := append(w.environ(), "GIT_SSH_COMMAND="+script, "GIT_DIR=/nowhere", "GIT_TRACE=2", "GIT_EXTERNAL_DIFF=id")
	r := resolve.New(resolve.Options{AllowPrivate: []string{"localhost:2222"}, Environ: environ})
	defer r.Close()
	m, err := r.Metadata(t.Context(), policy.Question{Source: gitSource(t, "ssh://git@localhost:2222/app.git#v1"), Needs: []string{"git.commit"}})
	if err != nil || m.Git.CommitChecksum != names["v1^{commit}"] {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestConfigOfFolder: what git is told by a repository that it stands in, such as
// the linted one, does not count. It could name programs to run.
func TestConfigOfFolder(t *testing.T) {
	w := newWorkshop(t, "git")
	host, o := serveGit(t, w, func(rw http.ResponseWriter, _ *http.Request) bool {
		rw.Header().Set("WWW-Authenticate", "Basic")
		rw.WriteHeader(http.StatusUnauthorized)
		return true
	})
	w.run("git", "init", "--quiet", "linted")
	ran := filepath.Join(w.dir, "ran")
	w.run("git", "-C", "linted", "config", "credential.helper", "!touch "+ran+"; echo username=a; echo password=b")
	t.Chdir(filepath.Join(w.dir, "linted"))
	r := resolve.New(o)
	defer r.Close()
	if _, err := r.Pin(t.Context(), gitSource(t, "https://"+host+"/app.git#main"), ""); !errors.Is(err, resolve.ErrUnauthorized) {
		t.Errorf("error is %v", err)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("a program of the linted repository was run")
	}
}
