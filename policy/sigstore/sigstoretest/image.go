package sigstoretest

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"time"

	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sigstore/sigstore-go/pkg/tlog"
)

// Types of signatures.
const (
	BundleType        = "application/vnd.dev.sigstore.bundle.v0.3+json"
	CosignType        = "application/vnd.dev.cosign.artifact.sig.v1+json"
	SimpleSigningType = "application/vnd.dev.cosign.simplesigning.v1+json"
)

// Image is an image for linux/amd64 as BuildKit pushes it with provenance, all
// its manifests and blobs by their digest.
type Image struct {
	Index, Manifest, Attestation, Signature ocispecs.Descriptor

	Manifests, Blobs map[digest.Digest][]byte
}

// NewImage is an image with provenance that nobody has signed.
func (a *Authority) NewImage() *Image {
	a.t.Helper()
	i := &Image{Manifests: map[digest.Digest][]byte{}, Blobs: map[digest.Digest][]byte{}}
	config := i.blob(ocispecs.MediaTypeImageConfig, []byte(`{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}`))
	i.Manifest = i.put(a, ocispecs.Manifest{Config: config, Layers: []ocispecs.Descriptor{}})
	i.Manifest.Platform = &ocispecs.Platform{OS: "linux", Architecture: "amd64"}
	provenance := i.blob("application/vnd.in-toto+json", []byte(Statement("https://slsa.dev/provenance/v1", i.Manifest.Digest)))
	provenance.Annotations = map[string]string{"in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"}
	i.Attestation = i.put(a, ocispecs.Manifest{
		Config: i.blob(ocispecs.MediaTypeImageConfig, []byte("{}")), Layers: []ocispecs.Descriptor{provenance}, Subject: subject(i.Manifest),
	})
	i.Attestation.Platform = &ocispecs.Platform{OS: "unknown", Architecture: "unknown"}
	i.Attestation.Annotations = map[string]string{
		"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": i.Manifest.Digest.String(),
	}
	index := ocispecs.Index{MediaType: ocispecs.MediaTypeImageIndex, Manifests: []ocispecs.Descriptor{i.Manifest, i.Attestation}}
	index.SchemaVersion = 2
	i.Index = i.manifest(a, index.MediaType, index)
	return i
}

func subject(d ocispecs.Descriptor) *ocispecs.Descriptor {
	return &ocispecs.Descriptor{MediaType: d.MediaType, Digest: d.Digest, Size: d.Size}
}

func (i *Image) blob(media string, body []byte) ocispecs.Descriptor {
	d := ocispecs.Descriptor{MediaType: media, Digest: digest.FromBytes(body), Size: int64(len(body))}
	i.Blobs[d.Digest] = body
	return d
}

func (i *Image) put(a *Authority, m ocispecs.Manifest) ocispecs.Descriptor {
	a.t.Helper()
	m.SchemaVersion, m.MediaType = 2, ocispecs.MediaTypeImageManifest
	return i.manifest(a, m.MediaType, m)
}

func (i *Image) manifest(a *Authority, media string, m any) ocispecs.Descriptor {
	a.t.Helper()
	body, err := json.Marshal(m)
	a.check(err)
	d := ocispecs.Descriptor{MediaType: media, Digest: digest.FromBytes(body), Size: int64(len(body))}
	i.Manifests[d.Digest] = body
	return d
}

// Attach puts a signature of the attestations: a manifest of a type with a layer.
func (i *Image) Attach(a *Authority, artifact, media string, body []byte, annotations map[string]string) {
	a.t.Helper()
	layer := i.blob(media, body)
	layer.Annotations = annotations
	i.Signature = i.put(a, ocispecs.Manifest{
		// The registry of go-containerregistry takes the type from the config.
		ArtifactType: artifact, Config: withType(i.blob("", []byte("{}")), artifact),
		Layers: []ocispecs.Descriptor{layer}, Subject: subject(i.Attestation),
	})
	i.Signature.ArtifactType = artifact
}

func withType(d ocispecs.Descriptor, media string) ocispecs.Descriptor {
	d.MediaType = media
	return d
}

// Sign signs the attestations of an image for a workflow, with a bundle.
func (a *Authority) Sign(i *Image, workflow string) {
	a.t.Helper()
	key := a.Key()
	cert := a.Certify(key, workflow, Extensions(workflow), true)
	i.Attach(a, BundleType, BundleType, a.Bundle(key, cert, Statement("https://sigstore.dev/cosign/sign/v1", i.Attestation.Digest), true), nil)
}

// SignSimply does it in cosign's older form, in which the signature is an
// annotation.
func (a *Authority) SignSimply(i *Image, workflow string) {
	a.t.Helper()
	key := a.Key()
	cert := a.Certify(key, workflow, Extensions(workflow), true)
	body := fmt.Sprintf(`{"critical":{"identity":{"docker-reference":"docker.io/example/app"},"image":{"docker-manifest-digest":%q},"type":"cosign container image signature"}}`, i.Attestation.Digest)
	sum := sha256.Sum256([]byte(body))
	sig, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	a.check(err)
	text := base64.StdEncoding.EncodeToString(sig)
	i.Attach(a, CosignType, SimpleSigningType, []byte(body), map[string]string{
		"dev.cosignproject.cosign/signature": text, "dev.sigstore.cosign/certificate": string(encodePEM(cert)),
		"dev.sigstore.cosign/bundle": a.loggedHash(sum[:], text, cert),
	})
}

func encodePEM(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

// loggedHash is what cosign keeps of the log's entry for the signature of a hash.
func (a *Authority) loggedHash(sum []byte, sig string, cert *x509.Certificate) string {
	a.t.Helper()
	var log string
	for id := range a.RekorLogs() {
		log = id
	}
	payload := tlog.RekorPayload{
		Body: base64.StdEncoding.EncodeToString([]byte(fmt.Sprintf(
			`{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"%x"}},"signature":{"content":%q,"publicKey":{"content":%q}}}}`,
			sum, sig, base64.StdEncoding.EncodeToString(encodePEM(cert))))),
		IntegratedTime: time.Now().Unix(), LogIndex: 7, LogID: log,
	}
	promise, err := a.log.RekorSignPayload(payload)
	a.check(err)
	text, err := json.Marshal(map[string]any{"SignedEntryTimestamp": promise, "Payload": payload})
	a.check(err)
	return string(text)
}
