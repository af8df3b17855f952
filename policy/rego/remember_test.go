package rego

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// A question that is asked again has the answer it had, and one that differs in
// anything has its own.
func TestRemembered(t *testing.T) {
	t.Parallel()
	const text = `package docker

default allow := false

allow if {
	input.image.repo == "alpine"
	input.image.platform == "linux/amd64"
	input.env.target == "app"
}

deny_msg contains sprintf("%v: no", [input.image.ref])

decision := {"allow": allow, "deny_msg": deny_msg}
`
	p, err := Load([]policy.File{{Name: "policy.rego", Text: []byte(text)}}, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(ref, platform, target string) policy.Decision {
		t.Helper()
		img, err := source.ParseImage(ref)
		if err != nil {
			t.Fatal(err)
		}
		d, err := p.Decide(t.Context(), policy.Request{Source: img, Platform: platform, Env: policy.Env{Target: target}})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for range 2 {
		if d := ask("alpine:3", "linux/amd64", "app"); d.Outcome != policy.Allow {
			t.Errorf("the same: %+v", d)
		}
		for _, other := range [][3]string{{"busybox:3", "linux/amd64", "app"}, {"alpine:3", "linux/arm64", "app"}, {"alpine:3", "linux/amd64", "test"}} {
			d := ask(other[0], other[1], other[2])
			if d.Outcome != policy.Deny || len(d.Messages) != 1 || strings.Contains(d.Messages[0], "changed") {
				t.Fatalf("%q: %+v", other, d)
			}
			d.Messages[0] = "changed"
		}
	}
	if got := len(p.remembered.answers); got != 4 {
		t.Errorf("%d answers are remembered, want 4", got)
	}
}

// What may be answered otherwise the next time is asked every time.
func TestNotRemembered(t *testing.T) {
	t.Parallel()
	image, err := source.ParseImage("alpine:3")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		rule string
		meta *policy.Metadata
	}{
		"clock":    {"time.now_ns() > 0", nil},
		"lot":      {`rand.intn("a", 2) >= 0`, nil},
		"file":     {`load_json("a.json").a`, nil},
		"metadata": {"true", &policy.Metadata{}},
	} {
		text := "package docker\n\nallow if " + tt.rule + "\n\ndecision := {\"allow\": allow}\n"
		p, err := Load([]policy.File{{Name: "policy.rego", Text: []byte(text)}}, fstest.MapFS{"a.json": {Data: []byte(`{"a": true}`)}}, Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d, err := p.Decide(t.Context(), policy.Request{Source: image, Platform: "linux/amd64", Metadata: tt.meta}); err != nil || d.Outcome != policy.Allow {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
		if len(p.remembered.answers) > 0 {
			t.Errorf("%s: remembered", name)
		}
	}
}
