package rego

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/opencontainers/go-digest"
)

// Verifier checks a sigstore bundle against the digest of a file and tells who
// signed it, as the object that artifact_attestation returns: nil where the
// bundle does not hold. The error says that this could not be found out. A
// Verifier may need the network for what it trusts, so it should look that up
// only when it is first asked.
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
	return ev.verified(ctx, nameArtifactAttestation, d, bundle)
}

// verified is the signer of the first of the bundles that holds, undefined where
// none does.
func (ev *evaluation) verified(ctx context.Context, name string, d digest.Digest, bundles ...[]byte) (*ast.Term, error) {
	verifier := ev.policy.opt.Verifier
	if verifier == nil {
		return nil, fmt.Errorf("%s: policy verifier is not configured", name)
	}
	for _, bundle := range bundles {
		signer, err := verifier.VerifyArtifact(ctx, d, bundle)
		if err != nil {
			if ev.failed == nil {
				ev.failed = err
			}
			return nil, err
		}
		if signer == nil {
			continue
		}
		value, err := ast.InterfaceToValue(signer)
		if err != nil {
			return nil, fmt.Errorf("%s: failed converting verification result: %w", name, err)
		}
		return ast.NewTerm(value), nil
	}
	return nil, nil
}

// githubAttestation verifies the bundles that GitHub has of a file. They are
// asked for like the fields of a source, and never fetched in the midst of an
// evaluation: until they are known the call is undefined.
func githubAttestation(ctx context.Context, ev *evaluation, args []ast.Value) (*ast.Term, error) {
	repository, ok, err := ev.attested(nameGithubAttestation, "repository name string", args)
	if !ok || err != nil {
		return nil, err
	}
	d, err := digest.Parse(ev.doc.checksum)
	if err != nil {
		return nil, fmt.Errorf("%s: invalid checksum: %w", nameGithubAttestation, err)
	}
	if !slices.Contains(ev.repositories, repository) {
		ev.repositories = append(ev.repositories, repository)
	}
	known, ok := ev.doc.attestations[repository]
	if !ok {
		ev.unattested = true
		return nil, errors.New(nameGithubAttestation + ": source resolver is not configured")
	}
	bundles := make([][]byte, len(known))
	for i, b := range known {
		bundles[i] = b
	}
	return ev.verified(ctx, nameGithubAttestation, d, bundles...)
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
