package sigstore

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/moby/policy-helpers/roots/dhi"
	"github.com/moby/policy-helpers/types"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/verify"
)

// Types of what a signature's manifest and its first layer are.
const (
	bundleType        = "application/vnd.dev.sigstore.bundle.v0.3+json"
	cosignType        = "application/vnd.dev.cosign.artifact.sig.v1+json"
	simpleSigningType = "application/vnd.dev.cosign.simplesigning.v1+json"
	predicateTypeName = "in-toto.io/predicate-type"
)

// Image is an image with what attests how it was built, and what signs that.
type Image struct {
	// Manifest, Attestation and Signature are the descriptors of manifests: of the
	// image for one platform, of its attestations, whose subject it is, and of the
	// signature, whose subject those are.
	Manifest, Attestation, Signature ocispecs.Descriptor
	// Hardened tells that it is a Docker Hardened Image, signed with Docker's key.
	Hardened bool
	// ReadManifest and ReadBlob get what has a digest.
	ReadManifest func(context.Context, digest.Digest) ([]byte, error)
	ReadBlob     func(context.Context, ocispecs.Descriptor) ([]byte, error)
}

// signed is what a signature is verified as.
type signed struct {
	entity    verify.SignedEntity
	digest    digest.Digest // that the signature signs
	kind      types.SignatureType
	reference string // that a simple signing document has
	logged    bool   // a simple signature comes with an entry of a transparency log
}

// VerifyImage verifies the signature of an image's attestations, and is the
// element of input.image.signatures that it makes. The error is ErrInvalid where
// it does not hold.
//
// It asks what VerifyImage of policy-helpers asks, whose verifier has no place
// for another root.
func (v *Verifier) VerifyImage(ctx context.Context, img Image) (map[string]any, error) {
	if err := img.checkAttestation(ctx); err != nil {
		return nil, err
	}
	s, err := img.readSignature(ctx)
	if err != nil {
		return nil, err
	}
	trusted, err := v.roots(ctx)
	if err != nil {
		return nil, fmt.Errorf("getting trusted root: %w", err)
	}
	options := []verify.VerifierOption{verify.WithObserverTimestamps(1), verify.WithTransparencyLog(1)}
	identity := verify.WithoutIdentitiesUnsafe() // Docker's key has none
	if img.Hardened {
		if trusted, err = dhi.TrustedRoot(trusted); err != nil {
			return nil, err
		}
		if !s.logged {
			options = []verify.VerifierOption{verify.WithNoObserverTimestamps()}
		}
	} else {
		options = append(options, verify.WithSignedCertificateTimestamps(1))
		if identity, err = anyIdentity(); err != nil {
			return nil, err
		}
	}
	verifier, err := verify.NewVerifier(trusted, options...)
	if err != nil {
		return nil, fmt.Errorf("creating verifier: %w", err)
	}
	raw, err := rawDigest(s.digest)
	if err != nil {
		return nil, err
	}
	result, err := verifier.Verify(s.entity, verify.NewPolicy(verify.WithArtifactDigest(s.digest.Algorithm().String(), raw), identity))
	if err != nil {
		return nil, invalid("verifying signature: %w", err)
	}
	if result.Signature == nil || result.Signature.Certificate == nil && !img.Hardened {
		return nil, invalid("no valid signatures found")
	}
	info := types.SignatureInfo{
		Signer: result.Signature.Certificate, Timestamps: timestamps(result), SignatureType: s.kind,
		DockerReference: s.reference, IsDHI: img.Hardened,
	}
	info.Kind = info.DetectKind()
	return object(info)
}

// checkAttestation holds the attestations to be those of the image, with
// provenance among them.
func (img Image) checkAttestation(ctx context.Context) error {
	m, err := img.manifest(ctx, "attestation", img.Attestation, img.Manifest)
	if err != nil {
		return err
	}
	for _, layer := range m.Layers {
		if predicates[layer.Annotations[predicateTypeName]] {
			return nil
		}
	}
	return invalid("attestation manifest %s has no SLSA provenance layer", img.Attestation.Digest)
}

// manifest reads a manifest that must be about a subject.
func (img Image) manifest(ctx context.Context, what string, desc, subject ocispecs.Descriptor) (ocispecs.Manifest, error) {
	text, err := img.ReadManifest(ctx, desc.Digest)
	if err != nil {
		return ocispecs.Manifest{}, err
	}
	var m ocispecs.Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return m, invalid("reading %s manifest %s: %w", what, desc.Digest, err)
	}
	switch s := m.Subject; {
	case s == nil:
		return m, invalid("%s manifest %s has no subject", what, desc.Digest)
	case s.Digest != subject.Digest, s.Size != subject.Size:
		return m, invalid("%s manifest %s is about %s of %d bytes, not %s of %d", what, desc.Digest, s.Digest, s.Size, subject.Digest, subject.Size)
	case s.MediaType != ocispecs.MediaTypeImageManifest && s.MediaType != ocispecs.MediaTypeImageIndex:
		return m, invalid("%s manifest %s is about %s, which is neither an image manifest nor an index", what, desc.Digest, s.MediaType)
	}
	return m, nil
}

// readSignature reads the signature, a bundle or in cosign's older form. The
// registry's word on which it is does not count.
func (img Image) readSignature(ctx context.Context) (signed, error) {
	m, err := img.manifest(ctx, "signature", img.Signature, img.Attestation)
	if err != nil {
		return signed{}, err
	}
	switch {
	case m.ArtifactType != "" && m.ArtifactType != bundleType && m.ArtifactType != cosignType:
		return signed{}, invalid("signature manifest %s is a %q, which is no signature", img.Signature.Digest, m.ArtifactType)
	case len(m.Layers) == 0:
		return signed{}, invalid("signature manifest %s has no layers", img.Signature.Digest)
	}
	layer := m.Layers[0]
	isBundle := layer.MediaType == bundleType
	if !isBundle && layer.MediaType != simpleSigningType || isBundle && m.ArtifactType != bundleType {
		return signed{}, invalid("signature manifest %s of type %q has a layer of type %q", img.Signature.Digest, m.ArtifactType, layer.MediaType)
	}
	body, err := img.ReadBlob(ctx, layer)
	if err != nil {
		return signed{}, err
	}
	if !isBundle {
		return img.simpleSignature(layer, body)
	}
	var b bundle.Bundle
	if err := b.UnmarshalJSON(body); err != nil {
		return signed{}, invalid("reading bundle: %w", err)
	}
	return signed{entity: &b, digest: img.Attestation.Digest, kind: types.SignatureBundleV03}, nil
}

// rawDigest is the bytes of a digest.
func rawDigest(d digest.Digest) ([]byte, error) {
	raw, err := hex.DecodeString(d.Encoded())
	if err != nil {
		return nil, invalid("decoding digest %s: %w", d, err)
	}
	return raw, nil
}
