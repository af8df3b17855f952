package rego

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"strings"

	"github.com/moby/buildkit/util/gitutil/gitobject"
	"github.com/moby/buildkit/util/gitutil/gitsign"
	"github.com/moby/buildkit/util/pgpsign"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/opencontainers/go-digest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

func cutImageScheme(identifier string) (string, bool) {
	return strings.CutPrefix(identifier, source.ImageScheme)
}

// verifyGitSignature verifies the signature of the commit or tag that is asked
// about. A signature that does not hold makes the call undefined, never false.
func verifyGitSignature(_ context.Context, ev *evaluation, args []ast.Value) (*ast.Term, error) {
	if ev.doc.kind != "git" {
		return ast.BooleanTerm(false), nil
	}
	if ev.doc.commit == nil {
		ev.asked["git.commit"] = true
		return ast.BooleanTerm(false), nil
	}
	obj, err := ev.gitObject(args[0])
	if err != nil {
		return nil, err
	}
	keyFile, err := argument(nameVerifyGitSignature, "string path", args[1])
	if err != nil {
		return nil, err
	}
	key, err := ev.policy.readFile(keyFile, maxGitKey)
	if err != nil {
		return nil, err
	}
	if err := gitsign.VerifySignature(obj, key, nil); err != nil {
		return nil, fmt.Errorf("%s: verification failes: %w", nameVerifyGitSignature, err)
	}
	return ast.BooleanTerm(true), nil
}

// gitObject finds whether a value is input.git.commit or input.git.tag.
func (ev *evaluation) gitObject(v ast.Value) (*gitobject.GitObject, error) {
	if _, ok := v.(ast.Object); !ok {
		return nil, fmt.Errorf("%s: expected object, got %T", nameVerifyGitSignature, v)
	}
	git, _ := ev.object.(ast.Object)
	if t := git.Get(ast.StringTerm("commit")); t != nil && v.Compare(t.Value) == 0 {
		return ev.doc.commit, nil
	}
	if t := git.Get(ast.StringTerm("tag")); t != nil && v.Compare(t.Value) == 0 {
		return ev.doc.tag, nil
	}
	return nil, errors.New(nameVerifyGitSignature + ": object is neither commit nor tag")
}

// verifyHTTPSignature verifies a detached PGP signature. The files are read
// first: where one is missing nothing is asked for. A signature that does not
// hold is false here, other than for git.
func verifyHTTPSignature(_ context.Context, ev *evaluation, args []ast.Value) (*ast.Term, error) {
	if ev.doc.kind != "http" {
		return ast.BooleanTerm(false), nil
	}
	if err := ev.isInput(nameVerifyHTTPSignature, args[0]); err != nil {
		return nil, err
	}
	sigFile, err := argument(nameVerifyHTTPSignature, "string signature path", args[1])
	if err != nil {
		return nil, err
	}
	keyFile, err := argument(nameVerifyHTTPSignature, "string pubkey path", args[2])
	if err != nil {
		return nil, err
	}
	sigText, err := ev.policy.readFile(sigFile, maxPGP)
	if err != nil {
		return nil, err
	}
	keyText, err := ev.policy.readFile(keyFile, maxPGP)
	if err != nil {
		return nil, err
	}
	valid, err := ev.holds(sigText, keyText)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", nameVerifyHTTPSignature, err)
	}
	return ast.BooleanTerm(valid), nil
}

// holds verifies a signature of the file asked about. The digest that it signs
// is of the file and of a suffix of its own: where that digest is not at hand it
// is asked for, and the signature does not hold yet.
func (ev *evaluation) holds(sigText, keyText []byte) (bool, error) {
	sig, _, err := pgpsign.ParseArmoredDetachedSignature(sigText)
	if err != nil {
		return false, fmt.Errorf("failed to parse detached signature: %w", err)
	}
	keys, err := pgpsign.ReadAllArmoredKeyRings(keyText)
	if err != nil {
		return false, fmt.Errorf("failed to read armored keyring: %w", err)
	}
	algorithm, err := digestAlgorithm(sig.Hash)
	if err != nil {
		return false, err
	}
	known, want := ev.doc.signature, &policy.SignatureRequest{Algorithm: algorithm.String(), Suffix: sig.HashSuffix}
	if known == nil || known.Digest == "" || !bytes.Equal(known.Suffix, sig.HashSuffix) {
		ev.asked["http.signature"], ev.signature = true, want
		return false, nil
	}
	d, err := digest.Parse(known.Digest)
	if err != nil {
		return false, fmt.Errorf("invalid checksum digest: %w", err)
	}
	if d.Algorithm() != algorithm {
		ev.asked["http.signature"], ev.signature = true, want
		return false, nil
	}
	return pgpsign.VerifySignatureWithDigest(sig, keys, d) == nil, nil
}

// digestAlgorithm is the hash of a signature as BuildKit computes it for others.
func digestAlgorithm(hash crypto.Hash) (digest.Algorithm, error) {
	switch hash {
	case crypto.SHA256:
		return digest.SHA256, nil
	case crypto.SHA384:
		return digest.SHA384, nil
	case crypto.SHA512:
		return digest.SHA512, nil
	default:
		return "", fmt.Errorf("unsupported signature hash: unsupported signature hash algorithm %v", hash)
	}
}
