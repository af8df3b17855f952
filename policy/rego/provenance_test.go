package rego_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

const built = `{"predicateType":"https://slsa.dev/provenance/v1","predicate":{
	"buildDefinition":{"buildType":"t","externalParameters":{
		"configSource":{"uri":"https://github.com/o/r.git","digest":{"sha1":"00"},"path":"Dockerfile"},
		"request":{"frontend":"dockerfile.v0","args":{"build-arg:TEAM":"core","target":"release"}}},
	"resolvedDependencies":[
		{"uri":"oci://unknown"},
		{"uri":"pkg:docker/alpine@3.19?platform=linux%2Farm64","digest":{"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}},
		{"uri":"https://example.com/a.tgz"},
		{"uri":"https://github.com/o/r.git#main"}]},
	"runDetails":{"builder":{"id":"https://builder"},"metadata":{"invocationId":"i","startedOn":"2026-01-02T03:04:05+01:00","buildkit_hermetic":true}}}}`

func TestProvenance(t *testing.T) {
	t.Parallel()
	img, err := source.ParseImage("alpine:3.19")
	if err != nil {
		t.Fatal(err)
	}
	meta := &policy.ImageMetadata{
		Digest: anySum, HasChain: true, AttestationManifest: anySum, Provenance: []byte(built), ProvenanceType: "https://slsa.dev/provenance/v1",
		Config: []byte(`{}`), Signatures: []map[string]any{{"kind": "self-signed"}},
	}
	r := policy.Request{Source: img, Platform: "linux/amd64", Metadata: &policy.Metadata{Image: meta}}
	compare(t, r, fstest.MapFS{}, [][2]string{
		{"input.image.hasProvenance", "true"},
		{"input.image.provenance.builderID", `"https://builder"`},
		{"input.image.provenance.buildArgs", `{"TEAM":"core"}`},
		{"input.image.provenance.startedOn", `"2026-01-02T02:04:05Z"`},
		{"input.image.provenance.reproducible", "false"},
		{"input.image.provenance.hermetic", "true"},
		{"input.image.provenance.completeness", `{"materials":false,"parameters":false}`},
		{"count(input.image.provenance.materials)", "3"},
		{"input.image.provenance.materials[0].image.ref", `"docker.io/library/alpine:3.19@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`},
		{"input.image.provenance.materials[0].image.platform", `"linux/arm64"`},
		{"input.image.provenance.materials[0].env.depth", "1"},
		{"input.image.provenance.materials[1].http.host", `"example.com"`},
		{"input.image.provenance.materials[2].git.host", `"github.com"`},
		{"input.image.signatures[0].kind", `"self-signed"`},
	})
	for expression, need := range map[string]string{
		"input.image.provenance.materials[0].image.labels.team": "image.provenance.materials[0].image.labels",
		"input.image.provenance.materials[1].http.checksum":     "image.provenance.materials[1].http.checksum",
	} {
		if _, needs := results(t, r, rego.Options{}, fstest.MapFS{}, expression); !slices.Equal(needs, []string{need}) {
			t.Errorf("%s needs %v, want %s", expression, needs, need)
		}
	}
}

const anySum = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// TestSignatureRequest is what a resolver must know to answer http.signature.
func TestSignatureRequest(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t, "gpg")
	key, public := w.pgpKey("grace@example.com")
	text := w.sign(key, "SHA512", []byte("what was released"))
	want := signatureMetadata(t, text, nil)
	module := "package docker\ndefault allow := false\nallow if verify_http_pgp_signature(input.http, \"sig\", \"key.asc\")\ndecision := {\"allow\": allow}\n"
	p, err := rego.Load([]policy.File{{Name: "Dockerfile.rego", Text: []byte(module)}}, fstest.MapFS{"sig": file(text), "key.asc": file(public)}, rego.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.Decide(t.Context(), policy.Request{Source: download})
	if err != nil || !slices.Equal(d.Needs, []string{"http.signature"}) {
		t.Fatalf("%+v, %v", d, err)
	}
	if s := d.Signature; s == nil || s.Algorithm != "sha512" || !slices.Equal(s.Suffix, want.Suffix) {
		t.Errorf("%+v, want %x", d.Signature, want.Suffix)
	}
}
