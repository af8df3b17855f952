package resolve

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// target is what BuildKit asks a registry for: the digest, or the tag.
func target(img source.Image) string {
	if img.Pinned() {
		return img.Digest()
	}
	return img.Tag()
}

// imageMetadata answers as ResolveImageMetadata of BuildKit's
// source/containerimage, for the request that Buildx makes of the needs
// (policy.AddUnknowns): attestations leave the config out, unless that is needed
// as well.
func (r *Resolver) imageMetadata(ctx context.Context, img source.Image, platform string, needs []string) (*policy.ImageMetadata, error) {
	var config, chain, statement, signatures bool
	for _, n := range needs {
		switch strings.TrimPrefix(n, "image.") {
		case "hasProvenance":
			chain = true
		case "signatures":
			chain, signatures = true, true
		case "provenance":
			chain, statement = true, true
		default:
			config = true
		}
	}
	out := &policy.ImageMetadata{HasChain: chain}
	err := func() error {
		m, err := r.manifest(ctx, img, target(img))
		if err != nil {
			return err
		}
		out.Digest = m.digest.String()
		if config || !chain {
			if out.Config, err = r.imageConfig(ctx, img, m, platform); err != nil {
				return err
			}
		}
		if chain {
			return r.attestations(ctx, img, m, platform, out, statement, signatures)
		}
		return nil
	}()
	if err != nil {
		return nil, failed(ctx, img.Ref(), img.Host(), err)
	}
	return out, nil
}

// imageConfig is the config of the image for a platform, byte for byte.
func (r *Resolver) imageConfig(ctx context.Context, img source.Image, m manifest, platform string) (json.RawMessage, error) {
	if m.index != nil {
		desc, err := forPlatform(m.index, platform)
		if err != nil {
			return nil, err
		}
		if m, err = r.manifest(ctx, img, desc.Digest.String()); err != nil {
			return nil, err
		}
	}
	if m.image == nil {
		return nil, sayf(ErrUnsupported, "its index leads to another index")
	}
	body, err := r.blob(ctx, img, m.image.Config, maxConfig)
	if err != nil {
		return nil, err
	}
	if !json.Valid(body) {
		return nil, sayf(ErrInvalid, "its config is not JSON")
	}
	return body, nil
}

// forPlatform chooses the manifest for a platform as BuildKit does: the best
// match, and one without a platform only where nothing else matches.
func forPlatform(index *ocispecs.Index, platform string) (ocispecs.Descriptor, error) {
	p, err := platforms.Parse(platform)
	if err != nil {
		return ocispecs.Descriptor{}, sayf(ErrInvalid, "%q is no platform", platform)
	}
	matcher := platforms.Only(platforms.Normalize(p))
	var found []ocispecs.Descriptor
	var has []string
	for _, d := range index.Manifests {
		if d.MediaType != ocispecs.MediaTypeImageManifest && d.MediaType != dockerManifest {
			continue
		}
		if d.Digest.Validate() != nil {
			return ocispecs.Descriptor{}, sayf(ErrInvalid, "its index names a manifest by %q, which is no digest", d.Digest)
		}
		if d.Platform == nil || matcher.Match(*d.Platform) {
			found = append(found, d)
		} else if d.Platform.OS != "unknown" {
			has = append(has, platforms.Format(*d.Platform))
		}
	}
	slices.SortStableFunc(found, func(a, b ocispecs.Descriptor) int {
		switch {
		case a.Platform == nil || b.Platform == nil:
			return btoi(a.Platform == nil) - btoi(b.Platform == nil)
		case matcher.Less(*a.Platform, *b.Platform):
			return -1
		case matcher.Less(*b.Platform, *a.Platform):
			return 1
		}
		return 0
	})
	if len(found) > 0 {
		return found[0], nil
	}
	if len(has) == 0 {
		return ocispecs.Descriptor{}, sayf(ErrNoPlatform, "it has no image for %s", platform)
	}
	slices.Sort(has)
	return ocispecs.Descriptor{}, sayf(ErrNoPlatform, "it has no image for %s, only for %s", platform, strings.Join(slices.Compact(has), ", "))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// pinImage looks the tag up, or the digest where there is no tag.
func (r *Resolver) pinImage(ctx context.Context, img source.Image, platform string) (Pin, error) {
	ref := img.Tag()
	if ref == "" {
		ref = img.Digest()
	}
	m, err := r.manifest(ctx, img, ref)
	pin := Pin{Digest: m.digest.String()}
	if err == nil && platform != "" {
		pin.Manifest = pin.Digest
		if m.index != nil {
			var desc ocispecs.Descriptor
			desc, err = forPlatform(m.index, platform)
			pin.Manifest = desc.Digest.String()
		}
	}
	if err != nil {
		return Pin{}, failed(ctx, fmt.Sprintf("%s:%s", img.Name(), ref), img.Host(), err)
	}
	return pin, nil
}

// imageExists asks the registry itself for a digest.
func (r *Resolver) imageExists(ctx context.Context, img source.Image) error {
	if err := digest.Digest(img.Digest()).Validate(); err != nil {
		return failed(ctx, img.Ref(), img.Host(), sayf(ErrInvalid, "%s", err))
	}
	if _, ok := r.seen.Load(img.Name() + "@" + img.Digest()); ok {
		return nil
	}
	_, _, err := r.fetchManifest(ctx, img, img.Digest())
	return failed(ctx, img.Ref(), img.Host(), err)
}
