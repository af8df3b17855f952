package authz

import (
	"archive/tar"
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// images is a registry on loopback that knows what it was asked for.
type images struct {
	host    string // HOST:PORT
	digests map[string]string
	archive string // of other:1, as docker save makes it

	mu    sync.Mutex
	asked []string
}

// serveImages serves ok:1, ok:2, bad:1 and other:1, each of a content of its own.
func serveImages(t *testing.T) *images {
	t.Helper()
	h := &images{digests: map[string]string{}}
	of := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			h.mu.Lock()
			h.asked = append(h.asked, r.URL.Path)
			h.mu.Unlock()
		}
		of.ServeHTTP(w, r)
	}))
	// The daemon takes a registry without TLS on 127.0.0.0/8 alone.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	h.host = listener.Addr().String()
	for _, image := range []string{"ok:1", "ok:2", "bad:1", "other:1"} {
		ref, err := name.NewTag(h.host+"/"+image, name.Insecure)
		if err != nil {
			t.Fatal(err)
		}
		img := small(t, image)
		if err := remote.Write(ref, img); err != nil {
			t.Fatal(err)
		}
		digest, err := img.Digest()
		if err != nil {
			t.Fatal(err)
		}
		h.digests[image] = digest.String()
		if image == "other:1" {
			h.archive = filepath.Join(t.TempDir(), "other.tar")
			if err := tarball.WriteToFile(h.archive, ref, img); err != nil {
				t.Fatal(err)
			}
		}
	}
	return h
}

// small is an image with one file.
func small(t *testing.T, text string) v1.Image {
	t.Helper()
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	if err := w.WriteHeader(&tar.Header{Name: "name", Mode: 0o644, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(layer.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, l)
	if err != nil {
		t.Fatal(err)
	}
	img, err = mutate.ConfigFile(img, &v1.ConfigFile{Architecture: "amd64", OS: "linux", Config: v1.Config{Cmd: []string{"/name"}}, RootFS: mustConfig(t, img).RootFS})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func mustConfig(t *testing.T, img v1.Image) *v1.ConfigFile {
	t.Helper()
	c, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// forget drops what was asked so far.
func (h *images) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = nil
}

// fetched are the manifests of a repository that the registry was asked for.
func (h *images) fetched(repository string) (out []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, path := range h.asked {
		if strings.HasPrefix(path, "/v2/"+repository+"/manifests/") || strings.HasPrefix(path, "/v2/"+repository+"/blobs/") {
			out = append(out, path)
		}
	}
	return out
}

// policy allows ok and names bad.
func (h *images) policy() string {
	host := strings.ReplaceAll(h.host, ".", `\\.`)
	return `{"whitelist": ["^` + host + `/ok:"], "blacklist": ["^` + host + `/bad:"], "defaultAllow": false}`
}

// dockerfile is a build that fetches an image and nothing else, in a directory.
func dockerfile(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM "+from+"\nLABEL built=yes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
