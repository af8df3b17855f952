package resolve

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// Bounds of what is read from a registry.
const (
	maxManifest  = 4 << 20
	maxConfig    = 8 << 20
	maxStatement = 64 << 20 // provenance of a large build has all its steps
)

// Docker's own types of what OCI has too.
const (
	dockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
)

var manifestTypes = strings.Join([]string{ocispecs.MediaTypeImageIndex, ocispecs.MediaTypeImageManifest, dockerList, dockerManifest}, ", ")

// manifest is a manifest or an index. Its digest is that of its body.
type manifest struct {
	body   []byte
	digest digest.Digest
	index  *ocispecs.Index    // one of them is set
	image  *ocispecs.Manifest //
}

// parseManifest reads a body. What may be read as either is refused: tools would
// not agree about what it is.
func parseManifest(body []byte, d digest.Digest) (manifest, error) {
	var kind struct {
		SchemaVersion             int
		MediaType                 string
		Manifests, Config, Layers json.RawMessage
	}
	if err := json.Unmarshal(body, &kind); err != nil {
		return manifest{}, sayf(ErrInvalid, "the manifest is not JSON")
	}
	m := manifest{body: body, digest: d}
	isIndex, isImage := kind.Manifests != nil, kind.Config != nil || kind.Layers != nil
	var into any
	switch {
	case isIndex && !isImage && kind.MediaType != ocispecs.MediaTypeImageManifest && kind.MediaType != dockerManifest:
		m.index = &ocispecs.Index{}
		into = m.index
	case isImage && !isIndex && kind.MediaType != ocispecs.MediaTypeImageIndex && kind.MediaType != dockerList:
		m.image = &ocispecs.Manifest{}
		into = m.image
	case kind.SchemaVersion == 1:
		return manifest{}, sayf(ErrUnsupported, "it is an image of schema 1, which no builder takes any more")
	default:
		return manifest{}, sayf(ErrInvalid, "the manifest is neither that of an image nor an index")
	}
	if err := json.Unmarshal(body, into); err != nil {
		return manifest{}, sayf(ErrInvalid, "the manifest cannot be read")
	}
	return m, nil
}

// manifest gets the manifest of a tag or a digest of the image's repository.
func (r *Resolver) manifest(ctx context.Context, img source.Image, ref string) (manifest, error) {
	return r.manifests.do(ctx, img.Name()+" "+ref, func() (manifest, error) {
		want := digest.Digest(ref)
		key := r.nameKey("tag", parseHost(img.Host(), "443"), img.Name()+":"+ref)
		if want.Validate() != nil {
			want = ""
			if kept, ok := r.cache.ref(key); ok {
				want = digest.Digest(kept.Digest)
			}
		}
		if want != "" {
			if body, ok := r.cache.blob(want, maxManifest); ok {
				return parseManifest(body, want)
			}
		}
		body, d, err := r.fetchManifest(ctx, img, ref)
		if err != nil {
			return manifest{}, err
		}
		m, err := parseManifest(body, d)
		if err != nil {
			return manifest{}, err
		}
		r.cache.putBlob(img.Ref(), d, body)
		if ref != d.String() {
			r.cache.putRef(img.Ref(), key, keptRef{Digest: d.String()})
		}
		return m, nil
	})
}

// fetchManifest reads a manifest and is it with its digest, which must be the
// one that was asked for and the one that the registry gives for it.
func (r *Resolver) fetchManifest(ctx context.Context, img source.Image, ref string) ([]byte, digest.Digest, error) {
	s, err := r.session(ctx, img)
	if err != nil {
		return nil, "", err
	}
	body, header, err := s.get(ctx, "manifests/"+ref, manifestTypes, maxManifest)
	if err != nil {
		return nil, "", err
	}
	d := digest.FromBytes(body)
	if want := digest.Digest(ref); want.Validate() == nil {
		if got := want.Algorithm().FromBytes(body); got != want {
			return nil, "", sayf(ErrMismatch, "the manifest it sent for %s has the digest %s", want, got)
		}
		d = want
	}
	if told := digest.Digest(header.Get("Docker-Content-Digest")); told != "" {
		if told.Validate() != nil || told.Algorithm().FromBytes(body) != told {
			return nil, "", sayf(ErrMismatch, "it says that the digest of the manifest is %s, but that of what it sent is %s", told, d)
		}
	}
	r.seen.Store(img.Name()+"@"+d.String(), true)
	return body, d, nil
}

// blob gets a blob of the image's repository.
func (r *Resolver) blob(ctx context.Context, img source.Image, desc ocispecs.Descriptor, limit int64) ([]byte, error) {
	if err := desc.Digest.Validate(); err != nil {
		return nil, sayf(ErrInvalid, "its manifest names a blob by %q, which is no digest", desc.Digest)
	}
	if desc.Size > limit {
		return nil, sayf(ErrTooLarge, "the blob %s has %d bytes; at most %d are read", desc.Digest, desc.Size, limit)
	}
	if body, ok := r.cache.blob(desc.Digest, limit); ok {
		return body, nil
	}
	s, err := r.session(ctx, img)
	if err != nil {
		return nil, err
	}
	body, _, err := s.get(ctx, "blobs/"+desc.Digest.String(), "", limit)
	if err != nil {
		return nil, err
	}
	if got := desc.Digest.Algorithm().FromBytes(body); got != desc.Digest {
		return nil, sayf(ErrMismatch, "the blob it sent for %s has the digest %s", desc.Digest, got)
	}
	r.cache.putBlob(img.Ref(), desc.Digest, body)
	return body, nil
}

// get reads what the repository has at a path, of at most limit bytes.
func (s *session) get(ctx context.Context, path, accept string, limit int64) ([]byte, http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path, http.NoBody)
	if err != nil {
		return nil, nil, err
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, nil, noted(statusError(resp), s.host, s.note)
	}
	body, err := readAll(resp.Body, limit)
	if err == nil && resp.ContentLength >= 0 && int64(len(body)) != resp.ContentLength {
		err = io.ErrUnexpectedEOF
	}
	return body, resp.Header, err
}

// readAll reads at most limit bytes, and says so where there are more.
func readAll(from io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, sayf(ErrTooLarge, "the answer has more than %d bytes", limit)
	}
	return body, nil
}
