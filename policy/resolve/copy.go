package resolve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// ErrTaken says that a tag has other content, which is not replaced.
var ErrTaken = errors.New("tag taken")

// Copied is what Copy did.
type Copied struct {
	// There tells that the tag had the same content before.
	There bool
	// Referrers are the digests of what refers to the image and was copied with it:
	// signatures, attestations, SBOMs.
	Referrers []string
}

// maxReferrers bounds how much of what refers to an image is copied.
const maxReferrers = 500

// Copy copies an image by its digest, with all its platforms and with what refers
// to it, to a reference with a tag. The tag is written last, so that it never
// names half an image, and never over other content (ErrTaken); then it is read
// again. The digest stays the same.
func (r *Resolver) Copy(ctx context.Context, from, to source.Image) (Copied, error) {
	if !from.Pinned() || to.Tag() == "" || to.Pinned() {
		return Copied{}, fmt.Errorf("copying %s to %s: the first wants a digest and the second a tag", from.Ref(), to.Ref())
	}
	c := &copying{r: r, from: from, to: to, done: map[digest.Digest]bool{}}
	err := c.run(ctx)
	return c.copied, failed(ctx, to.Ref(), to.Host(), err)
}

// copying is one Copy.
type copying struct {
	r        *Resolver
	from, to source.Image
	dst      *upload
	done     map[digest.Digest]bool
	copied   Copied
}

func (c *copying) run(ctx context.Context) error {
	dst, err := c.r.uploadTo(ctx, c.to)
	if err != nil {
		return err
	}
	c.dst = dst
	want := digest.Digest(c.from.Digest())
	if c.copied.There, err = c.there(ctx, want); err != nil {
		return err
	}
	top, err := c.manifest(ctx, want, 0)
	if err != nil {
		return err
	}
	subjects := []digest.Digest{want}
	if top.index != nil {
		for _, d := range top.index.Manifests {
			subjects = append(subjects, d.Digest)
		}
	}
	for _, subject := range subjects {
		if err := c.referrers(ctx, subject); err != nil {
			return err
		}
	}
	if err := dst.putManifest(ctx, c.to.Tag(), top); err != nil {
		return err
	}
	found, err := c.there(ctx, want)
	if err == nil && !found {
		err = sayf(ErrMismatch, "the tag was written and is not there")
	}
	return err
}

// there tells whether the tag has the content, and refuses other content.
func (c *copying) there(ctx context.Context, want digest.Digest) (bool, error) {
	_, d, err := c.r.fetchManifest(ctx, c.to, c.to.Tag())
	switch {
	case errors.Is(kindOf(err), ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case d != want:
		return false, sayf(ErrTaken, "the tag has the digest %s already, and %s is not written over it", d, want)
	}
	return true, nil
}

// manifest copies a manifest by its digest with all that it names.
func (c *copying) manifest(ctx context.Context, d digest.Digest, depth int) (manifest, error) {
	if err := validDigest(d); err != nil {
		return manifest{}, err
	}
	body, _, err := c.r.fetchManifest(ctx, c.from, d.String())
	if err != nil {
		return manifest{}, failed(ctx, c.from.Name()+"@"+d.String(), c.from.Host(), err)
	}
	m, err := parseManifest(body, d)
	if err != nil || c.done[d] {
		return m, err
	}
	var blobs []ocispecs.Descriptor
	if m.image != nil {
		blobs = append([]ocispecs.Descriptor{m.image.Config}, m.image.Layers...)
	} else {
		if depth > 2 {
			return m, sayf(ErrUnsupported, "its index leads to another index, and so on")
		}
		for _, child := range m.index.Manifests {
			if _, err := c.manifest(ctx, child.Digest, depth+1); err != nil {
				return m, err
			}
		}
	}
	for _, b := range blobs {
		if err := c.blob(ctx, b); err != nil {
			return m, err
		}
	}
	if err := c.dst.putManifest(ctx, d.String(), m); err != nil {
		return m, err
	}
	c.done[d] = true
	return m, nil
}

// blob copies a blob. One that is fetched from elsewhere is in no registry.
func (c *copying) blob(ctx context.Context, b ocispecs.Descriptor) error {
	if strings.Contains(b.MediaType, "foreign") || strings.Contains(b.MediaType, "nondistributable") {
		return nil
	}
	if err := validDigest(b.Digest); err != nil || c.done[b.Digest] {
		return err
	}
	src, err := c.r.session(ctx, c.from)
	if err != nil {
		return err
	}
	if err := c.dst.putBlob(ctx, src, c.from, b); err != nil {
		return err
	}
	c.done[b.Digest] = true
	return nil
}

// referrers copies what refers to a manifest, as the source lists it: by the
// Referrers API, else by its fallback tag, and by the tags of cosign. See
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
func (c *copying) referrers(ctx context.Context, subject digest.Digest) error {
	if err := validDigest(subject); err != nil {
		return err
	}
	list, err := c.listed(ctx, subject)
	if err != nil {
		return err
	}
	if len(list.Manifests) > maxReferrers {
		return sayf(ErrTooLarge, "%d manifests refer to it, at most %d are copied", len(list.Manifests), maxReferrers)
	}
	for _, d := range list.Manifests {
		if _, err := c.manifest(ctx, d.Digest, 0); err != nil {
			return err
		}
		c.copied.Referrers = append(c.copied.Referrers, d.Digest.String())
	}
	tag := strings.Replace(subject.String(), ":", "-", 1)
	if len(list.Manifests) > 0 && !c.dst.lists(ctx, subject) {
		if err := c.writeFallback(ctx, tag, list); err != nil {
			return err
		}
	}
	for _, ending := range []string{".sig", ".att", ".sbom"} {
		body, d, err := c.r.fetchManifest(ctx, c.from, tag+ending)
		if errors.Is(kindOf(err), ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		m, err := parseManifest(body, d)
		if err != nil {
			return err
		}
		if _, err := c.manifest(ctx, d, 0); err != nil {
			return err
		}
		if err := c.dst.putManifest(ctx, tag+ending, m); err != nil {
			return err
		}
		c.copied.Referrers = append(c.copied.Referrers, d.String())
	}
	return nil
}

// listed is the index of what refers to a manifest, empty for nothing.
func (c *copying) listed(ctx context.Context, subject digest.Digest) (ocispecs.Index, error) {
	var list ocispecs.Index
	s, err := c.r.session(ctx, c.from)
	if err != nil {
		return list, err
	}
	body, _, err := s.get(ctx, "referrers/"+subject.String(), ocispecs.MediaTypeImageIndex, maxManifest)
	if err != nil {
		kind := kindOf(err)
		if !errors.Is(kind, ErrNotFound) && !errors.Is(kind, ErrInvalid) && !errors.Is(kind, ErrUnsupported) {
			return list, err
		}
		body, _, err = c.r.fetchManifest(ctx, c.from, strings.Replace(subject.String(), ":", "-", 1))
		if errors.Is(kindOf(err), ErrNotFound) {
			return list, nil
		}
		if err != nil {
			return list, err
		}
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return list, sayf(ErrInvalid, "its list of referrers is not JSON")
	}
	return list, nil
}

// writeFallback adds to the fallback tag of the destination what it does not list
// yet.
func (c *copying) writeFallback(ctx context.Context, tag string, list ocispecs.Index) error {
	out := ocispecs.Index{MediaType: ocispecs.MediaTypeImageIndex}
	out.SchemaVersion = 2
	known := map[digest.Digest]bool{}
	if body, _, err := c.r.fetchManifest(ctx, c.to, tag); err == nil {
		if err := json.Unmarshal(body, &out); err != nil {
			return sayf(ErrInvalid, "its list of referrers under the tag %s is not JSON", tag)
		}
	} else if !errors.Is(kindOf(err), ErrNotFound) {
		return err
	}
	for _, d := range out.Manifests {
		known[d.Digest] = true
	}
	for _, d := range list.Manifests {
		if !known[d.Digest] {
			out.Manifests = append(out.Manifests, d)
		}
	}
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return c.dst.putManifest(ctx, tag, manifest{body: body, digest: digest.FromBytes(body), index: &out})
}
