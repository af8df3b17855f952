package rego_test

import (
	"bytes"
	"crypto"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/moby/buildkit/util/pgpsign"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

var local = source.Raw{ID: "local://context"}

var download = source.Raw{ID: "https://example.com/app.tar.gz"}

// sign makes a detached signature of a file with the given hash.
func (w workshop) sign(key, hash string, content []byte) []byte {
	w.t.Helper()
	name := filepath.Join(w.dir, "file")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return w.run("gpg", "--batch", "--armor", "--local-user", key, "--digest-algo", hash, "--output", "-", "--detach-sign", name)
}

// signatureMetadata is what BuildKit would compute of a file for a signature.
func signatureMetadata(t *testing.T, sigText, content []byte) *policy.HTTPSignature {
	t.Helper()
	sig, _, err := pgpsign.ParseArmoredDetachedSignature(sigText)
	if err != nil {
		t.Fatal(err)
	}
	h := sig.Hash.New()
	h.Write(content)
	h.Write(sig.HashSuffix)
	name := map[crypto.Hash]string{crypto.SHA256: "sha256", crypto.SHA384: "sha384", crypto.SHA512: "sha512"}[sig.Hash]
	return &policy.HTTPSignature{Digest: name + ":" + hex.EncodeToString(h.Sum(nil)), Suffix: sig.HashSuffix}
}

func TestHTTPSignatures(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t, "gpg")
	key, public := w.pgpKey("grace@example.com")
	_, other := w.pgpKey("eve@example.com")
	content, evil := []byte("what was released"), []byte("what was put in its place")
	root := fstest.MapFS{"key.asc": file(public), "other.asc": file(other), "rubbish": file([]byte("rubbish"))}
	signatures := map[string][]byte{}
	for _, hash := range []string{"SHA256", "SHA384", "SHA512", "SHA224"} {
		signatures[hash] = w.sign(key, hash, content)
		root[hash] = file(signatures[hash])
	}
	call := func(sig, key string) string {
		return `verify_http_pgp_signature(input.http, "` + sig + `", "` + key + `")`
	}
	ask := func(s *policy.HTTPSignature) policy.Request {
		return policy.Request{Source: download, Metadata: &policy.Metadata{HTTP: &policy.HTTPMetadata{Checksum: "sha256:" + hex.EncodeToString(make([]byte, 32)), Signature: s}}}
	}
	for _, hash := range []string{"SHA256", "SHA384", "SHA512"} {
		compare(t, ask(signatureMetadata(t, signatures[hash], content)), root, [][2]string{
			{call(hash, "key.asc"), "true"},
			{call(hash, "other.asc"), "false"},
			{call(hash, "rubbish"), "undefined"},
			{call(hash, "missing"), "undefined"},
			{call("rubbish", "key.asc"), "undefined"},
			{call("missing", "key.asc"), "undefined"},
			{call("SHA224", "key.asc"), "undefined"},
			{`verify_http_pgp_signature(object.union(input.http, {"url": "x"}), "` + hash + `", "key.asc")`, "undefined"},
			{`verify_http_pgp_signature(input.env, "` + hash + `", "key.asc")`, "undefined"},
		})
		compare(t, ask(signatureMetadata(t, signatures[hash], evil)), root, [][2]string{{call(hash, "key.asc"), "false"}})
	}
	malformed := signatureMetadata(t, signatures["SHA256"], content)
	malformed.Digest = "sha256:12"
	compare(t, ask(malformed), root, [][2]string{{call("SHA256", "key.asc"), "undefined"}})
	compare(t, policy.Request{Source: local}, root, [][2]string{
		{`verify_http_pgp_signature({}, "SHA256", "key.asc")`, "false"},
		{`verify_http_pgp_signature(input.local, "missing", "missing")`, "false"},
	})
	compare(t, ask(nil), root, [][2]string{{call("missing", "key.asc"), "undefined"}, {call("SHA224", "key.asc"), "undefined"}})
}

// TestHTTPSignaturesThatAreAskedFor gives what does not belong to the signature
// that the policy names.
func TestHTTPSignaturesThatAreAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t, "gpg")
	key, public := w.pgpKey("grace@example.com")
	content := []byte("what was released")
	sig := w.sign(key, "SHA256", content)
	root := fstest.MapFS{"sig": file(sig), "key.asc": file(public)}
	right := signatureMetadata(t, sig, content)
	sha512 := "sha512:" + hex.EncodeToString(make([]byte, 64))
	for name, given := range map[string]*policy.HTTPSignature{
		"nothing":                {},
		"no digest":              {Suffix: right.Suffix},
		"no suffix":              {Digest: right.Digest},
		"another suffix":         {Digest: right.Digest, Suffix: append(bytes.Clone(right.Suffix), 0)},
		"the wrong hash":         {Digest: sha512, Suffix: right.Suffix},
		"neither, and malformed": {Digest: "rubbish", Suffix: nil},
	} {
		for _, checksum := range []string{"", "sha256:" + hex.EncodeToString(make([]byte, 32))} {
			r := policy.Request{Source: download, Metadata: &policy.Metadata{HTTP: &policy.HTTPMetadata{Checksum: checksum, Signature: given}}}
			_, needs := results(t, r, rego.Options{}, root, `verify_http_pgp_signature(input.http, "sig", "key.asc")`)
			if !slices.Equal(needs, []string{"http.signature"}) {
				t.Errorf("%s: needs %v", name, needs)
			}
		}
	}
}

func TestHTTPMetadataAsJSON(t *testing.T) {
	t.Parallel()
	var m policy.Metadata
	text := `{"http":{"checksum":"sha256:00","signature":{"digest":"sha256:01","suffix":"BAAT"}}}`
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	if s := m.HTTP.Signature; m.HTTP.Checksum != "sha256:00" || s.Digest != "sha256:01" || !bytes.Equal(s.Suffix, []byte{4, 0, 0x13}) {
		t.Errorf("%+v", m.HTTP)
	}
}
