// Package sigstore verifies sigstore bundles as Buildx does, through
// github.com/moby/policy-helpers, and tells who signed them in the words of the
// input of build policies.
//
// It is a package of its own because of its weight: whoever links it pays for
// the protocols of Sigstore on every start of the program.
package sigstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/moby/policy-helpers/types"
	"github.com/opencontainers/go-digest"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
	"github.com/sigstore/sigstore-go/pkg/verify"
)

// ErrInvalid says that a signature does not hold, whatever the reason. Other
// errors say that it could not be found out.
var ErrInvalid = errors.New("no valid signature")

// refused is an error with its own words that is ErrInvalid.
type refused struct{ error }

func (r refused) Unwrap() []error { return []error{r.error, ErrInvalid} }

func invalid(format string, args ...any) error { return refused{fmt.Errorf(format, args...)} }

// Verifier verifies bundles against trusted roots, which it asks for when a
// bundle is first to be verified and not before.
type Verifier struct {
	roots Roots
}

// New is a verifier that trusts the given roots. It does nothing yet.
func New(roots Roots) *Verifier { return &Verifier{roots} }

// VerifyArtifact verifies that a bundle attests the provenance of the file with
// the digest, and is the object that artifact_attestation returns. The error is
// ErrInvalid where it does not.
//
// It asks of a bundle what policy-helpers asks, whose own verifier has no place
// for another root: a certificate of any identity with its timestamp of a
// certificate log, and an entry of a transparency log, both of them trusted.
func (v *Verifier) VerifyArtifact(ctx context.Context, d digest.Digest, text []byte) (map[string]any, error) {
	raw, err := rawDigest(d)
	if err != nil {
		return nil, err
	}
	identity, err := anyIdentity()
	if err != nil {
		return nil, err
	}
	var b bundle.Bundle
	if err := b.UnmarshalJSON(text); err != nil {
		return nil, invalid("reading bundle: %w", err)
	}
	trusted, err := v.roots(ctx)
	if err != nil {
		return nil, fmt.Errorf("getting trusted root: %w", err)
	}
	verifier, err := verify.NewVerifier(trusted,
		verify.WithSignedCertificateTimestamps(1), verify.WithTransparencyLog(1), verify.WithObserverTimestamps(1))
	if err != nil {
		return nil, fmt.Errorf("creating verifier: %w", err)
	}
	result, err := verifier.Verify(&b, verify.NewPolicy(verify.WithArtifactDigest(d.Algorithm().String(), raw), identity))
	if err != nil {
		return nil, invalid("verifying bundle: %w", err)
	}
	info, err := signatureOf(result)
	if err != nil {
		return nil, err
	}
	return object(info)
}

// anyIdentity accepts whoever signed: policies decide about the signer.
func anyIdentity() (verify.PolicyOption, error) {
	san, err := verify.NewSANMatcher("", ".*")
	if err != nil {
		return nil, err
	}
	issuer, err := verify.NewIssuerMatcher("", ".*")
	if err != nil {
		return nil, err
	}
	id, err := verify.NewCertificateIdentity(san, issuer, certificate.Extensions{})
	if err != nil {
		return nil, err
	}
	return verify.WithCertificateIdentity(id), nil
}

// predicates are the types of statement that tell how a file was built.
var predicates = map[string]bool{
	"https://slsa.dev/provenance/v0.2": true,
	"https://slsa.dev/provenance/v1":   true,
}

// signatureOf is what a verified bundle tells, where it tells what is needed.
func signatureOf(result *verify.VerificationResult) (types.SignatureInfo, error) {
	if result.Signature == nil || result.Signature.Certificate == nil {
		return types.SignatureInfo{}, invalid("no valid signatures found")
	}
	// A bundle that signs a file has no statement; policy-helpers do not expect it.
	if result.Statement == nil {
		return types.SignatureInfo{}, invalid("no statement found, expecting SLSA provenance")
	}
	if p := result.Statement.GetPredicateType(); !predicates[p] {
		return types.SignatureInfo{}, invalid("unexpected predicate type %q, expecting SLSA provenance", p)
	}
	info := types.SignatureInfo{
		Signer: result.Signature.Certificate, Timestamps: timestamps(result), SignatureType: types.SignatureBundleV03,
	}
	info.Kind = info.DetectKind()
	return info, nil
}

func timestamps(result *verify.VerificationResult) []types.TimestampVerificationResult {
	var out []types.TimestampVerificationResult
	for _, t := range result.VerifiedTimestamps {
		out = append(out, types.TimestampVerificationResult{Type: t.Type, URI: t.URI, Timestamp: t.Timestamp})
	}
	return out
}
