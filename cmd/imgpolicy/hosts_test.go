package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	ggcr "github.com/google/go-containerregistry/pkg/registry"
)

// hosts are a registry, a web server and git repositories on loopback, under
// names of the internet: a proxy leads all of them here. On one port they speak
// TLS, with a certificate of a test's own authority, and plain HTTP.
type hosts struct {
	t        *testing.T
	dir      string // of the repositories and of the authority's certificate
	address  string // 127.0.0.1:port
	ca       string
	registry http.Handler
	git      *cgi.Handler
	// fault answers in the place of the hosts where it returns true.
	fault    atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
	requests atomic.Int32
}

// hostNames are what the certificate is for.
var hostNames = []string{"index.docker.io", "ghcr.io", "registry.corp.example", "example.com", "github.com", "localhost"}

func newHosts(t *testing.T) *hosts {
	t.Helper()
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("SSL_CERT_FILE does not say whom to trust here")
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed: no real repository can be asked")
	}
	h := &hosts{t: t, dir: t.TempDir(), registry: ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))}
	path, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	h.git = &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(path)), "git-http-backend"), Stderr: io.Discard, InheritEnv: []string{"PATH"},
		Env: []string{"GIT_PROJECT_ROOT=" + h.dir, "GIT_HTTP_EXPORT_ALL=1", "HOME=" + h.dir, "GIT_CONFIG_NOSYSTEM=1"},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.address = l.Addr().String()
	server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	config := &tls.Config{Certificates: []tls.Certificate{h.certificate()}, MinVersion: tls.VersionTLS12}
	both := &bothWays{l, config, make(chan net.Conn, 1000)}
	go both.listen()
	go func() { _ = server.Serve(both) }()
	t.Cleanup(func() { server.Close() })
	return h
}

// certificate makes an authority, whose certificate goes into a file, and is one
// that it gives the hosts.
func (h *hosts) certificate() tls.Certificate {
	h.t.Helper()
	template := func(serial int64) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "imgpolicy tests"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
			BasicConstraintsValid: true, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
	}
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			h.t.Fatal(err)
		}
		return k
	}
	sign := func(c, parent *x509.Certificate, of, by *ecdsa.PrivateKey) []byte {
		der, err := x509.CreateCertificate(rand.Reader, c, parent, &of.PublicKey, by)
		if err != nil {
			h.t.Fatal(err)
		}
		return der
	}
	authority, leaf := template(1), template(2)
	authority.IsCA, authority.KeyUsage = true, x509.KeyUsageCertSign
	leaf.KeyUsage, leaf.DNSNames, leaf.IPAddresses = x509.KeyUsageDigitalSignature, hostNames, []net.IP{net.IPv4(127, 0, 0, 1)}
	caKey, leafKey := key(), key()
	der := sign(authority, authority, caKey, caKey)
	h.ca = filepath.Join(h.dir, "ca.pem")
	write(h.t, h.dir, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	return tls.Certificate{Certificate: [][]byte{sign(leaf, authority, leafKey, caKey)}, PrivateKey: leafKey}
}

// ServeHTTP is the proxy, for what is asked through it, and every host.
func (h *hosts) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method == http.MethodConnect {
		h.tunnel(w)
		return
	}
	h.requests.Add(1)
	if fault := h.fault.Load(); fault != nil && (*fault)(w, req) {
		return
	}
	switch {
	case strings.HasPrefix(req.URL.Path, "/v2/"):
		h.registry.ServeHTTP(w, req)
	case strings.HasPrefix(req.URL.Path, "/team/"):
		backend := *h.git
		backend.Env = append(backend.Env[:len(backend.Env):len(backend.Env)], "GIT_PROTOCOL="+req.Header.Get("Git-Protocol"))
		backend.ServeHTTP(w, req)
	default:
		fmt.Fprintf(w, "this is %s\n", req.URL.Path)
	}
}

func (h *hosts) tunnel(w http.ResponseWriter) {
	there, err := net.Dial("tcp", h.address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer there.Close()
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	fmt.Fprint(here, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(there, here); there.Close() }()
	_, _ = io.Copy(here, there)
}

// bothWays speaks TLS with who begins with that, and plain HTTP with others.
type bothWays struct {
	net.Listener
	config *tls.Config
	begun  chan net.Conn
}

func (b *bothWays) Accept() (net.Conn, error) {
	c, ok := <-b.begun
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

// listen takes connections until the listener is closed.
func (b *bothWays) listen() {
	var waiting sync.WaitGroup
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			waiting.Wait()
			close(b.begun)
			return
		}
		waiting.Go(func() {
			var first [1]byte
			_ = c.SetReadDeadline(time.Now().Add(time.Minute))
			if _, err := io.ReadFull(c, first[:]); err != nil {
				c.Close()
				return
			}
			_ = c.SetReadDeadline(time.Time{})
			begun := net.Conn(&begunConn{c, bytes.NewReader(first[:])})
			if first[0] == 0x16 {
				begun = tls.Server(begun, b.config)
			}
			b.begun <- begun
		})
	}
}

// begunConn is a connection of which something was read already.
type begunConn struct {
	net.Conn
	begin *bytes.Reader
}

func (c *begunConn) Read(p []byte) (int, error) {
	if c.begin.Len() > 0 {
		return c.begin.Read(p)
	}
	return c.Conn.Read(p)
}

// put sends the registry something, and is its digest.
func (h *hosts) put(path, media, text string) string {
	h.t.Helper()
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text)))
	method := http.MethodPut
	if strings.HasSuffix(path, "/blobs/") {
		method, path = http.MethodPost, path+"uploads/?digest="+digest
	}
	req := httptest.NewRequest(method, "/v2/"+path, strings.NewReader(text))
	req.Header.Set("Content-Type", media)
	w := httptest.NewRecorder()
	h.registry.ServeHTTP(w, req)
	if w.Code != http.StatusCreated {
		h.t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return digest
}

const (
	indexMedia    = "application/vnd.oci.image.index.v1+json"
	manifestMedia = "application/vnd.oci.image.manifest.v1+json"
)

// image puts an image for two platforms under repo:tag and is the digest of its
// index. The label tells it apart.
func (h *hosts) image(repo, tag, label string) string {
	h.t.Helper()
	var manifests []string
	for _, arch := range []string{"amd64", "arm64"} {
		config := fmt.Sprintf(`{"architecture": %q, "os": "linux", "config": {"Labels": {"of": %q}}, "rootfs": {"type": "layers", "diff_ids": []}}`, arch, label)
		id := h.put(repo+"/blobs/", "application/octet-stream", config)
		text := fmt.Sprintf(`{"schemaVersion": 2, "mediaType": %q, "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": %d, "digest": %q}, "layers": []}`,
			manifestMedia, len(config), id)
		digest := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text)))
		h.put(repo+"/manifests/"+digest, manifestMedia, text)
		manifests = append(manifests, fmt.Sprintf(`{"mediaType": %q, "digest": %q, "size": %d, "platform": {"os": "linux", "architecture": %q}}`, manifestMedia, digest, len(text), arch))
	}
	return h.put(repo+"/manifests/"+tag, indexMedia, fmt.Sprintf(`{"schemaVersion": 2, "mediaType": %q, "manifests": [%s]}`, indexMedia, strings.Join(manifests, ", ")))
}

// gitIn runs git in the folder of the repositories.
func (h *hosts) gitIn(args ...string) string {
	h.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = h.dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + h.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Grace", "GIT_COMMITTER_EMAIL=grace@example.com",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		h.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// repository makes team/app.git, with a branch, an annotated and a light tag,
// and is the commits of its names.
func (h *hosts) repository() map[string]string {
	h.t.Helper()
	app := filepath.Join("team", "app.git")
	h.gitIn("init", "--quiet", "--initial-branch=main", app)
	h.gitIn("-C", app, "commit", "--quiet", "--allow-empty", "-m", "first")
	h.gitIn("-C", app, "tag", "-a", "-m", "the release", "v1.2.0")
	h.gitIn("-C", app, "tag", "light")
	h.gitIn("-C", app, "commit", "--quiet", "--allow-empty", "-m", "second")
	h.gitIn("-C", app, "branch", "release")
	h.gitIn("-C", app, "commit", "--quiet", "--allow-empty", "-m", "third")
	commits := map[string]string{}
	for _, name := range []string{"main", "release", "v1.2.0", "light"} {
		commits[name] = h.gitIn("-C", app, "rev-parse", name+"^{commit}")
	}
	return commits
}

// run runs the program as a process of its own that trusts the authority and
// asks through the proxy.
func (h *hosts) run(dir string, args ...string) (code int, stdout, stderr string) {
	return h.runWith(dir, nil, args...)
}

func (h *hosts) runWith(dir string, env []string, args ...string) (code int, stdout, stderr string) {
	h.t.Helper()
	cmd := h.command(dir, args...)
	cmd.Env = append(cmd.Env, env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		h.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func (h *hosts) command(dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(h.t.Context(), programName, args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + h.dir, "GORACE=atexit_sleep_ms=0", "SSL_CERT_FILE=" + h.ca,
		"HTTPS_PROXY=http://" + h.address, "HTTP_PROXY=http://" + h.address, "LC_ALL=C.UTF-8",
	}
	return cmd
}
