package sigstore

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"strconv"
	"strings"

	"github.com/moby/policy-helpers/types"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	protobundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	protocommon "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	rekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"github.com/sigstore/sigstore-go/pkg/bundle"
)

// Annotations of a layer that cosign has signed in its older form.
const (
	certificateName = "dev.sigstore.cosign/certificate"
	signatureName   = "dev.cosignproject.cosign/signature"
	logEntryName    = "dev.sigstore.cosign/bundle"
)

// simpleSignature reads cosign's older form: a document that names the signed
// manifest, and its signature in the annotations of the layer. It is verified as
// the bundle that cosign would make of it today.
func (img Image) simpleSignature(layer ocispecs.Descriptor, text []byte) (signed, error) {
	var document struct {
		Critical struct {
			Identity struct {
				DockerReference string `json:"docker-reference"`
			} `json:"identity"`
			Image struct {
				DockerManifestDigest string `json:"docker-manifest-digest"`
			} `json:"image"`
			Type string `json:"type"`
		} `json:"critical"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return signed{}, invalid("reading simple signing document: %w", err)
	}
	switch c := document.Critical; {
	case c.Image.DockerManifestDigest != img.Attestation.Digest.String():
		return signed{}, invalid("simple signing document is about %q, not %s", c.Image.DockerManifestDigest, img.Attestation.Digest)
	case c.Type != "cosign container image signature":
		return signed{}, invalid("simple signing document has the type %q", c.Type)
	}
	entry, isLogged := layer.Annotations[logEntryName]
	material, err := img.material(layer, entry)
	if err != nil {
		return signed{}, err
	}
	signature, err := base64.StdEncoding.DecodeString(layer.Annotations[signatureName])
	if err != nil || len(signature) == 0 {
		return signed{}, invalid("no signature in the annotation %s", signatureName)
	}
	raw, err := rawDigest(layer.Digest)
	if err != nil {
		return signed{}, err
	}
	b, err := bundle.NewBundle(&protobundle.Bundle{
		MediaType:            "application/vnd.dev.sigstore.bundle+json;version=0.1",
		VerificationMaterial: material,
		Content: &protobundle.Bundle_MessageSignature{MessageSignature: &protocommon.MessageSignature{
			MessageDigest: &protocommon.HashOutput{Algorithm: protocommon.HashAlgorithm_SHA2_256, Digest: raw},
			Signature:     signature,
		}},
	})
	if err != nil {
		return signed{}, invalid("reading simple signature: %w", err)
	}
	return signed{
		entity: b, digest: layer.Digest, kind: types.SignatureSimpleSigningV1,
		reference: document.Critical.Identity.DockerReference, logged: isLogged,
	}, nil
}

// material is what a simple signature is verified by: the certificate, or for
// Docker's own images their one key, and an entry of the transparency log.
func (img Image) material(layer ocispecs.Descriptor, entry string) (*protobundle.VerificationMaterial, error) {
	m := &protobundle.VerificationMaterial{
		Content: &protobundle.VerificationMaterial_PublicKey{PublicKey: &protocommon.PublicKeyIdentifier{Hint: "docker"}},
	}
	if !img.Hardened {
		block, _ := pem.Decode([]byte(layer.Annotations[certificateName]))
		if block == nil {
			return nil, invalid("no certificate in the annotation %s", certificateName)
		}
		m.Content = &protobundle.VerificationMaterial_X509CertificateChain{X509CertificateChain: &protocommon.X509CertificateChain{
			Certificates: []*protocommon.X509Certificate{{RawBytes: block.Bytes}},
		}}
	}
	if entry == "" {
		return m, nil
	}
	e, err := logEntry([]byte(entry))
	if err != nil {
		return nil, err
	}
	m.TlogEntries = []*rekor.TransparencyLogEntry{e}
	return m, nil
}

// number is one that some write as a string.
type number int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(text []byte) error {
	v, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 64)
	*n = number(v)
	return err
}

// keptEntry is what cosign keeps of an entry of the transparency log.
type keptEntry struct {
	Body           []byte `json:"body"`
	LogID          string `json:"logID"`
	IntegratedTime number `json:"integratedTime"`
	LogIndex       number `json:"logIndex"`
}

// logEntry reads an entry of the transparency log: as cosign has always written
// it, or in the shape of a bundle.
func logEntry(text []byte) (*rekor.TransparencyLogEntry, error) {
	var kept struct {
		SignedEntryTimestamp []byte
		Payload              keptEntry
		Content              struct {
			VerificationMaterial struct {
				TlogEntries []struct {
					LogIndex          number
					LogID             struct{ KeyID string }
					IntegratedTime    number
					InclusionPromise  struct{ SignedEntryTimestamp []byte }
					CanonicalizedBody []byte
				}
			}
		}
	}
	if err := json.Unmarshal(text, &kept); err != nil {
		return nil, invalid("reading the annotation %s: %w", logEntryName, err)
	}
	entry, promise := kept.Payload, kept.SignedEntryTimestamp
	if all := kept.Content.VerificationMaterial.TlogEntries; len(all) > 0 {
		e := all[0]
		promise = e.InclusionPromise.SignedEntryTimestamp
		entry = keptEntry{Body: e.CanonicalizedBody, LogID: e.LogID.KeyID, IntegratedTime: e.IntegratedTime, LogIndex: e.LogIndex}
	}
	id, err := hex.DecodeString(entry.LogID)
	if err != nil {
		return nil, invalid("reading the annotation %s: %w", logEntryName, err)
	}
	return &rekor.TransparencyLogEntry{
		LogIndex: int64(entry.LogIndex), LogId: &protocommon.LogId{KeyId: id},
		IntegratedTime: int64(entry.IntegratedTime), CanonicalizedBody: entry.Body,
		KindVersion:      &rekor.KindVersion{Kind: "hashedrekord", Version: "0.0.1"},
		InclusionPromise: &rekor.InclusionPromise{SignedEntryTimestamp: promise},
	}, nil
}
