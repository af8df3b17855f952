package source

import (
	// reference rejects every digest whose algorithm has no hash linked in, so
	// these two are what makes "name@sha256:…" and "name@sha512:…" parse.
	_ "crypto/sha256"
	_ "crypto/sha512"
	"fmt"
	"strings"

	"github.com/distribution/reference"
)

// ImageScheme begins the identifier of every image.
const ImageScheme = "docker-image://"

// Image is an image reference, normalized as BuildKit does: the registry and
// "library/" filled in, and ":latest" where neither a tag nor a digest is
// written. The zero value is no image.
type Image struct {
	ref        reference.Named
	impliedTag bool
}

// ParseImage normalizes an image reference (frontend/dockerfile/dockerfile2llb
// resolveBaseImage). The error is reference's, without the name in front.
func ParseImage(word string) (Image, error) {
	named, err := reference.ParseNormalizedNamed(word)
	if err != nil {
		return Image{}, err
	}
	return Image{ref: reference.TagNameOnly(named), impliedTag: reference.IsNameOnly(named)}, nil
}

// Kind is KindImage.
func (Image) Kind() Kind { return KindImage }

// Identifier is "docker-image://" and the normalized reference.
func (i Image) Identifier() string { return ImageScheme + i.ref.String() }

// Attrs is nil: the resolve mode depends on flags of the build, not on the
// Dockerfile.
func (Image) Attrs() map[string]string { return nil }

// Pinned tells whether the reference has a digest.
func (i Image) Pinned() bool { return i.Digest() != "" }

// Ref is the normalized reference, "docker.io/library/node:20".
func (i Image) Ref() string { return i.ref.String() }

// Familiar is the reference as Docker shortens it, "node:20". Policies and named
// contexts know images by it; of an image that it does not mean, see Short.
func (i Image) Familiar() string { return reference.FamiliarString(i.ref) }

// Name is the normalized repository, "docker.io/library/node".
func (i Image) Name() string { return i.ref.Name() }

// FamiliarName is the repository as Docker shortens it, "node".
func (i Image) FamiliarName() string { return reference.FamiliarName(i.ref) }

// Short is the shortest reference that means this image, to be shown and written:
// Familiar, but for docker.io/ghcr.io/acme, whose familiar form is an image of
// another registry.
func (i Image) Short() string { return i.ShortName() + i.ref.String()[len(i.Name()):] }

// ShortName is the repository of Short.
func (i Image) ShortName() string {
	short := i.FamiliarName()
	// A name as a whole is left as it is, and one without a slash can only be one of
	// docker.io/library, unless it could be an ID of 64 digits.
	if len(short) == len(i.Name()) || !strings.Contains(short, "/") && len(short) != 64 {
		return short
	}
	if same, err := reference.ParseNormalizedNamed(short); err != nil || same.Name() != i.Name() {
		return i.Name()
	}
	return short
}

// Host is the registry, "docker.io".
func (i Image) Host() string { return reference.Domain(i.ref) }

// Path is the repository within its registry, "library/node".
func (i Image) Path() string { return reference.Path(i.ref) }

// Tag is the tag, "" where there is only a digest. "latest" is filled in where
// neither was written; see TagImplied.
func (i Image) Tag() string {
	if t, ok := i.ref.(reference.Tagged); ok {
		return t.Tag()
	}
	return ""
}

// TagImplied tells whether the tag "latest" was filled in rather than written.
func (i Image) TagImplied() bool { return i.impliedTag }

// Digest is the digest, "sha256:…", or "".
func (i Image) Digest() string {
	if d, ok := i.ref.(reference.Digested); ok {
		return d.Digest().String()
	}
	return ""
}

// WithDigest is the same reference, tag kept, with a digest in place of any it
// had.
func (i Image) WithDigest(digest string) (Image, error) {
	name := i.Name()
	if t := i.Tag(); t != "" {
		name += ":" + t
	}
	out, err := ParseImage(name + "@" + digest)
	if err != nil {
		return Image{}, fmt.Errorf("digest %q: %w", digest, err)
	}
	return out, nil
}

// ParseReference reads a reference that is complete: nothing but the registry
// and "library/" is filled in, no tag.
func ParseReference(ref string) (Image, error) {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return Image{}, err
	}
	return Image{ref: named}, nil
}
