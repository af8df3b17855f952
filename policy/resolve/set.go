package resolve

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/containerd/platforms"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// ImageSet is what an image consists of by digest.
type ImageSet struct {
	// Digest is that of the index, or of the only manifest.
	Digest    string
	MediaType string
	// Platforms are its images, "linux/amd64". What is beside them in an index, such
	// as attestations, is none.
	Platforms map[string]PlatformSet
}

// PlatformSet is the image for one platform.
type PlatformSet struct{ Manifest, Config string }

// DigestSet finds out what an image consists of: of its digest where it has one,
// else of what its tag means now. It reads manifests, and the config of an image
// without an index.
func (r *Resolver) DigestSet(ctx context.Context, img source.Image) (ImageSet, error) {
	set, err := r.digestSet(ctx, img)
	return set, failed(ctx, img.Ref(), img.Host(), err)
}

func (r *Resolver) digestSet(ctx context.Context, img source.Image) (ImageSet, error) {
	ref := img.Digest()
	if ref == "" {
		ref = img.Tag()
	}
	m, err := r.manifest(ctx, img, ref)
	if err != nil {
		return ImageSet{}, err
	}
	set := ImageSet{Digest: m.digest.String(), MediaType: m.mediaType(), Platforms: map[string]PlatformSet{}}
	if m.image != nil {
		name, err := r.platformOf(ctx, img, m)
		if err != nil {
			return ImageSet{}, err
		}
		set.Platforms[name] = PlatformSet{set.Digest, m.image.Config.Digest.String()}
		return set, nil
	}
	for _, d := range m.index.Manifests {
		if d.Platform == nil || d.Platform.OS == "unknown" || d.MediaType != ocispecs.MediaTypeImageManifest && d.MediaType != dockerManifest {
			continue
		}
		child, err := r.manifest(ctx, img, d.Digest.String())
		if err != nil {
			return ImageSet{}, err
		}
		if child.image == nil {
			return ImageSet{}, sayf(ErrUnsupported, "its index leads to another index")
		}
		name := platforms.FormatAll(platforms.Normalize(*d.Platform))
		if _, twice := set.Platforms[name]; twice {
			continue // the first is the one that is taken
		}
		set.Platforms[name] = PlatformSet{d.Digest.String(), child.image.Config.Digest.String()}
	}
	return set, nil
}

// platformOf is the platform of an image without an index, as its config says.
func (r *Resolver) platformOf(ctx context.Context, img source.Image, m manifest) (string, error) {
	body, err := r.blob(ctx, img, m.image.Config, maxConfig)
	if err != nil {
		return "", err
	}
	var p ocispecs.Platform
	if err := json.Unmarshal(body, &p); err != nil || p.OS == "" || p.Architecture == "" {
		return "", sayf(ErrInvalid, "its config does not say which platform it is for: it is no image")
	}
	return platforms.FormatAll(platforms.Normalize(p)), nil
}

// mediaType is that of the manifest, by what is in it where it does not say.
func (m manifest) mediaType() string {
	switch {
	case m.index != nil && m.index.MediaType != "":
		return m.index.MediaType
	case m.index != nil:
		return ocispecs.MediaTypeImageIndex
	case m.image.MediaType != "":
		return m.image.MediaType
	}
	return ocispecs.MediaTypeImageManifest
}

// maxTags bounds how many tags of a repository are read.
const maxTags = 100_000

// Tags are the tags of an image's repository, in the order of the registry.
func (r *Resolver) Tags(ctx context.Context, img source.Image) ([]string, error) {
	s, err := r.session(ctx, img)
	if err != nil {
		return nil, failed(ctx, img.Name(), img.Host(), err)
	}
	var tags []string
	path := "tags/list?n=1000"
	for path != "" {
		body, header, err := s.get(ctx, path, "", maxManifest)
		if err != nil {
			return nil, failed(ctx, img.Name(), img.Host(), err)
		}
		var page struct{ Tags []string }
		if err := json.Unmarshal(body, &page); err != nil {
			return nil, failed(ctx, img.Name(), img.Host(), sayf(ErrInvalid, "its list of tags is not JSON"))
		}
		tags = append(tags, page.Tags...)
		if path = nextPage(header.Get("Link")); len(tags) > maxTags || path != "" && len(page.Tags) == 0 {
			return nil, failed(ctx, img.Name(), img.Host(), sayf(ErrTooLarge, "it has more than %d tags", maxTags))
		}
	}
	return tags, nil
}

// nextPage is the path of the next page of tags that a Link header names: only
// what it asks for is taken, and not where.
func nextPage(link string) string {
	target, relation, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(link), "<"), ">")
	if !ok || !strings.Contains(relation, "next") {
		return ""
	}
	u, err := url.Parse(target)
	if err != nil || u.RawQuery == "" {
		return ""
	}
	return "tags/list?" + u.RawQuery
}

// validDigest refuses what is no digest before it gets into a path.
func validDigest(d digest.Digest) error {
	if d.Validate() != nil {
		return sayf(ErrInvalid, "a manifest names content by %q, which is no digest", d)
	}
	return nil
}
