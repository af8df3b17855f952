package policy

import (
	"context"
	"slices"
	"testing"
	"testing/fstest"

	buildx "github.com/docker/buildx/policy"
	policyverifier "github.com/moby/policy-helpers"
	policyimage "github.com/moby/policy-helpers/image"
	"github.com/moby/policy-helpers/types"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/verify"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
	"github.com/imgpolicy/imgpolicy/policy/sigstore"
	"github.com/imgpolicy/imgpolicy/policy/sigstore/sigstoretest"
)

// trusting is a verifier for Buildx that trusts a Sigstore of the test's own.
type trusting struct{ *sigstoretest.Authority }

func (v trusting) VerifyImage(context.Context, policyimage.ReferrersProvider, ocispecs.Descriptor, *ocispecs.Platform) (*types.SignatureInfo, error) {
	panic("no image is asked about")
}

func (v trusting) VerifyArtifact(_ context.Context, _ digest.Digest, text []byte, _ ...policyverifier.ArtifactVerifyOpt) (*types.SignatureInfo, error) {
	var b bundle.Bundle
	if err := b.UnmarshalJSON(text); err != nil {
		return nil, err
	}
	verifier, err := verify.NewVerifier(v.Authority, verify.WithTransparencyLog(1), verify.WithObserverTimestamps(1))
	if err != nil {
		return nil, err
	}
	result, err := verifier.Verify(&b, verify.NewPolicy(verify.WithoutArtifactUnsafe(), verify.WithoutIdentitiesUnsafe()))
	if err != nil {
		return nil, err
	}
	info := &types.SignatureInfo{Signer: result.Signature.Certificate, SignatureType: types.SignatureBundleV03}
	for _, t := range result.VerifiedTimestamps {
		info.Timestamps = append(info.Timestamps, types.TimestampVerificationResult{Type: t.Type, URI: t.URI, Timestamp: t.Timestamp})
	}
	info.Kind = info.DetectKind()
	return info, nil
}

// TestAttestedDocuments compares what both engines show of who signed a file,
// word for word.
func TestAttestedDocuments(t *testing.T) {
	t.Parallel()
	const text = "package docker\ndecision := {\"allow\": false, \"deny_msg\": [json.marshal(artifact_attestation(input.http, \"b.json\"))]}\n"
	a := sigstoretest.New(t)
	file := digest.FromString("f")
	for _, workflow := range []string{sigstoretest.Builder, sigstoretest.Workflow} {
		key := a.Key()
		cert := a.Certify(key, workflow, sigstoretest.Extensions(workflow), true)
		q := Question{
			Modules: []policy.File{{Name: "Dockerfile.rego", Text: []byte(text)}}, Source: "https://example.com/f",
			Files:    fstest.MapFS{"b.json": {Data: a.Bundle(key, cert, sigstoretest.Statement("https://slsa.dev/provenance/v1", file), true)}},
			Metadata: &policy.Metadata{HTTP: &policy.HTTPMetadata{Checksum: file.String()}},
		}
		p, err := rego.Load(q.Modules, q.Files, rego.Options{OldHost: true, Verifier: sigstore.New(a.Trusted)})
		if err != nil {
			t.Fatal(err)
		}
		ours, err := p.Check(t.Context(), q.Request())
		if err != nil {
			t.Fatal(err)
		}
		theirs, _, err := newBuildx(q, nil, func() (buildx.PolicyVerifier, error) { return trusting{a}, nil }).CheckPolicy(t.Context(), CheckRequest(q))
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, m := range theirs.DenyMessages {
			want = append(want, m.Message)
		}
		if !slices.Equal(ours.Messages, want) || len(want) != 1 {
			t.Errorf("%s:\ngot  %q\nwant %q", workflow, ours.Messages, want)
		}
	}
}
