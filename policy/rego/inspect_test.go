package rego_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

const (
	head = "package docker\n\ndefault allow := false\n\nallow if input.local\n\n"
	tail = "\n\ndecision := {\"allow\": allow}\n"
)

// TestInspect lists what is found of rules, as "rule: text", and what must not
// be found: a finding that is wrong is worse than none.
func TestInspect(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{
		"ok.json":        {Data: []byte(`{"a": 1}`)},
		"bad.json":       {Data: []byte("{")},
		"lib/hosts.rego": {Data: []byte("package lib\n\nok(h) if h == input.image.registry\n")},
	}
	tests := []struct {
		name, rules string
		want        []string
	}{
		{"false", `allow if { input.image; input.image.isCanonical == false }`, []string{"rego-absent-comparison: input.image.isCanonical == false"}},
		{"under not", `allow if { input.image; not input.image.tag == "" }`, []string{`rego-absent-comparison: not input.image.tag == ""`}},
		{"through an import", "import input.image as img\nallow if { img.variant != \"v7\" }", []string{`rego-absent-comparison: img.variant != "v7"`}},
		{"presence is known", `allow if { input.image.tag; input.image.tag != "latest" }`, nil},
		{"not empty", `allow if { input.image.tag != "" }`, nil},
		{"always there", `allow if input.image.host != "docker.io"`, nil},
		{"empty build argument", `allow if input.env.args.X == ""`, nil},
		{"kept false", `allow if input.image.provenance.hermetic == false`, nil},

		{"nested", `allow if input.git.commit.author.mail == "a"`, []string{"rego-unknown-field: input.git.commit.author.mail"}},
		{"signer", `allow if { some s in input.image.signatures; s.signer.issuer == "x" }`, nil},
		{"list", `allow if input.image.signatures[0].signr.issuer == "x"`, []string{"rego-unknown-field: input.image.signatures[0].signr.issuer"}},
		{"material", `allow if input.image.provenance.materials[_].image.host == "x"`, nil},
		{"below a value", `allow if input.image.host.name == "x"`, []string{"rego-unknown-field: input.image.host.name"}},
		{"kind", `allow if input.images.host == "x"`, []string{"rego-unknown-field: input.images.host"}},
		{"label", `allow if input.image.labels.anything == "x"`, nil},
		{"mock", `x if { allow with input as {"local": {}} }`, nil},

		{"ref in a set", `refs := {"docker.io/library/alpine:3.20"}
allow if input.image.ref in refs`, []string{`rego-digest-pass: "docker.io/library/alpine:3.20"`}},
		{"ref both ways", `allow if input.image.ref == "docker.io/library/alpine:3.20"
allow if startswith(input.image.ref, "docker.io/library/alpine:3.20@")`, nil},
		{"not canonical", `allow if { input.image; not input.image.isCanonical }`, []string{"rego-digest-pass: not input.image.isCanonical"}},
		{"canonical elsewhere", `allow if { input.image; not input.image.isCanonical }
allow if input.image.isCanonical`, nil},
		{"denied ref", `allow if { input.image; not input.image.ref == "docker.io/library/alpine:3.20" }`, nil},

		{"repo with host beside", `allow if { input.image.host == "ghcr.io"; input.image.repo == "org/app" }`, []string{`rego-repo-host: "org/app"`}},
		{"repo with host", `allow if { input.image.host == "ghcr.io"; input.image.repo == "ghcr.io/org/app" }`, nil},
		{"repo prefix", `allow if startswith(input.image.repo, "library/")`, []string{`rego-repo-host: "library/"`}},
		{"repos", `allow if input.image.repo in {"alpine", "node:20"}`, []string{`rego-repo-host: "node:20"`}},
		{"full repo", `allow if input.image.fullRepo == "alpine"`, []string{`rego-repo-host: "alpine"`}},

		{"no file", `allow if load_json("no.json").a == 1`, []string{`rego-missing-file: "no.json"`}},
		{"named file", `path := "no.json"
allow if load_json(path).a == 1`, []string{`rego-missing-file: "no.json"`}},
		{"no JSON", `allow if load_json("bad.json").a == 1`, []string{`rego-missing-file: "bad.json"`}},
		{"no key", `allow if verify_git_signature(input.git.commit, "ok.json")`, []string{`rego-missing-file: "ok.json"`}},
		{"file", `allow if load_json("ok.json").a == 1`, nil},

		{"known by name", `allow if object.get(input.image, "tag", "latest") == "1"`, nil},
		{"asked elsewhere", `allow if { input.image.user; object.get(input.image, "labels", {}) != {} }`, nil},
		{"keys of known fields", `allow if { some f in ["host", "repo"]; input.image[f] == "x" }`, nil},
		{"keys", `allow if { some k; input.image[k] == "x" }`, []string{"rego-untriggered-field: input.image[k]"}},
		{"count", `allow if count(input.image) > 9`, []string{"rego-untriggered-field: count(input.image)"}},
		{"created", `allow if input.image.createdTime == "x"`, []string{"rego-untriggered-field: input.image.createdTime"}},
		{"printed", `allow if { input.image; print(json.marshal(input.image)) }`, nil},
		{"message", `deny_msg contains m if { m := json.marshal(input.image) }`, nil},

		{"path", `allow if startswith(input.http.path, "/good/")`, []string{`rego-path-prefix: startswith(input.http.path, "/good/")`}},
		{"pattern", "allow if regex.match(`^https://github\\.com/org/.*$`, input.git.remote)", []string{"rego-path-prefix: regex.match(`^https://github\\.com/org/.*$`, input.git.remote)"}},
		{"closed pattern", "allow if regex.match(`^https://github\\.com/org/[a-z]+\\.git$`, input.git.remote)", nil},
		{"host", `allow if startswith(input.git.remote, "https://github.com/")`, nil},
		{"half a host", `allow if startswith(input.http.url, "https://example.com")`, []string{`rego-path-prefix: startswith(input.http.url, "https://example.com")`}},
		{"scheme", `allow if startswith(input.http.url, "https://")`, nil},
		{"guarded", `allow if { startswith(input.git.remote, "https://github.com/org/"); not contains(input.git.remote, "..") }`, nil},

		{"imported", "import data.lib.hosts\nallow if hosts.ok(\"x\")", []string{"rego-unknown-field: input.image.registry"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := head + tt.rules + tail
			if len(tt.rules) > 6 && tt.rules[:6] == "import" {
				text = "package docker\n" + tt.rules + head[len("package docker\n"):] + tail
			}
			got := inspect(t, text, root)
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s\n got %q\nwant %q", tt.rules, got, tt.want)
			}
		})
	}
}

func inspect(t *testing.T, text string, root fstest.MapFS) []string {
	t.Helper()
	p, err := rego.Load([]policy.File{{Name: "Dockerfile.rego", Text: []byte(text)}}, root, rego.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range p.Inspect(t.Context(), nil) {
		got = append(got, f.Rule+": "+string(f.File.Text[f.Start:f.End]))
	}
	return got
}

// TestInspectDecision is about what concerns the policy as a whole.
func TestInspectDecision(t *testing.T) {
	t.Parallel()
	const decision = "\ndecision := {\"allow\": allow, \"deny_msg\": deny_msg}\n"
	tests := []struct {
		name, text string
		want       []string
	}{
		{"no default", "package docker\nallow if input.local\nallow if input.image\ndecision := {\"allow\": allow}", []string{"rego-no-default: allow"}},
		{"no decision", "package docker\ndefault allow := true", []string{"rego-no-default: docker"}},
		{"other package", "package mine\ndecision := {\"allow\": true}", []string{"rego-no-default: mine"}},
		{"default decision", "package docker\ndefault decision := {\"allow\": false}\ndecision := {\"allow\": true} if input.local", nil},
		{"local by argument", "package docker\ndefault allow := false\nallow if input.env.args.X == \"1\"\ndecision := {\"allow\": allow}", nil},
		{"context only", "package docker\ndefault allow := false\nallow if input.local.name == \"context\"\ndecision := {\"allow\": allow}", []string{"rego-no-local: input.local.name"}},
		{"old set", "package docker\ndefault allow := true\ndeny_msg[m] if { m := input.image.ref }" + decision, []string{"rego-deny-msg-type: deny_msg[m]"}},
		{"objects", "package docker\ndefault allow := true\ndeny_msg contains {\"msg\": 1} if input.image" + decision, []string{"rego-deny-msg-type: {\"msg\": 1}"}},
		{"inline", "package docker\ndecision := {\"allow\": true, \"deny_msg\": \"no\"}", []string{"rego-deny-msg-type: \"no\""}},
		{"list", "package docker\ndefault allow := true\ndeny_msg := [\"no\"]" + decision, nil},
		{"string in a list", "package docker\ndefault m := \"\"\nm := \"no\" if input.image\ndecision := {\"allow\": true, \"deny_msg\": [m]}", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := inspect(t, tt.text, nil); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
