package sigstore_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/testing/data"

	"github.com/imgpolicy/imgpolicy/policy/sigstore"
	"github.com/imgpolicy/imgpolicy/policy/sigstore/sigstoretest"
)

const (
	slsa     = "https://slsa.dev/provenance/v1"
	builder  = sigstoretest.Builder
	workflow = sigstoretest.Workflow
)

func statement(predicate, content string) string {
	return sigstoretest.Statement(predicate, digest.FromString(content))
}

func trusting(m root.TrustedMaterial) *sigstore.Verifier {
	return sigstore.New(func(context.Context) (root.TrustedMaterial, error) { return m, nil })
}

func TestBundlesThatHold(t *testing.T) {
	t.Parallel()
	a := sigstoretest.New(t)
	key := a.Key()
	for _, c := range []struct{ workflow, predicate, kind string }{
		{builder, slsa, "docker-github-builder"},
		{builder, "https://slsa.dev/provenance/v0.2", "docker-github-builder"},
		{workflow, slsa, "self-signed-github-repo"},
	} {
		bundle := a.Bundle(key, a.Certify(key, c.workflow, sigstoretest.Extensions(c.workflow), true), statement(c.predicate, "f"), true)
		got, err := trusting(a).VerifyArtifact(t.Context(), digest.FromString("f"), bundle)
		if err != nil {
			t.Errorf("%s: %v", c.workflow, err)
			continue
		}
		times, _ := got["timestamps"].([]any)
		if len(times) != 1 || times[0].(map[string]any)["type"] != "Tlog" || times[0].(map[string]any)["timestamp"] == "" {
			t.Errorf("timestamps %v", got["timestamps"])
		}
		delete(got, "timestamps")
		want := `{"kind":"` + c.kind + `","signer":{"buildSignerURI":"` + c.workflow +
			`","certificateIssuer":"CN=sigstore-intermediate,O=sigstore.dev","issuer":"https://token.actions.githubusercontent.com",` +
			`"runnerEnvironment":"github-hosted","sourceRepositoryRef":"refs/tags/v1","sourceRepositoryURI":"https://github.com/example/app",` +
			`"subjectAlternativeName":"` + c.workflow + `"},"type":"bundle-v0.3"}`
		if text, _ := json.Marshal(got); string(text) != want {
			t.Errorf("got  %s\nwant %s", text, want)
		}
	}
}

func encoded(cert *x509.Certificate) []byte {
	return []byte(base64.StdEncoding.EncodeToString(cert.Raw))
}

func TestBundlesThatDoNotHold(t *testing.T) {
	t.Parallel()
	a := sigstoretest.New(t)
	key := a.Key()
	cert := a.Certify(key, builder, sigstoretest.Extensions(builder), true)
	good := a.Bundle(key, cert, statement(slsa, "f"), true)
	f := digest.FromString("f")
	for name, c := range map[string]struct {
		roots  root.TrustedMaterial
		digest digest.Digest
		bundle []byte
		want   string
	}{
		"another file":            {a, digest.FromString("g"), good, "provided artifact digest does not match any digest in statement"},
		"another root":            {sigstoretest.New(t), f, good, "verifying bundle: "},
		"another certificate":     {a, f, bytes.Replace(good, encoded(cert), encoded(a.Certify(a.Key(), builder, sigstoretest.Extensions(builder), true)), 1), "verifying bundle: "},
		"no certificate log":      {a, f, a.Bundle(key, a.Certify(key, builder, sigstoretest.Extensions(builder), false), statement(slsa, "f"), true), "only able to verify 0 SCT entries"},
		"no transparency log":     {a, f, a.Bundle(key, cert, statement(slsa, "f"), false), "transparency log"},
		"another predicate":       {a, f, a.Bundle(key, cert, statement("https://spdx.dev/Document", "f"), true), `unexpected predicate type "https://spdx.dev/Document", expecting SLSA provenance`},
		"a tampered statement":    {a, f, []byte(strings.Replace(string(good), `"payload":"`, `"payload":"e30`, 1)), ""},
		"an empty object":         {a, f, []byte("{}"), "reading bundle: "},
		"no JSON":                 {a, f, []byte("rubbish"), "reading bundle: "},
		"nothing":                 {a, f, nil, "reading bundle: "},
		"a digest that is no hex": {a, "sha256:xy", good, "decoding digest sha256:xy"},
	} {
		got, err := trusting(c.roots).VerifyArtifact(t.Context(), c.digest, c.bundle)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, error %v, want %q", name, got, err, c.want)
		}
	}
	failing := sigstore.New(func(context.Context) (root.TrustedMaterial, error) { return nil, errors.New("no way") })
	if _, err := failing.VerifyArtifact(t.Context(), f, good); err == nil || err.Error() != "getting trusted root: no way" {
		t.Errorf("without a root: error %v", err)
	}
}

// TestRecordedBundle verifies what a release of sigstore-js was published with,
// against the root that is compiled in.
func TestRecordedBundle(t *testing.T) {
	t.Parallel()
	text, err := data.Bundle(t, "sigstore.js@2.0.0-provenance.sigstore.json").MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	const sum = "sha512:46d4e2f74c4877316640000a6fdf8a8b59f1e0847667973e9859f774dd31b8f1e0937813b777fb66a2ac67d50540fe34640966eee9fc2ccca387082b4c85cd3c"
	got, err := sigstore.New(sigstore.Embedded).VerifyArtifact(t.Context(), sum, text)
	if err != nil {
		t.Fatal(err)
	}
	signer := got["signer"].(map[string]any)
	if got["kind"] != "self-signed-github-repo" || signer["sourceRepositoryURI"] != "https://github.com/sigstore/sigstore-js" || signer["githubWorkflowRef"] != nil {
		t.Errorf("%v", got)
	}
	// A file that is signed as such has no statement, and its signer no provenance.
	text, err = data.Bundle(t, "othername.sigstore.json").MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := trusting(data.TrustedRoot(t, "scaffolding.json")).VerifyArtifact(t.Context(), digest.FromString("x"), text); err == nil {
		t.Errorf("%v", got)
	}
}
