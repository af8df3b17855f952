package rego

import (
	"context"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/opencontainers/go-digest"
)

// Verifier checks a sigstore bundle against the digest of a file and tells who
// signed it, as the object that artifact_attestation returns. A Verifier may
// need the network for what it trusts, so it should look that up only when it is
// first asked.
type Verifier interface {
	VerifyArtifact(ctx context.Context, d digest.Digest, bundle []byte) (map[string]any, error)
}

// artifactAttestation verifies a bundle of the policy's files. A bundle that
// does not hold is undefined without an error.
func artifactAttestation(ctx context.Context, ev *evaluation, args []ast.Value) (*ast.Term, error) {
	bundleFile, ok, err := ev.attested(nameArtifactAttestation, "string path", args)
	if !ok || err != nil {
		return nil, err
	}
	d, err := digest.Parse(ev.doc.checksum)
	if err != nil {
		return nil, fmt.Errorf("%s: invalid checksum: %w", nameArtifactAttestation, err)
	}
	bundle, err := ev.policy.readFile(bundleFile, maxBundle)
	if err != nil {
		return nil, err
	}
	verifier := ev.policy.opt.Verifier
	if verifier == nil {
		return nil, errors.New(nameArtifactAttestation + ": policy verifier is not configured")
	}
	signer, err := verifier.VerifyArtifact(ctx, d, bundle)
	if err != nil {
		return nil, nil //nolint:nilerr // as said above
	}
	value, err := ast.InterfaceToValue(signer)
	if err != nil {
		return nil, fmt.Errorf("%s: failed converting verification result: %w", nameArtifactAttestation, err)
	}
	return ast.NewTerm(value), nil
}

// githubAttestation would fetch bundles from GitHub's API; without a resolver it
// is undefined once the checksum is known.
func githubAttestation(_ context.Context, ev *evaluation, args []ast.Value) (*ast.Term, error) {
	_, ok, err := ev.attested(nameGithubAttestation, "repository name string", args)
	if !ok || err != nil {
		return nil, err
	}
	return nil, errors.New(nameGithubAttestation + ": source resolver is not configured")
}

// attested checks the arguments of an attestation function and is its second
// one. ok is false where the call ends undefined: for another kind of source, or
// for want of the checksum, which is asked for.
func (ev *evaluation) attested(name, what string, args []ast.Value) (second string, ok bool, err error) {
	if ev.doc.kind != "http" {
		return "", false, nil
	}
	if err := ev.isInput(name, args[0]); err != nil {
		return "", false, err
	}
	if second, err = argument(name, what, args[1]); err != nil {
		return "", false, err
	}
	if ev.doc.checksum == "" {
		ev.asked["http.checksum"] = true
		return "", false, nil
	}
	return second, true, nil
}
