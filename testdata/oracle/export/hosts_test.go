package export

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/remotes"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/core/remotes/docker/config"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/opencontainers/go-digest"

	"github.com/imgpolicy/imgpolicy/lint/export/exporttest"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// manifest is what each image of the registry is.
const manifest = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}`

// serve starts a registry on loopback with the images of some paths.
func serve(t *testing.T, images ...string) (host string, roots *x509.CertPool) {
	t.Helper()
	h := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	for _, at := range images {
		name, tag, _ := strings.Cut(at, ":")
		r := httptest.NewRequest(http.MethodPut, "/v2/"+name+"/manifests/"+tag, strings.NewReader(manifest))
		r.Header.Set("Content-Type", "application/vnd.oci.image.index.v1+json")
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != http.StatusCreated {
			t.Fatalf("PUT %s: %d %s", at, w.Code, w.Body)
		}
	}
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return strings.TrimPrefix(s.URL, "https://"), roots
}

// resolver is containerd's, as Docker Engine and nerdctl set it up, with the
// exported files in its directory. It reaches no host but the registry.
func resolver(t *testing.T, files map[string][]byte, host string, roots *x509.CertPool) remotes.Resolver {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	options := config.HostOptions{
		HostDir:    config.HostDirFromRoot(filepath.Join(dir, "certs.d")),
		DefaultTLS: &tls.Config{RootCAs: roots},
		UpdateClient: func(c *http.Client) error {
			c.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				if address != host {
					t.Errorf("%s is asked", address)
					return nil, fmt.Errorf("%s is not the registry", address)
				}
				return (&net.Dialer{}).DialContext(ctx, network, address)
			}
			return nil
		},
	}
	return docker.NewResolver(docker.ResolverOptions{Hosts: config.ConfigureHosts(t.Context(), options)})
}

// TestHostsInContainerd has containerd pull by the exported files: public names
// come from the private registry alone, and other registries from nowhere.
func TestHostsInContainerd(t *testing.T) {
	t.Parallel()
	host, roots := serve(t, "approved/docker.io/library/alpine:3.20", "approved/docker.io/acme/tool:v1", "own/app:1")
	c := &catalog.Catalog{Registry: host + "/approved", Internal: []string{host + "/own"}}
	for _, ref := range []string{"docker.io/library/alpine:3.20", "docker.io/acme/tool:v1"} {
		name, tag, _ := strings.Cut(ref, ":")
		v := exporttest.Version(tag, ref, today())
		v.Private = c.PrivateName(name) + ":" + tag
		c.Put(catalog.Image{Name: name}, v)
	}
	files := map[string][]byte{}
	for name, f := range exported(t, exporttest.Of(c, today()), "hosts-toml") {
		files[name] = f.Data
	}
	r := resolver(t, files, host, roots)
	want := digest.FromString(manifest)
	for _, ref := range []string{
		"docker.io/library/alpine:3.20", "docker.io/acme/tool:v1", host + "/approved/docker.io/library/alpine:3.20", host + "/own/app:1",
		"docker.io/library/alpine@" + want.String(),
	} {
		name, desc, err := r.Resolve(t.Context(), ref)
		if err != nil || desc.Digest != want {
			t.Errorf("%s is %s, %v; want %s", ref, desc.Digest, err, want)
			continue
		}
		fetcher, err := r.Fetcher(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		body, err := fetcher.Fetch(t.Context(), desc)
		if err != nil {
			t.Errorf("fetching %s: %v", ref, err)
			continue
		}
		text, err := io.ReadAll(body)
		body.Close()
		if err != nil || string(text) != manifest {
			t.Errorf("%s is fetched as %q, %v", ref, text, err)
		}
	}
	for ref, says := range map[string]string{
		"docker.io/library/unheard:1":   "not found",
		"docker.io/library/alpine:3.19": "not found",
		"ghcr.io/acme/tool:v1":          "no resolve hosts",
		"localhost:5000/app:1":          "no resolve hosts",
	} {
		if _, _, err := r.Resolve(t.Context(), ref); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", ref, err, says)
		}
	}
}
