package export

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/sourcepolicy"
	spb "github.com/moby/buildkit/sourcepolicy/pb"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint/export/exporttest"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

// engine is BuildKit's with an exported source policy.
func engine(t *testing.T, text []byte) *sourcepolicy.Engine {
	t.Helper()
	var p spb.Policy
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return sourcepolicy.NewEngine([]*spb.Policy{&p})
}

// evaluated is what BuildKit fetches for a source, "" where it is denied.
func evaluated(t *testing.T, e *sourcepolicy.Engine, identifier string) string {
	t.Helper()
	op := &pb.SourceOp{Identifier: identifier}
	switch _, err := e.Evaluate(t.Context(), op); {
	case errors.Is(err, sourcepolicy.ErrSourceDenied):
		return ""
	case err != nil:
		t.Fatalf("%s: %v", identifier, err)
	}
	return op.Identifier
}

// TestSourcePolicyInBuildKit asks BuildKit about every reference: what lint denies
// is denied, but for the public names of what has a private copy, which is
// fetched in their place.
func TestSourcePolicyInBuildKit(t *testing.T) {
	t.Parallel()
	p := organization(t)
	e := engine(t, exported(t, p, "buildkit-source-policy")["source-policy.json"].Data)
	allowed := 0
	for _, ref := range p.References() {
		findings, err := p.Judge(ref, p.Today)
		if err != nil {
			t.Fatal(err)
		}
		want := true
		for _, f := range findings {
			want = want && f.Rule == approval.PublicRegistry
		}
		got := evaluated(t, e, source.ImageScheme+ref)
		if want != (got != "") && !strings.Contains(ref, "evil") { // of which the limits tell
			t.Errorf("%s becomes %q; lint says %+v", ref, got, findings)
		}
		if got == "" {
			continue
		}
		allowed++
		img, err := source.ParseReference(strings.TrimPrefix(got, source.ImageScheme))
		if err != nil {
			t.Fatal(err)
		}
		if !img.Pinned() && !strings.HasPrefix(ref, "quay.io/acme") && !strings.HasPrefix(ref, "registry.acme.example/own") {
			t.Errorf("%s becomes %s, which is not pinned", ref, got)
		}
	}
	if allowed < 50 {
		t.Errorf("%d references are allowed: too few to compare", allowed)
	}
	a1, a2 := "sha256:"+strings.Repeat("a1", 32), "sha256:"+strings.Repeat("a2", 32)
	const private = "docker-image://registry.acme.example/approved/docker.io/library/alpine"
	for from, to := range map[string]string{
		"docker-image://docker.io/library/alpine:3.20":       private + ":3.20@" + a1,
		"docker-image://docker.io/library/alpine:3.20@" + a1: private + ":3.20@" + a1,
		"docker-image://docker.io/library/alpine@" + a2:      private + "@" + a2,
		private + ":3.20": private + ":3.20@" + a1,
		"docker-image+blob://docker.io/library/alpine@" + a1: "",
		"local://context":                       "local://context",
		"oci-layout://base@" + a1:               "oci-layout://base@" + a1,
		"https://github.com/a/b":                "https://github.com/a/b",
		"https://GITHUB.com:443/a":              "https://GITHUB.com:443/a",
		"https://github.com@other.example/a":    "",
		"https://github.com.example/a":          "",
		"https://files.acme.example/a":          "https://files.acme.example/a",
		"https://other.example/.acme.example/a": "",
		"https://downloads.example:8443/a":      "https://downloads.example:8443/a",
		"https://downloads.example/a":           "",
		"git://github.com/a/b.git#main":         "git://github.com/a/b.git#main",
		"git://gitlab.example/a/b.git":          "",
	} {
		if got := evaluated(t, e, from); got != to {
			t.Errorf("%s becomes %q, want %q", from, got, to)
		}
	}
}

// TestSourcePolicyOfCorpus asks about every image of the corpus.
func TestSourcePolicyOfCorpus(t *testing.T) {
	t.Parallel()
	references := corpus(t)
	p, err := exporttest.Approving(references, today())
	if err != nil {
		t.Fatal(err)
	}
	e := engine(t, exported(t, p, "buildkit-source-policy")["source-policy.json"].Data)
	for _, ref := range references {
		findings, err := p.Judge(ref, p.Today)
		if err != nil {
			t.Fatal(err)
		}
		if got := evaluated(t, e, source.ImageScheme+ref); (got != "") != (len(findings) == 0) {
			t.Errorf("%s becomes %q; lint says %+v", ref, got, findings)
		}
	}
}
