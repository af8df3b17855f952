package rego

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/moby/buildkit/util/gitutil/gitobject"
	"github.com/moby/buildkit/util/gitutil/gitsign"
	"github.com/moby/buildkit/util/pgpsign"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/opencontainers/go-digest"
	"golang.org/x/crypto/ssh"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// Verifier checks a sigstore bundle against the digest of a file and tells who
// signed it, as the object that artifact_attestation returns.
type Verifier interface {
	VerifyArtifact(ctx context.Context, d digest.Digest, bundle []byte) (map[string]any, error)
}

func cutImageScheme(identifier string) (string, bool) {
	return strings.CutPrefix(identifier, source.ImageScheme)
}

// verifyGitSignature verifies the signature of the commit or tag that is asked
// about. A signature that does not hold makes the call undefined, never false.
func verifyGitSignature(ev *evaluation, object ast.Value, keyFile string) (*ast.Term, error) {
	if ev.doc.kind != "git" {
		return ast.BooleanTerm(false), nil
	}
	if ev.doc.commit == nil {
		ev.asked["git.commit"] = true
		return ast.BooleanTerm(false), nil
	}
	obj, err := ev.gitObject(object)
	if err != nil {
		return nil, err
	}
	key, err := ev.policy.readFile(keyFile, maxGitKey)
	if err != nil {
		return nil, err
	}
	if err := gitsign.VerifySignature(obj, key, nil); err != nil {
		return nil, fmt.Errorf("verify_git_signature: %w", err)
	}
	return ast.BooleanTerm(true), nil
}

// gitObject finds whether a value is input.git.commit or input.git.tag.
func (ev *evaluation) gitObject(v ast.Value) (*gitobject.GitObject, error) {
	if _, ok := v.(ast.Object); !ok {
		return nil, fmt.Errorf("verify_git_signature: expected object, got %T", v)
	}
	git, _ := ev.object.(ast.Object)
	for key, obj := range map[string]*gitobject.GitObject{"commit": ev.doc.commit, "tag": ev.doc.tag} {
		if t := git.Get(ast.StringTerm(key)); obj != nil && t != nil && v.Compare(t.Value) == 0 {
			return obj, nil
		}
	}
	return nil, errors.New("verify_git_signature: object is neither commit nor tag")
}

// putSignature adds what the signature of a commit or tag says of itself.
func putSignature(fields map[string]any, obj *gitobject.GitObject) {
	if obj.Signature == "" {
		return
	}
	sig, err := gitsign.ParseSignature([]byte(obj.Signature))
	if err != nil {
		return
	}
	if s := sig.PGPSignature; s != nil {
		out := map[string]any{}
		put(out, "version", s.Version)
		if s.IssuerKeyId != nil {
			out["keyID"] = fmt.Sprintf("%016x", *s.IssuerKeyId)
		}
		fields["pgpSignature"] = out
	}
	if s := sig.SSHSignature; s != nil {
		out := map[string]any{"pubKey": ssh.FingerprintSHA256(s.PublicKey)}
		put(out, "version", int(s.Version))
		fields["sshSignature"] = out
	}
}

// verifyHTTPSignature verifies a detached PGP signature. The files are read
// first: where one is missing nothing is asked for.
func verifyHTTPSignature(ev *evaluation, http ast.Value, sigFile, keyFile string) (*ast.Term, error) {
	if ev.doc.kind != "http" {
		return ast.BooleanTerm(false), nil
	}
	if err := ev.isInput(http); err != nil {
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
	sig, _, err := pgpsign.ParseArmoredDetachedSignature(sigText)
	if err != nil {
		return nil, err
	}
	if _, err := pgpsign.ReadAllArmoredKeyRings(keyText); err != nil {
		return nil, err
	}
	switch algorithm := strings.ToLower(strings.ReplaceAll(sig.Hash.String(), "-", "")); algorithm {
	case "sha256", "sha384", "sha512":
		// The digest that a signature signs is of the file and of the
		// signature's own trailer: only who has the file can compute it.
		ev.asked["http.signature"] = true
		return ast.BooleanTerm(false), nil
	default:
		return nil, fmt.Errorf("unsupported signature hash algorithm %s", sig.Hash)
	}
}

// artifactAttestation verifies a bundle of the policy's files.
func artifactAttestation(ev *evaluation, http ast.Value, bundleFile string) (*ast.Term, error) {
	d, done, err := ev.attested(http)
	if done || err != nil {
		return nil, err
	}
	bundle, err := ev.policy.readFile(bundleFile, maxBundle)
	if err != nil {
		return nil, err
	}
	if ev.policy.opt.Verifier == nil {
		return nil, errors.New("artifact_attestation: policy verifier is not configured")
	}
	signer, err := ev.policy.opt.Verifier.VerifyArtifact(context.Background(), d, bundle)
	if err != nil {
		return nil, nil //nolint:nilerr // an invalid bundle is undefined, not an error
	}
	value, err := ast.InterfaceToValue(signer)
	if err != nil {
		return nil, err
	}
	return ast.NewTerm(value), nil
}

// githubAttestation would fetch bundles from GitHub's API; without a resolver it
// is undefined once the checksum is known.
func githubAttestation(ev *evaluation, http ast.Value, _ string) (*ast.Term, error) {
	_, done, err := ev.attested(http)
	if done || err != nil {
		return nil, err
	}
	return nil, errors.New("github_attestation: source resolver is not configured")
}

// attested is the checksum of the file asked about; done where the call ends
// undefined, for another kind of source or for want of the checksum.
func (ev *evaluation) attested(http ast.Value) (d digest.Digest, done bool, err error) {
	if ev.doc.kind != "http" {
		return "", true, nil
	}
	if err := ev.isInput(http); err != nil {
		return "", true, err
	}
	if ev.doc.checksum == "" {
		ev.asked["http.checksum"] = true
		return "", true, nil
	}
	d, err = digest.Parse(ev.doc.checksum)
	return d, err != nil, err
}
