package resolve_test

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/policy"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

// serve serves over TLS on loopback and is the host, and the certificates that
// trust it.
func serve(t *testing.T, h http.Handler) (host string, roots *x509.CertPool) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return strings.TrimPrefix(s.URL, "https://"), roots
}

// options are quick ones, for a host on loopback.
func options(host string, roots *x509.CertPool) resolve.Options {
	return resolve.Options{
		AllowPrivate: []string{host}, RootCAs: roots, Timeout: 10 * time.Second, Backoff: time.Millisecond, MaxWait: 50 * time.Millisecond,
	}
}

func newRegistry() http.Handler {
	return registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(true))
}

// depot fills a registry through its own protocol.
type depot struct {
	t *testing.T
	h http.Handler
}

func (d depot) put(path, mediaType string, body []byte) digest.Digest {
	d.t.Helper()
	sum := digest.FromBytes(body)
	path = strings.ReplaceAll(path, "DIGEST", sum.String())
	req := httptest.NewRequest(http.MethodPut, path, strings.NewReader(string(body)))
	if strings.Contains(path, "/blobs/") {
		repo, _, _ := strings.Cut(strings.TrimPrefix(path, "/v2/"), "/blobs/")
		req = httptest.NewRequest(http.MethodPost, "/v2/"+repo+"/blobs/uploads/?digest="+sum.String(), strings.NewReader(string(body)))
	}
	req.Header.Set("Content-Type", mediaType)
	w := httptest.NewRecorder()
	d.h.ServeHTTP(w, req)
	if w.Code != http.StatusCreated {
		d.t.Fatalf("PUT %s: %d %s", path, w.Code, w.Body)
	}
	return sum
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// image puts an image with a label and is the descriptor of its manifest.
func (d depot) image(repo, platform, label string) ocispecs.Descriptor {
	d.t.Helper()
	config := []byte(`{"architecture":"amd64","os":"linux","config":{"User":"65532","Labels":{"team":"` + label + `"}},"rootfs":{"type":"layers","diff_ids":[]}}`)
	c := d.put("/v2/"+repo+"/blobs/DIGEST", "application/octet-stream", config)
	m := ocispecs.Manifest{MediaType: ocispecs.MediaTypeImageManifest, Config: ocispecs.Descriptor{MediaType: ocispecs.MediaTypeImageConfig, Digest: c, Size: int64(len(config))}, Layers: []ocispecs.Descriptor{}}
	m.SchemaVersion = 2
	body := encode(d.t, m)
	sum := d.put("/v2/"+repo+"/manifests/DIGEST", m.MediaType, body)
	os, arch, _ := strings.Cut(platform, "/")
	return ocispecs.Descriptor{MediaType: m.MediaType, Digest: sum, Size: int64(len(body)), Platform: &ocispecs.Platform{OS: os, Architecture: arch}}
}

// index puts an index under a tag.
func (d depot) index(repo, tag string, manifests ...ocispecs.Descriptor) digest.Digest {
	d.t.Helper()
	i := ocispecs.Index{MediaType: ocispecs.MediaTypeImageIndex, Manifests: manifests}
	i.SchemaVersion = 2
	body := encode(d.t, i)
	return d.put("/v2/"+repo+"/manifests/"+tag, i.MediaType, body)
}

func image(t *testing.T, ref string) source.Image {
	t.Helper()
	img, err := source.ParseImage(ref)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestImage(t *testing.T) {
	t.Parallel()
	h := newRegistry()
	d := depot{t, h}
	amd, arm := d.image("app", "linux/amd64", "core"), d.image("app", "linux/arm64", "edge")
	index := d.index("app", "1", amd, arm)
	host, roots := serve(t, h)
	r := resolve.New(options(host, roots))
	defer r.Close()
	src := image(t, host+"/app:1")
	m, err := r.Metadata(t.Context(), policy.Question{Source: src, Platform: "linux/arm64", Needs: []string{"image.labels"}})
	if err != nil {
		t.Fatal(err)
	}
	if m.Image.Digest != index.String() || !strings.Contains(string(m.Image.Config), `"team":"edge"`) || m.Image.HasChain {
		t.Errorf("%+v", m.Image)
	}
	pin, err := r.Pin(t.Context(), src, "linux/amd64")
	if want := (resolve.Pin{Digest: index.String(), Manifest: amd.Digest.String()}); err != nil || pin != want {
		t.Errorf("Pin = %+v, %v; want %+v", pin, err, want)
	}
	for ref, want := range map[string]error{"/app:2": resolve.ErrNotFound, "/none:1": resolve.ErrNotFound} {
		if _, err := r.Pin(t.Context(), image(t, host+ref), ""); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", ref, err, want)
		}
	}
	if _, err := r.Pin(t.Context(), src, "windows/amd64"); !errors.Is(err, resolve.ErrNoPlatform) {
		t.Errorf("windows: %v", err)
	}
}
