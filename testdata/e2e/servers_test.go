package e2e

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
)

// hosts are servers on loopback, as HOST:PORT.
type hosts struct {
	// registry and web have a certificate that ca, a file, vouches for; plain is a
	// registry without TLS. web has files and git repositories; both has the same,
	// with TLS and without.
	registry, plain, web, both string
	ca                         string
}

// fileText is what web serves as /files/data.txt.
const fileText = "a file of a server\n"

// serve starts the servers.
func serve(t *testing.T) hosts {
	t.Helper()
	quiet := log.New(io.Discard, "", 0)
	start := func(h http.Handler, tls bool) *httptest.Server {
		s := httptest.NewUnstartedServer(h)
		s.Config.ErrorLog = quiet
		if tls {
			s.StartTLS()
		} else {
			s.Start()
		}
		t.Cleanup(s.Close)
		return s
	}
	web := http.NewServeMux()
	web.HandleFunc("GET /files/data.txt", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, fileText) })
	web.Handle("/git/", http.StripPrefix("/git", gitServer(t)))
	files := start(web, true)
	both := httptest.NewUnstartedServer(web)
	both.Config.ErrorLog = quiet
	both.Listener = either{both.Listener, &tls.Config{Certificates: files.TLS.Certificates}}
	both.Start()
	t.Cleanup(both.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	// The servers of httptest share a certificate, which is its own authority.
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: files.Certificate().Raw}), 0o644); err != nil {
		t.Fatal(err)
	}
	return hosts{
		registry: start(registry.New(registry.Logger(quiet)), true).Listener.Addr().String(),
		plain:    start(registry.New(registry.Logger(quiet)), false).Listener.Addr().String(),
		web:      files.Listener.Addr().String(), both: both.Listener.Addr().String(), ca: ca,
	}
}

// gitServer serves a repository, lib.git, that has two tags and a branch.
func gitServer(t *testing.T) http.Handler {
	t.Helper()
	root := t.TempDir()
	work := filepath.Join(root, "work")
	env := []string{
		"HOME=" + root, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com",
	}
	git := func(args ...string) string {
		t.Helper()
		return strings.TrimSpace(mustRun(t, command{dir: root, args: append([]string{"git"}, args...), env: env}))
	}
	git("init", "--quiet", "--initial-branch=main", work)
	for _, tag := range []string{"v1.0", "v2.0"} {
		if err := os.MkdirAll(filepath.Join(work, "docs"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(work, "docs", "version"), []byte(tag+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		git("-C", work, "add", ".")
		git("-C", work, "commit", "--quiet", "-m", tag)
		git("-C", work, "tag", "-a", "-m", tag, tag)
	}
	git("clone", "--quiet", "--bare", work, filepath.Join(root, "lib.git"))
	backend := filepath.Join(git("--exec-path"), "git-http-backend")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := cgi.Handler{
			Path: backend, InheritEnv: []string{"PATH"}, Stderr: io.Discard,
			Env: append([]string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "GIT_PROTOCOL=" + r.Header.Get("Git-Protocol")}, env...),
		}
		h.ServeHTTP(w, r)
	})
}
