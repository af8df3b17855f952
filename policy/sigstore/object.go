package sigstore

import (
	"encoding/json"

	"github.com/moby/policy-helpers/types"
	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
)

// kinds and signatureTypes are the names that policies know.
var (
	kinds = map[types.Kind]string{
		types.KindDockerGithubBuilder:  "docker-github-builder",
		types.KindDockerHardenedImage:  "docker-hardened-image",
		types.KindSelfSignedGithubRepo: "self-signed-github-repo",
		types.KindSelfSigned:           "self-signed",
		types.KindUntrusted:            "untrusted",
	}
	signatureTypes = map[types.SignatureType]string{
		types.SignatureBundleV03:       "bundle-v0.3",
		types.SignatureSimpleSigningV1: "simplesigning-v1",
	}
)

// signerFields are the fields of a certificate that policies see: all but those
// that Fulcio has replaced by others.
var signerFields = []string{
	"certificateIssuer", "subjectAlternativeName", "issuer", "buildSignerURI", "buildSignerDigest",
	"runnerEnvironment", "sourceRepositoryURI", "sourceRepositoryDigest", "sourceRepositoryRef",
	"sourceRepositoryIdentifier", "sourceRepositoryOwnerURI", "sourceRepositoryOwnerIdentifier",
	"buildConfigURI", "buildConfigDigest", "buildTrigger", "runInvocationURI",
	"sourceRepositoryVisibilityAtSigning",
}

// object is a signature as an element of input.image.signatures, and as what
// the attestation functions return. What is empty is absent.
func object(info types.SignatureInfo) (map[string]any, error) {
	text, err := json.Marshal(struct {
		Kind            string                              `json:"kind,omitempty"`
		Type            string                              `json:"type,omitempty"`
		Timestamps      []types.TimestampVerificationResult `json:"timestamps,omitempty"`
		DockerReference string                              `json:"dockerReference,omitempty"`
		IsDHI           bool                                `json:"isDHI,omitempty"`
		Signer          *certificate.Summary                `json:"signer,omitempty"`
	}{kinds[info.Kind], signatureTypes[info.SignatureType], info.Timestamps, info.DockerReference, info.IsDHI, info.Signer})
	if err != nil {
		return nil, err
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, err
	}
	if all, ok := out["signer"].(map[string]any); ok {
		signer := map[string]any{}
		for _, f := range signerFields {
			if v, ok := all[f]; ok {
				signer[f] = v
			}
		}
		out["signer"] = signer
	}
	return out, nil
}
