// Package sigstoretest is a Sigstore of a test's own: it certifies, signs and logs
// what tests verify, by the root that it is.
package sigstoretest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"net/url"
	"testing"
	"time"

	ct "github.com/google/certificate-transparency-go"
	"github.com/google/certificate-transparency-go/tls"
	ctx509 "github.com/google/certificate-transparency-go/x509"
	"github.com/opencontainers/go-digest"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	protobundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	protocommon "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	protodsse "github.com/sigstore/protobuf-specs/gen/pb-go/dsse"
	rekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/testing/ca"
	"github.com/sigstore/sigstore-go/pkg/tlog"
	"google.golang.org/protobuf/encoding/protojson"
)

const payloadType = "application/vnd.in-toto+json"

// Authority certifies workflows and logs what they sign: sigstore-go's virtual one keeps the
// transparency log, and what that one lacks is made here, certificates of
// workflows that are in a certificate log.
type Authority struct {
	root.BaseTrustedMaterial

	t         *testing.T
	log       *ca.VirtualSigstore
	root      *x509.Certificate
	issuer    *x509.Certificate
	issuerKey *ecdsa.PrivateKey
	ctKey     *ecdsa.PrivateKey
}

// New is a Sigstore that nobody else trusts.
func New(t *testing.T) *Authority {
	t.Helper()
	a := &Authority{t: t}
	var err error
	a.log, err = ca.NewVirtualSigstore()
	a.check(err)
	var rootKey *ecdsa.PrivateKey
	a.root, rootKey, err = ca.GenerateRootCa()
	a.check(err)
	a.issuer, a.issuerKey, err = ca.GenerateFulcioIntermediate(a.root, rootKey)
	a.check(err)
	a.ctKey = a.Key()
	return a
}

// Trusted is the root of what it certifies, as sigstore.Roots.
func (a *Authority) Trusted(context.Context) (root.TrustedMaterial, error) { return a, nil }

func (a *Authority) check(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// Key is a new key to sign with.
func (a *Authority) Key() *ecdsa.PrivateKey {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.check(err)
	return key
}

// RekorLogs implements root.TrustedMaterial.
func (a *Authority) RekorLogs() map[string]*root.TransparencyLog { return a.log.RekorLogs() }

// FulcioCertificateAuthorities implements root.TrustedMaterial.
func (a *Authority) FulcioCertificateAuthorities() []root.CertificateAuthority {
	return []root.CertificateAuthority{&root.FulcioCertificateAuthority{
		Root: a.root, Intermediates: []*x509.Certificate{a.issuer},
		ValidityPeriodStart: time.Now().Add(-time.Hour), ValidityPeriodEnd: time.Now().Add(time.Hour),
	}}
}

// CTLogs implements root.TrustedMaterial.
func (a *Authority) CTLogs() map[string]*root.TransparencyLog {
	id := a.ctLogID()
	return map[string]*root.TransparencyLog{hex.EncodeToString(id[:]): {ID: id[:], PublicKey: a.ctKey.Public()}}
}

func (a *Authority) ctLogID() [sha256.Size]byte {
	der, err := x509.MarshalPKIXPublicKey(a.ctKey.Public())
	a.check(err)
	return sha256.Sum256(der)
}

// Certify makes a certificate for a workflow with extensions by object number;
// logged tells whether a certificate log has it.
func (a *Authority) Certify(key *ecdsa.PrivateKey, workflow string, extensions map[string]string, logged bool) *x509.Certificate {
	a.t.Helper()
	san, err := url.Parse(workflow)
	a.check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), URIs: []*url.URL{san},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(9 * time.Minute),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
	for _, oid := range []asn1.ObjectIdentifier{
		certificate.OIDIssuerV2, certificate.OIDBuildSignerURI, certificate.OIDRunnerEnvironment,
		certificate.OIDSourceRepositoryURI, certificate.OIDSourceRepositoryRef,
	} {
		value, err := asn1.MarshalWithParams(extensions[oid.String()], "utf8")
		a.check(err)
		template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{Id: oid, Value: value})
	}
	// What Fulcio has replaced is there too, and no policy sees it.
	template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 6}, Value: []byte("old")})
	if logged {
		template.ExtraExtensions = append(template.ExtraExtensions, a.timestamp(a.sign(template, key)))
	}
	return a.sign(template, key)
}

func (a *Authority) sign(template *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	a.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, a.issuer, key.Public(), a.issuerKey)
	a.check(err)
	cert, err := x509.ParseCertificate(der)
	a.check(err)
	return cert
}

// timestamp is the certificate log's promise to have a certificate, as the
// extension that is added to it.
func (a *Authority) timestamp(cert *x509.Certificate) pkix.Extension {
	a.t.Helper()
	sct := ct.SignedCertificateTimestamp{
		SCTVersion: ct.V1, LogID: ct.LogID{KeyID: a.ctLogID()}, Timestamp: uint64(time.Now().UnixMilli()),
	}
	input, err := ct.SerializeSCTSignatureInput(sct, ct.LogEntry{Leaf: ct.MerkleTreeLeaf{
		Version: ct.V1, LeafType: ct.TimestampedEntryLeafType, TimestampedEntry: &ct.TimestampedEntry{
			Timestamp: sct.Timestamp, EntryType: ct.PrecertLogEntryType, PrecertEntry: &ct.PreCert{
				IssuerKeyHash: sha256.Sum256(a.issuer.RawSubjectPublicKeyInfo), TBSCertificate: cert.RawTBSCertificate,
			},
		},
	}})
	a.check(err)
	sum := sha256.Sum256(input)
	sct.Signature.Algorithm = tls.SignatureAndHashAlgorithm{Hash: tls.SHA256, Signature: tls.ECDSA}
	sct.Signature.Signature, err = ecdsa.SignASN1(rand.Reader, a.ctKey, sum[:])
	a.check(err)
	text, err := tls.Marshal(sct)
	a.check(err)
	list, err := tls.Marshal(ctx509.SignedCertificateTimestampList{SCTList: []ctx509.SerializedSCT{{Val: text}}})
	a.check(err)
	value, err := asn1.Marshal(list)
	a.check(err)
	return pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}, Value: value}
}

// Statement says in in-toto's words what something with a digest is.
func Statement(predicate string, of digest.Digest) string {
	return fmt.Sprintf(`{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"f","digest":{%q:%q}}],"predicateType":%q,"predicate":{}}`,
		of.Algorithm(), of.Encoded(), predicate)
}

// Bundle signs a statement and is the bundle of it; logged tells whether the
// transparency log has the signature.
func (a *Authority) Bundle(key *ecdsa.PrivateKey, cert *x509.Certificate, statement string, logged bool) []byte {
	a.t.Helper()
	sum := sha256.Sum256(dsse.PAE(payloadType, []byte(statement)))
	sig, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	a.check(err)
	envelope := &dsse.Envelope{
		PayloadType: payloadType, Payload: base64.StdEncoding.EncodeToString([]byte(statement)),
		Signatures: []dsse.Signature{{Sig: base64.StdEncoding.EncodeToString(sig)}},
	}
	var entries []*rekor.TransparencyLogEntry
	if logged {
		entries = append(entries, a.logged(envelope, cert, sig))
	}
	text, err := protojson.Marshal(&protobundle.Bundle{
		MediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
		VerificationMaterial: &protobundle.VerificationMaterial{
			Content:     &protobundle.VerificationMaterial_Certificate{Certificate: &protocommon.X509Certificate{RawBytes: cert.Raw}},
			TlogEntries: entries,
		},
		Content: &protobundle.Bundle_DsseEnvelope{DsseEnvelope: &protodsse.Envelope{
			Payload: []byte(statement), PayloadType: payloadType, Signatures: []*protodsse.Signature{{Sig: sig}},
		}},
	})
	a.check(err)
	return text
}

// logged is what the transparency log says of a signature. The entry does not
// give away the log's promise, so that is made again.
func (a *Authority) logged(envelope *dsse.Envelope, cert *x509.Certificate, sig []byte) *rekor.TransparencyLogEntry {
	a.t.Helper()
	made, err := a.log.GenerateTlogEntry(cert, envelope, sig, time.Now().Unix(), true)
	a.check(err)
	entry := made.TransparencyLogEntry()
	promise, err := a.log.RekorSignPayload(tlog.RekorPayload{
		LogID: hex.EncodeToString(entry.LogId.KeyId), IntegratedTime: entry.IntegratedTime, LogIndex: entry.LogIndex,
		Body: base64.StdEncoding.EncodeToString(entry.CanonicalizedBody),
	})
	a.check(err)
	entry.InclusionPromise = &rekor.InclusionPromise{SignedEntryTimestamp: promise}
	entry.KindVersion = &rekor.KindVersion{Kind: "dsse", Version: "0.0.1"}
	return entry
}

// Extensions are those of a certificate for a workflow of GitHub Actions.
func Extensions(signer string) map[string]string {
	return map[string]string{
		certificate.OIDIssuerV2.String():            "https://token.actions.githubusercontent.com",
		certificate.OIDBuildSignerURI.String():      signer,
		certificate.OIDRunnerEnvironment.String():   "github-hosted",
		certificate.OIDSourceRepositoryURI.String(): "https://github.com/example/app",
		certificate.OIDSourceRepositoryRef.String(): "refs/tags/v1",
	}
}

// Workflows that sign: Docker's own, and that of a repository.
const (
	Builder  = "https://github.com/docker/github-builder/.github/workflows/build.yml@refs/tags/v1"
	Workflow = "https://github.com/example/app/.github/workflows/build.yml@refs/tags/v1"
)
