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

// Signed is an image whose signature is to be verified: descriptors of the
// manifest for the platform, of that of its attestations, and of the one that
// signs those. What its functions give has the digest that was asked for.
type Signed struct {
	Image                            source.Image
	Manifest, Attestation, Signature ocispecs.Descriptor
	Hardened                         bool // it is a Docker Hardened Image
	// ReadManifest gets a manifest and ReadBlob a blob of the repository.
	ReadManifest func(context.Context, digest.Digest) ([]byte, error)
	ReadBlob     func(context.Context, ocispecs.Descriptor) ([]byte, error)
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
	if err != nil || attested.Digest == "" {
		return err
	}
	out.AttestationManifest = attested.Digest.String()
	if statement {
		if out.Provenance, out.ProvenanceType, err = r.provenance(ctx, img, attested.Digest); err != nil {
			return err
		}
	}
	if signatures {
		out.Signatures, err = r.signatures(ctx, Signed{Image: img, Manifest: desc, Attestation: attested, Hardened: isHardened(m.index)})
	}
	return err
}

// attestationOf is the manifest with the attestations of an image of the index,
// nothing where there is none.
func (r *Resolver) attestationOf(ctx context.Context, img source.Image, index *ocispecs.Index, desc ocispecs.Descriptor) (ocispecs.Descriptor, error) {
	var none ocispecs.Descriptor
	if isHardened(index) {
		all, err := r.referrers(ctx, img, desc.Digest)
		if err != nil {
			return none, err
		}
		for _, d := range all {
			if d.ArtifactType == inTotoArtifact && slices.Contains(provenanceTypes, d.Annotations[predicateType]) {
				return d, nil
			}
		}
		return none, sayf(ErrInvalid, "it is a Docker Hardened Image, but no attestation refers to it")
	}
	for _, d := range index.Manifests {
		if d.Annotations[referenceType] == attestationType && d.Annotations[referenceDigest] == desc.Digest.String() {
			if err := d.Digest.Validate(); err != nil {
				return none, sayf(ErrInvalid, "its index names an attestation by %q, which is no digest", d.Digest)
			}
			return d, nil
		}
	}
	return none, nil
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

// signatures are those of the attestation manifest that hold: one at most, as
// BuildKit takes the first bundle, or the first of cosign's older form.
func (r *Resolver) signatures(ctx context.Context, s Signed) ([]map[string]any, error) {
	all, err := r.referrers(ctx, s.Image, s.Attestation.Digest)
	if err != nil {
		return nil, err
	}
	found := false
	for _, artifact := range []string{bundleArtifact, cosignArtifact} {
		at := slices.IndexFunc(all, func(d ocispecs.Descriptor) bool { return d.ArtifactType == artifact })
		if found = at >= 0; found {
			s.Signature = all[at]
			break
		}
	}
	if !found {
		return nil, nil
	}
	if r.opt.VerifyImage == nil {
		return nil, sayf(ErrUnsupported, "it is signed, and nothing verifies signatures")
	}
	s.ReadManifest = func(ctx context.Context, d digest.Digest) ([]byte, error) {
		m, err := r.manifest(ctx, s.Image, d.String())
		return m.body, err
	}
	s.ReadBlob = func(ctx context.Context, d ocispecs.Descriptor) ([]byte, error) {
		return r.blob(ctx, s.Image, d, maxConfig)
	}
	return r.opt.VerifyImage(ctx, s)
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
	for _, m := range index.Manifests {
		if m.Digest.Validate() != nil {
			return nil, sayf(ErrInvalid, "the list of what refers to %s has %q, which is no digest", d, m.Digest)
		}
	}
	return index.Manifests, nil
}
