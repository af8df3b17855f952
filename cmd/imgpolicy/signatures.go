package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"sync"

	"github.com/opencontainers/go-digest"

	"github.com/imgpolicy/imgpolicy/policy/resolve"
	"github.com/imgpolicy/imgpolicy/policy/sigstore"
)

// signatures verifies the signatures of images and of files. What it trusts is
// read, or asked for where this run looks things up, when the first one is to be
// verified and not before.
type signatures struct {
	verifier func() *sigstore.Verifier
}

// signatures are those of the run. There is one, so that the trusted root is
// asked for once.
func (a *app) signatures() *signatures {
	if a.signing == nil {
		a.signing = &signatures{sync.OnceValue(func() *sigstore.Verifier { return sigstore.New(a.roots()) })}
	}
	return a.signing
}

// roots are what signatures are trusted by: what Sigstore publishes today where
// the network may be asked, and otherwise what is there.
func (a *app) roots() sigstore.Roots {
	folder := func(dir string) string {
		if dir == "" {
			return ""
		}
		return filepath.Join(dir, "sigstore")
	}
	switch {
	case a.trusted != nil:
		return a.trusted
	case a.net != nil:
		return sigstore.Online(folder(a.net.dir), sigstore.Repository, a.net.fetch)
	default:
		return sigstore.Offline(folder(a.cacheDir()))
	}
}

// fetch is sigstore.Fetch over the network of the run.
func (n *network) fetch(ctx context.Context, url string, limit int64) ([]byte, error) {
	body, err := n.resolver.Fetch(ctx, url, limit)
	if errors.Is(err, resolve.ErrNotFound) {
		return nil, fs.ErrNotExist
	}
	return body, err
}

// image is the signature of an image, none where it does not hold: to a policy
// such an image is not signed.
func (s *signatures) image(ctx context.Context, img resolve.Signed) ([]map[string]any, error) {
	found, err := s.verifier().VerifyImage(ctx, sigstore.Image{
		Manifest: img.Manifest, Attestation: img.Attestation, Signature: img.Signature, Hardened: img.Hardened,
		ReadManifest: img.ReadManifest, ReadBlob: img.ReadBlob,
	})
	switch {
	case errors.Is(err, sigstore.ErrInvalid):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []map[string]any{found}, nil
}

// VerifyArtifact implements rego.Verifier.
func (s *signatures) VerifyArtifact(ctx context.Context, d digest.Digest, bundle []byte) (map[string]any, error) {
	found, err := s.verifier().VerifyArtifact(ctx, d, bundle)
	if errors.Is(err, sigstore.ErrInvalid) {
		return nil, nil
	}
	return found, err
}
