package resolve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

func httpGet(t *testing.T, h http.Handler, path string) []byte {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	return w.Body.Bytes()
}

func ref(t *testing.T, text string) source.Image {
	t.Helper()
	img, err := source.ParseReference(text)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// stocked fills a repository: an index of two platforms under the tag 1, an SBOM
// that refers to it, and a signature under the tag of cosign.
func stocked(t *testing.T, h http.Handler, repo string) (index digest.Digest, children [2]digest.Digest) {
	t.Helper()
	d := depot{t, h}
	base := "/v2/" + repo + "/"
	encode := func(v any) []byte {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	blob := func(text string) ocispecs.Descriptor {
		return ocispecs.Descriptor{MediaType: "application/octet-stream", Digest: d.put(base+"blobs/uploads/1?digest=DIGEST", "", []byte(text)), Size: int64(len(text))}
	}
	manifest := func(config, layer string, subject *ocispecs.Descriptor) ocispecs.Descriptor {
		m := ocispecs.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispecs.MediaTypeImageManifest, Config: blob(config), Layers: []ocispecs.Descriptor{blob(layer)}, Subject: subject}
		m.Config.MediaType = ocispecs.MediaTypeImageConfig
		body := encode(m)
		return ocispecs.Descriptor{MediaType: ocispecs.MediaTypeImageManifest, Digest: d.put(base+"manifests/DIGEST", ocispecs.MediaTypeImageManifest, body), Size: int64(len(body))}
	}
	top := ocispecs.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispecs.MediaTypeImageIndex}
	for i, arch := range []string{"amd64", "arm64"} {
		child := manifest(`{"os":"linux","architecture":"`+arch+`"}`, "layer for "+arch, nil)
		child.Platform = &ocispecs.Platform{OS: "linux", Architecture: arch}
		children[i] = child.Digest
		top.Manifests = append(top.Manifests, child)
	}
	body := encode(top)
	index = d.put(base+"manifests/1", ocispecs.MediaTypeImageIndex, body)
	subject := ocispecs.Descriptor{MediaType: ocispecs.MediaTypeImageIndex, Digest: index, Size: int64(len(body))}
	manifest("{}", "an SBOM", &subject)
	signature := encode(ocispecs.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispecs.MediaTypeImageManifest, Config: blob("{}"), Layers: []ocispecs.Descriptor{blob("a signature")}})
	d.put(base+"manifests/"+strings.Replace(index.String(), ":", "-", 1)+".sig", ocispecs.MediaTypeImageManifest, signature)
	return index, children
}

func TestDigestSet(t *testing.T) {
	t.Parallel()
	h := newRegistry()
	index, children := stocked(t, h, "o/r")
	host, roots := serve(t, h)
	r := resolve.New(options(host, roots))
	set, err := r.DigestSet(context.Background(), ref(t, host+"/o/r:1"))
	if err != nil {
		t.Fatal(err)
	}
	if set.Digest != index.String() || set.MediaType != ocispecs.MediaTypeImageIndex || len(set.Platforms) != 2 ||
		set.Platforms["linux/amd64"].Manifest != children[0].String() || set.Platforms["linux/arm64"].Config == "" {
		t.Errorf("the set is %+v", set)
	}
	one, err := r.DigestSet(context.Background(), ref(t, host+"/o/r@"+children[1].String()))
	if err != nil || one.Digest != children[1].String() || one.Platforms["linux/arm64"] != set.Platforms["linux/arm64"] {
		t.Errorf("the set of a manifest is %+v, %v", one, err)
	}
	tags, err := r.Tags(context.Background(), ref(t, host+"/o/r:1"))
	if err != nil || len(tags) != 2 || !slices.Contains(tags, "1") {
		t.Errorf("the tags are %v, %v", tags, err)
	}
	if _, err := r.DigestSet(context.Background(), ref(t, host+"/o/r:none")); !errors.Is(err, resolve.ErrNotFound) {
		t.Errorf("a tag that is not there: %v", err)
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	source, target := newRegistry(), newRegistry()
	index, children := stocked(t, source, "o/r")
	from, roots := serve(t, source)
	to, more := serve(t, target)
	o := options(from, roots)
	o.AllowPrivate = append(o.AllowPrivate, to)
	o.RootCAs = more // both servers of httptest have the same certificate
	r := resolve.New(o)
	ctx := context.Background()
	copied, err := r.Copy(ctx, ref(t, from+"/o/r@"+index.String()), ref(t, to+"/approved/r:1"))
	if err != nil {
		t.Fatal(err)
	}
	if copied.There || len(copied.Referrers) != 2 {
		t.Errorf("copied: %+v, want the SBOM and the signature", copied)
	}
	set, err := r.DigestSet(ctx, ref(t, to+"/approved/r:1"))
	if err != nil || set.Digest != index.String() || set.Platforms["linux/arm64"].Manifest != children[1].String() {
		t.Errorf("the copy is %+v, %v", set, err)
	}
	if tags, err := r.Tags(ctx, ref(t, to+"/approved/r:1")); err != nil || len(tags) != 2 {
		t.Errorf("the tags of the copy are %v, %v", tags, err)
	}
	resp := httpGet(t, target, "/v2/approved/r/referrers/"+index.String())
	if !bytes.Contains(resp, []byte(copied.Referrers[0])) {
		t.Errorf("the registry does not list the SBOM: %s", resp)
	}
	again, err := r.Copy(ctx, ref(t, from+"/o/r@"+index.String()), ref(t, to+"/approved/r:1"))
	if err != nil || !again.There {
		t.Errorf("again: %+v, %v", again, err)
	}
	_, err = r.Copy(ctx, ref(t, from+"/o/r@"+children[0].String()), ref(t, to+"/approved/r:1"))
	if !errors.Is(err, resolve.ErrTaken) || !strings.Contains(err.Error(), index.String()) || !strings.Contains(err.Error(), children[0].String()) {
		t.Errorf("over other content: %v", err)
	}
	if _, err := r.Copy(ctx, ref(t, from+"/o/r@"+children[0].String()), ref(t, from+"/o/other:2")); err != nil {
		t.Errorf("within one registry: %v", err)
	}
	if _, err := r.Copy(ctx, ref(t, from+"/o/r:1"), ref(t, to+"/approved/r:2")); err == nil {
		t.Error("a tag was copied")
	}
}

// TestCopyFaults breaks a copy: the tag never names half an image.
func TestCopyFaults(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func(w http.ResponseWriter, req *http.Request, next http.Handler){
		"other bytes": func(w http.ResponseWriter, req *http.Request, next http.Handler) {
			if req.Method == http.MethodGet && strings.Contains(req.URL.Path, "/o/r/blobs/") {
				w.Header().Set("Content-Type", "application/octet-stream")
				_, _ = w.Write(bytes.Repeat([]byte("x"), 200))
				return
			}
			next.ServeHTTP(w, req)
		},
		"no more uploads": func(w http.ResponseWriter, req *http.Request, next http.Handler) {
			if req.Method == http.MethodPut && strings.Contains(req.URL.Path, "/blobs/uploads") {
				http.Error(w, "disk full", http.StatusInsufficientStorage)
				return
			}
			next.ServeHTTP(w, req)
		},
		"read only": func(w http.ResponseWriter, req *http.Request, next http.Handler) {
			if req.Method == http.MethodPost {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			next.ServeHTTP(w, req)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newRegistry()
			index, _ := stocked(t, h, "o/r")
			host, roots := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { broken(w, req, h) }))
			o := options(host, roots)
			o.Retries = 1
			from := ref(t, host+"/o/r@"+index.String())
			// another repository of the same registry mounts blobs, so the copy is to
			// another one
			other := newRegistry()
			to, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { broken(w, req, other) }))
			o.AllowPrivate = append(o.AllowPrivate, to)
			r := resolve.New(o)
			_, err := r.Copy(context.Background(), from, ref(t, to+"/a/r:1"))
			var failed *resolve.Error
			if !errors.As(err, &failed) {
				t.Fatalf("the copy ended with %v", err)
			}
			if _, err := r.DigestSet(context.Background(), ref(t, to+"/a/r:1")); !errors.Is(err, resolve.ErrNotFound) {
				t.Errorf("the tag is there: %v", err)
			}
		})
	}
}
