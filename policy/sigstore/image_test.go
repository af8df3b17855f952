package sigstore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sigstore/sigstore-go/pkg/root"

	"github.com/imgpolicy/imgpolicy/policy/sigstore"
	"github.com/imgpolicy/imgpolicy/policy/sigstore/sigstoretest"
)

// stored is an image whose registry sends what it has.
func stored(i *sigstoretest.Image) sigstore.Image {
	get := func(from map[digest.Digest][]byte, d digest.Digest) ([]byte, error) {
		if body, ok := from[d]; ok {
			return body, nil
		}
		return nil, fs.ErrNotExist
	}
	return sigstore.Image{
		Manifest: i.Manifest, Attestation: i.Attestation, Signature: i.Signature,
		ReadManifest: func(_ context.Context, d digest.Digest) ([]byte, error) { return get(i.Manifests, d) },
		ReadBlob:     func(_ context.Context, d ocispecs.Descriptor) ([]byte, error) { return get(i.Blobs, d.Digest) },
	}
}

func TestSignedImages(t *testing.T) {
	t.Parallel()
	a := sigstoretest.New(t)
	for _, tt := range []struct {
		name, workflow string
		sign           func(*sigstoretest.Image, string)
		want           string
	}{
		{"bundle", builder, a.Sign, `{"kind":"docker-github-builder","type":"bundle-v0.3"}`},
		{"bundle of a repository", workflow, a.Sign, `{"kind":"self-signed-github-repo","type":"bundle-v0.3"}`},
		{"simple", workflow, a.SignSimply, `{"dockerReference":"docker.io/example/app","kind":"self-signed-github-repo","type":"simplesigning-v1"}`},
		// Only bundles are Docker's.
		{"simple of Docker's builder", builder, a.SignSimply, `{"dockerReference":"docker.io/example/app","kind":"self-signed","type":"simplesigning-v1"}`},
	} {
		i := a.NewImage()
		tt.sign(i, tt.workflow)
		got, err := trusting(a).VerifyImage(t.Context(), stored(i))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		signer, _ := got["signer"].(map[string]any)
		times, _ := got["timestamps"].([]any)
		if signer["buildSignerURI"] != tt.workflow || signer["certificateIssuer"] != "CN=sigstore-intermediate,O=sigstore.dev" || len(times) != 1 {
			t.Errorf("%s: %v", tt.name, got)
		}
		delete(got, "signer")
		delete(got, "timestamps")
		if text, _ := json.Marshal(got); string(text) != tt.want {
			t.Errorf("%s: got  %s\nwant %s", tt.name, text, tt.want)
		}
	}
}

func TestImagesWhoseSignatureDoesNotHold(t *testing.T) {
	t.Parallel()
	a := sigstoretest.New(t)
	other := a.NewImage()
	a.Sign(other, builder)
	for _, tt := range []struct {
		name   string
		roots  root.TrustedMaterial
		simple bool
		change func(*sigstoretest.Image, *sigstore.Image)
		want   string
	}{
		{name: "another root", roots: sigstoretest.New(t), want: "verifying signature: "},
		{name: "another root of a simple signature", roots: sigstoretest.New(t), simple: true, want: "verifying signature: "},
		{name: "hardened and signed by another", change: func(_ *sigstoretest.Image, img *sigstore.Image) { img.Hardened = true }, want: "verifying signature: "},
		{name: "hardened and simply signed by another", simple: true, change: func(_ *sigstoretest.Image, img *sigstore.Image) { img.Hardened = true }, want: "verifying signature: "},
		{name: "attestations of another image", change: func(_ *sigstoretest.Image, img *sigstore.Image) { img.Manifest.Digest = digest.FromString("x") }, want: "attestation manifest sha256:"},
		{name: "attestations of another size", change: func(_ *sigstoretest.Image, img *sigstore.Image) { img.Manifest.Size++ }, want: "attestation manifest sha256:"},
		{name: "signature of other attestations", change: func(_ *sigstoretest.Image, img *sigstore.Image) { img.Attestation.Size++ }, want: "signature manifest sha256:"},
		{name: "a bundle about something else", change: func(i *sigstoretest.Image, img *sigstore.Image) {
			key := a.Key()
			i.Attach(a, sigstoretest.BundleType, sigstoretest.BundleType,
				a.Bundle(key, a.Certify(key, builder, sigstoretest.Extensions(builder), true), statement(slsa, "x"), true), nil)
			img.Signature = i.Signature
		}, want: "verifying signature: "},
		{name: "a bundle that is none", change: func(i *sigstoretest.Image, img *sigstore.Image) {
			i.Attach(a, sigstoretest.BundleType, sigstoretest.BundleType, []byte("{}"), nil)
			img.Signature = i.Signature
		}, want: "reading bundle: "},
		{name: "a bundle that calls itself otherwise", change: func(i *sigstoretest.Image, img *sigstore.Image) {
			i.Attach(a, sigstoretest.CosignType, sigstoretest.BundleType, []byte("{}"), nil)
			img.Signature = i.Signature
		}, want: "signature manifest sha256:"},
		{name: "another artifact", change: func(i *sigstoretest.Image, img *sigstore.Image) {
			i.Attach(a, "application/x", sigstoretest.BundleType, []byte("{}"), nil)
			img.Signature = i.Signature
		}, want: "signature manifest sha256:"},
		{name: "a document about another image", simple: true, change: func(i *sigstoretest.Image, img *sigstore.Image) {
			i.Attach(a, sigstoretest.CosignType, sigstoretest.SimpleSigningType, []byte(fmt.Sprintf(
				`{"critical":{"image":{"docker-manifest-digest":%q},"type":"cosign container image signature"}}`, digest.FromString("x"))), nil)
			img.Signature = i.Signature
		}, want: "simple signing document is about "},
		{name: "no annotations", simple: true, change: func(i *sigstoretest.Image, img *sigstore.Image) {
			i.Attach(a, sigstoretest.CosignType, sigstoretest.SimpleSigningType, []byte(fmt.Sprintf(
				`{"critical":{"image":{"docker-manifest-digest":%q},"type":"cosign container image signature"}}`, i.Attestation.Digest)), nil)
			img.Signature = i.Signature
		}, want: "no certificate in the annotation "},
		{name: "a changed log entry", simple: true, change: func(i *sigstoretest.Image, img *sigstore.Image) {
			read := img.ReadManifest
			img.ReadManifest = func(ctx context.Context, d digest.Digest) ([]byte, error) {
				body, err := read(ctx, d)
				return bytes.Replace(body, []byte(`\"logIndex\":7`), []byte(`\"logIndex\":8`), 1), err
			}
		}, want: "verifying signature: "},
	} {
		i := a.NewImage()
		if tt.simple {
			a.SignSimply(i, builder)
		} else {
			a.Sign(i, builder)
		}
		img := stored(i)
		if tt.change != nil {
			tt.change(i, &img)
		}
		roots := tt.roots
		if roots == nil {
			roots = a
		}
		got, err := trusting(roots).VerifyImage(t.Context(), img)
		if !errors.Is(err, sigstore.ErrInvalid) || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v, error %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

// TestImagesThatCannotBeVerified tells what does not hold from what could not be
// found out.
func TestImagesThatCannotBeVerified(t *testing.T) {
	t.Parallel()
	a := sigstoretest.New(t)
	i := a.NewImage()
	a.Sign(i, builder)
	down := errors.New("down")
	failing := sigstore.New(func(context.Context) (root.TrustedMaterial, error) { return nil, down })
	if _, err := failing.VerifyImage(t.Context(), stored(i)); !errors.Is(err, down) || errors.Is(err, sigstore.ErrInvalid) {
		t.Errorf("without a root: %v", err)
	}
	img := stored(i)
	img.ReadBlob = func(context.Context, ocispecs.Descriptor) ([]byte, error) { return nil, down }
	if _, err := trusting(a).VerifyImage(t.Context(), img); !errors.Is(err, down) || errors.Is(err, sigstore.ErrInvalid) {
		t.Errorf("without the bundle: %v", err)
	}
}
