package resolve

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// Annotations by which BuildKit ties attestations to images.
const (
	referenceDigest  = "vnd.docker.reference.digest"
	referenceType    = "vnd.docker.reference.type"
	attestationType  = "attestation-manifest"
	predicateType    = "in-toto.io/predicate-type"
	bundleArtifact   = "application/vnd.dev.sigstore.bundle.v0.3+json"
	cosignArtifact   = "application/vnd.dev.cosign.artifact.sig.v1+json"
	hardenedBuildID  = "com.docker.dhi.build.id"
	hardenedTitle    = "dhi/"
	titleAnnotation  = "org.opencontainers.image.title"
	inTotoArtifact   = "application/vnd.in-toto+json"
	referrersTagBase = "sha256-"
)

// provenanceTypes are the predicates that tell how an image was built.
var provenanceTypes = []string{"https://slsa.dev/provenance/v0.2", "https://slsa.dev/provenance/v1"}

// Signed is an image whose signatures are to be verified. What its functions
// give has the digest that was asked for.
type Signed struct {
	Image    source.Image
	Platform string
	Root     digest.Digest // of the index
	// Manifest gets a manifest and Blob a blob of the repository.
	Manifest func(context.Context, digest.Digest) ([]byte, error)
	Blob     func(context.Context, ocispecs.Descriptor) ([]byte, error)
	// Referrers are the manifests whose subject has a digest.
	Referrers func(context.Context, digest.Digest) ([]ocispecs.Descriptor, error)
}

// attestations sets what an image's attestations tell. Only an OCI index can
// have them. Where signatures are needed and there are some, they are verified:
// to leave them out would let through what a policy refuses for them.
func (r *Resolver) attestations(ctx context.Context, img source.Image, m manifest, platform string, out *policy.ImageMetadata, statement, signatures bool) error {
	if m.index == nil || m.index.MediaType == dockerList {
		return nil
	}
	desc, err := forPlatform(m.index, platform)
	if err != nil {
		return err
	}
	attested, err := r.attestationOf(ctx, img, m.index, desc)
	if err != nil || attested == "" {
		return err
	}
	out.AttestationManifest = attested.String()
	if statement {
		if out.Provenance, out.ProvenanceType, err = r.provenance(ctx, img, attested); err != nil {
			return err
		}
	}
	if signatures {
		out.Signatures, err = r.signatures(ctx, img, platform, m, attested)
	}
	return err
}

// attestationOf is the digest of the manifest with the attestations of an image
// of the index, "" where there is none.
func (r *Resolver) attestationOf(ctx context.Context, img source.Image, index *ocispecs.Index, desc ocispecs.Descriptor) (digest.Digest, error) {
	if isHardened(index) {
		all, err := r.referrers(ctx, img, desc.Digest)
		if err != nil {
			return "", err
		}
		for _, d := range all {
			if d.ArtifactType == inTotoArtifact && slices.Contains(provenanceTypes, d.Annotations[predicateType]) {
				return d.Digest, nil
			}
		}
		return "", sayf(ErrInvalid, "it is a Docker Hardened Image, but no attestation refers to it")
	}
	for _, d := range index.Manifests {
		if d.Annotations[referenceType] == attestationType && d.Annotations[referenceDigest] == desc.Digest.String() {
			if err := d.Digest.Validate(); err != nil {
				return "", sayf(ErrInvalid, "its index names an attestation by %q, which is no digest", d.Digest)
			}
			return d.Digest, nil
		}
	}
	return "", nil
}

// isHardened tells Docker Hardened Images, whose attestations are not in the
// index (policy-helpers/image.isDHIIndex).
func isHardened(index *ocispecs.Index) bool {
	for _, d := range index.Manifests {
		if d.Annotations[hardenedBuildID] == "" {
			return false
		}
	}
	return strings.HasPrefix(index.Annotations[titleAnnotation], hardenedTitle)
}

// provenance is the in-toto statement that tells how the image was built, and
// its predicate's type; empty where no attestation is one.
func (r *Resolver) provenance(ctx context.Context, img source.Image, attested digest.Digest) (json.RawMessage, string, error) {
	m, err := r.manifest(ctx, img, attested.String())
	if err != nil {
		return nil, "", err
	}
	if m.image == nil {
		return nil, "", sayf(ErrInvalid, "its attestation manifest %s is an index", attested)
	}
	for _, layer := range m.image.Layers {
		kind := layer.Annotations[predicateType]
		if !slices.Contains(provenanceTypes, kind) {
			continue
		}
		body, err := r.blob(ctx, img, layer, maxStatement)
		if err != nil {
			return nil, "", err
		}
		if !json.Valid(body) {
			continue // as Buildx
		}
		return body, kind, nil
	}
	return nil, "", nil
}

// signatures are those of the attestation manifest.
func (r *Resolver) signatures(ctx context.Context, img source.Image, platform string, root manifest, attested digest.Digest) ([]map[string]any, error) {
	all, err := r.referrers(ctx, img, attested)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(all, func(d ocispecs.Descriptor) bool {
		return d.ArtifactType == bundleArtifact || d.ArtifactType == cosignArtifact
	}) {
		return nil, nil
	}
	if r.opt.VerifyImage == nil {
		return nil, sayf(ErrUnsupported, "it is signed, and signatures of images are not verified yet")
	}
	return r.opt.VerifyImage(ctx, Signed{
		Image: img, Platform: platform, Root: root.digest,
		Manifest: func(ctx context.Context, d digest.Digest) ([]byte, error) {
			m, err := r.manifest(ctx, img, d.String())
			return m.body, err
		},
		Blob: func(ctx context.Context, d ocispecs.Descriptor) ([]byte, error) {
			return r.blob(ctx, img, d, maxConfig)
		},
		Referrers: func(ctx context.Context, d digest.Digest) ([]ocispecs.Descriptor, error) {
			return r.referrers(ctx, img, d)
		},
	})
}

// referrers asks for the manifests whose subject is d, and reads the tag that
// stands for the answer where the registry has no such question.
func (r *Resolver) referrers(ctx context.Context, img source.Image, d digest.Digest) ([]ocispecs.Descriptor, error) {
	s, err := r.session(ctx, img)
	if err != nil {
		return nil, err
	}
	body, _, err := s.get(ctx, "referrers/"+d.String(), ocispecs.MediaTypeImageIndex, maxManifest)
	if errors.Is(err, ErrNotFound) {
		body, _, err = s.get(ctx, "manifests/"+referrersTagBase+d.Encoded(), ocispecs.MediaTypeImageIndex, maxManifest)
		if errors.Is(err, ErrNotFound) {
			return nil, nil
		}
	}
	if err != nil {
		return nil, err
	}
	var index ocispecs.Index
	if err := json.Unmarshal(body, &index); err != nil {
		return nil, sayf(ErrInvalid, "the list of what refers to %s cannot be read", d)
	}
	return index.Manifests, nil
}
