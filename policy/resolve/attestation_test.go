package resolve_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/policy"

	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

const statement = `{"predicateType":"https://slsa.dev/provenance/v1","predicate":{"buildDefinition":{"buildType":"t"},"runDetails":{"builder":{"id":"b"}}}}`

// attest puts attestations of an image as BuildKit does, and is what the index
// must have for them.
func (d depot) attest(repo string, of ocispecs.Descriptor) ocispecs.Descriptor {
	d.t.Helper()
	empty := []byte("{}")
	config := d.put("/v2/"+repo+"/blobs/DIGEST", "application/octet-stream", empty)
	sbom := d.put("/v2/"+repo+"/blobs/DIGEST", "application/octet-stream", []byte(`{"predicateType":"https://spdx.dev/Document"}`))
	slsa := d.put("/v2/"+repo+"/blobs/DIGEST", "application/octet-stream", []byte(statement))
	m := ocispecs.Manifest{MediaType: ocispecs.MediaTypeImageManifest, Config: ocispecs.Descriptor{MediaType: ocispecs.MediaTypeImageConfig, Digest: config, Size: int64(len(empty))}}
	m.SchemaVersion = 2
	for d, kind := range map[digest.Digest]string{sbom: "https://spdx.dev/Document", slsa: "https://slsa.dev/provenance/v1"} {
		m.Layers = append(m.Layers, ocispecs.Descriptor{MediaType: "application/vnd.in-toto+json", Digest: d, Annotations: map[string]string{"in-toto.io/predicate-type": kind}})
	}
	body := encode(d.t, m)
	return ocispecs.Descriptor{
		MediaType: m.MediaType, Digest: d.put("/v2/"+repo+"/manifests/DIGEST", m.MediaType, body), Size: int64(len(body)),
		Platform:    &ocispecs.Platform{OS: "unknown", Architecture: "unknown"},
		Annotations: map[string]string{"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": of.Digest.String()},
	}
}

// sign puts a manifest that refers to another as a signature does.
func (d depot) sign(repo string, of ocispecs.Descriptor) digest.Digest {
	d.t.Helper()
	empty := d.put("/v2/"+repo+"/blobs/DIGEST", "application/octet-stream", []byte("{}"))
	m := ocispecs.Manifest{
		MediaType: ocispecs.MediaTypeImageManifest, ArtifactType: "application/vnd.dev.sigstore.bundle.v0.3+json",
		// The registry of the tests takes the type from the config.
		Config:  ocispecs.Descriptor{MediaType: "application/vnd.dev.sigstore.bundle.v0.3+json", Digest: empty, Size: 2},
		Subject: &ocispecs.Descriptor{MediaType: of.MediaType, Digest: of.Digest, Size: of.Size}, Layers: []ocispecs.Descriptor{},
	}
	m.SchemaVersion = 2
	return d.put("/v2/"+repo+"/manifests/DIGEST", m.MediaType, encode(d.t, m))
}

// TestAttestations asks for what BuildKit answers to each request of Buildx.
func TestAttestations(t *testing.T) {
	t.Parallel()
	h := newRegistry()
	d := depot{t, h}
	amd, arm := d.image("app", "linux/amd64", "core"), d.image("app", "linux/arm64", "edge")
	attested := d.attest("app", amd)
	index := d.index("app", "1", amd, arm, attested)
	signature := d.sign("app", attested)
	host, roots := serve(t, h)
	r := resolve.New(options(host, roots))
	defer r.Close()
	for _, tt := range []struct {
		needs, platform              string
		config, chain, attested, has bool
	}{
		{"image.checksum", "linux/amd64", true, false, false, false},
		{"image.labels,image.user", "linux/amd64", true, false, false, false},
		{"image.hasProvenance", "linux/amd64", false, true, true, false},
		{"image.hasProvenance", "linux/arm64", false, true, false, false},
		{"image.signatures", "linux/arm64", false, true, false, false},
		{"image.provenance", "linux/amd64", false, true, true, true},
		{"image.hasProvenance,image.labels", "linux/amd64", true, true, true, false},
	} {
		q := policy.Question{Source: image(t, host+"/app:1"), Platform: tt.platform, Needs: strings.Split(tt.needs, ",")}
		m, err := r.Metadata(t.Context(), q)
		if err != nil {
			t.Errorf("%s: %v", tt.needs, err)
			continue
		}
		i := m.Image
		if i.Digest != index.String() || (i.Config != nil) != tt.config || i.HasChain != tt.chain || (i.AttestationManifest == attested.Digest.String()) != tt.attested || (string(i.Provenance) == statement) != tt.has {
			t.Errorf("%s for %s: %+v", tt.needs, tt.platform, i)
		}
	}
	q := policy.Question{Source: image(t, host+"/app:1"), Platform: "linux/amd64", Needs: []string{"image.signatures"}}
	if _, err := r.Metadata(t.Context(), q); !errors.Is(err, resolve.ErrUnsupported) {
		t.Errorf("signatures that nobody verifies: %v", err)
	}
	o := options(host, roots)
	o.VerifyImage = func(ctx context.Context, s resolve.Signed) ([]map[string]any, error) {
		body, err := s.ReadManifest(ctx, signature)
		if err != nil || digest.FromBytes(body) != signature || s.Signature.Digest != signature {
			t.Errorf("%s, %v, %v", body, s.Signature, err)
		}
		if s.Hardened || s.Attestation.Digest != attested.Digest || s.Manifest.Digest != amd.Digest {
			t.Errorf("%+v", s)
		}
		return []map[string]any{{"kind": "self-signed"}}, nil
	}
	verified := resolve.New(o)
	defer verified.Close()
	if m, err := verified.Metadata(t.Context(), q); err != nil || len(m.Image.Signatures) != 1 {
		t.Errorf("%+v, %v", m, err)
	}
	q.Needs = []string{"image.provenance.materials[0].image.labels"}
	if _, err := r.Metadata(t.Context(), q); !errors.Is(err, resolve.ErrUnsupported) {
		t.Errorf("materials: %v", err)
	}
}

// TestExists deletes an image that a Dockerfile is pinned to.
func TestExists(t *testing.T) {
	t.Parallel()
	h := newRegistry()
	d := depot{t, h}
	index := d.index("app", "1", d.image("app", "linux/amd64", "core"))
	host, roots := serve(t, h)
	o := options(host, roots)
	o.CacheDir = t.TempDir()
	r := resolve.New(o)
	defer r.Close()
	pinned := image(t, host+"/app:1@"+index.String())
	if _, err := r.Metadata(t.Context(), policy.Question{Source: pinned, Platform: "linux/amd64", Needs: []string{"image.user"}}); err != nil {
		t.Fatal(err)
	}
	if err := r.Exists(t.Context(), pinned); err != nil {
		t.Fatal(err)
	}
	// The tag moves, and is what Pin looks up.
	moved := d.index("app", "1", d.image("app", "linux/amd64", "new"))
	if pin, err := r.Pin(t.Context(), pinned, ""); err != nil || pin.Digest != moved.String() {
		t.Errorf("%+v, %v; want %s", pin, err, moved)
	}
	gone := image(t, host+"/app:1@"+digest.FromString("gone").String())
	if err := r.Exists(t.Context(), gone); !errors.Is(err, resolve.ErrNotFound) {
		t.Errorf("%v, want %v", err, resolve.ErrNotFound)
	}
}

// TestDebianRegistry asks the registry that most people run.
func TestDebianRegistry(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("docker-registry")
	if err != nil {
		t.Skip("docker-registry is not installed (apt-get install docker-registry)")
	}
	dir := t.TempDir()
	host := freeAddress(t)
	config := "version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: " + dir + "}}\nhttp: {addr: '" + host + "'}\n"
	if err := os.WriteFile(filepath.Join(dir, "config.yml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "serve", filepath.Join(dir, "config.yml"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	waitFor(t, host)
	base, _ := url.Parse("http://" + host)
	d := depot{t, remoteHandler{base}}
	amd := d.image("app", "linux/amd64", "core")
	attested := d.attest("app", amd)
	index := d.index("app", "1", amd, attested)
	r := resolve.New(resolve.Options{Insecure: []string{host}, Timeout: 5 * time.Second})
	defer r.Close()
	q := policy.Question{Source: image(t, host+"/app:1"), Platform: "linux/amd64", Needs: []string{"image.labels", "image.provenance", "image.signatures"}}
	m, err := r.Metadata(t.Context(), q)
	if err != nil || m.Image.Digest != index.String() || string(m.Image.Provenance) != statement {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := r.Pin(t.Context(), image(t, host+"/app:2"), ""); !errors.Is(err, resolve.ErrNotFound) || !strings.Contains(err.Error(), "MANIFEST_UNKNOWN") {
		t.Errorf("%v, want %v", err, resolve.ErrNotFound)
	}
}

// remoteHandler sends the requests of a depot to a registry elsewhere. Blobs go
// there in two steps.
type remoteHandler struct{ base *url.URL }

func (h remoteHandler) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	send := func(method, to string, body *http.Request) *http.Response {
		out, err := http.NewRequestWithContext(req.Context(), method, to, body.Body)
		if err != nil {
			panic(err)
		}
		out.Header.Set("Content-Type", req.Header.Get("Content-Type"))
		out.ContentLength = body.ContentLength
		resp, err := http.DefaultClient.Do(out)
		if err != nil {
			panic(err)
		}
		resp.Body.Close()
		return resp
	}
	to := h.base.ResolveReference(req.URL)
	if req.Method != http.MethodPost {
		w.WriteHeader(send(req.Method, to.String(), req).StatusCode)
		return
	}
	begin := *to
	begin.RawQuery = ""
	resp := send(http.MethodPost, begin.String(), &http.Request{})
	upload, err := resp.Location()
	if err != nil {
		panic(err)
	}
	q := upload.Query()
	q.Set("digest", req.URL.Query().Get("digest"))
	upload.RawQuery = q.Encode()
	w.WriteHeader(send(http.MethodPut, upload.String(), req).StatusCode)
}
