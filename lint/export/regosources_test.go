package export_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint/export"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// TestRegoSources asks about what is no image: the organization lists hosts, and
// the program denies what has evil in it.
func TestRegoSources(t *testing.T) {
	t.Parallel()
	policies := regoPolicies(t, exported(t, organization(t, payments), "rego"))
	git := func(word string) source.Source {
		g, _, err := source.ParseGit(word)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	tests := []struct {
		src  source.Source
		want bool
		says string
	}{
		{source.Local{Name: "context"}, true, ""},
		{source.Local{Name: "evil"}, true, ""},
		{source.HTTP{URL: "https://github.com/a/b"}, true, ""},
		{source.HTTP{URL: "https://GitHub.com/a/b"}, true, ""},
		{source.HTTP{URL: "https://github.com:8443/a/b"}, true, ""},
		{source.HTTP{URL: "https://github.com.example/a"}, false, "host github.com.example is not allowed: github.com, *.acme.example, downloads.example:8443"},
		{source.HTTP{URL: "https://github.com/evil"}, false, "download from github.com is denied by the image policy acme/payments/.imgpolicy.yaml: a blacklist entry matches"},
		{source.HTTP{URL: "https://github.com@other.example/a"}, false, "host other.example is not allowed"},
		{source.HTTP{URL: "https://evil:secret@github.com/a"}, true, ""},
		{source.HTTP{URL: "https://files.acme.example/a"}, true, ""},
		{source.HTTP{URL: "https://acme.example/a"}, false, "host acme.example"},
		{source.HTTP{URL: "https://downloads.example:8443/a"}, true, ""},
		{source.HTTP{URL: "https://downloads.example/a"}, false, "host downloads.example"},
		{git("https://github.com/a/b.git#main"), true, ""},
		{git("git@github.com:a/b.git"), true, ""},
		{git("git@gitlab.example:a/b.git"), false, "host gitlab.example"},
		{git("https://github.com/evil/b.git"), false, "git repository on github.com is denied"},
	}
	for _, tt := range tests {
		got, messages := checked(t, policies, tt.src, "")
		if got != tt.want || tt.says != "" && !strings.Contains(strings.Join(messages, "\n"), tt.says) {
			t.Errorf("%s: allowed is %t, %q; want %t, %q", tt.src.Identifier(), got, messages, tt.want, tt.says)
		}
	}
}

// decided asks a build policy about an image as a whole build does.
func decided(t *testing.T, e *export.Export, name, ref string) policy.Decision {
	t.Helper()
	dir, _ := directory(e)
	p, err := rego.Load([]policy.File{{Name: name, Text: dir[name].Data}}, dir, rego.Options{})
	if err != nil {
		t.Fatal(err)
	}
	img, err := source.ParseImage(ref)
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.Decide(t.Context(), policy.Request{Source: img, Platform: "linux/amd64"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestRegoPasses asks as a build does, which asks about a tag twice: an approved
// tag is allowed, and then only with an approved digest.
func TestRegoPasses(t *testing.T) {
	t.Parallel()
	e := exported(t, organization(t, payments), "rego")
	tests := []struct {
		ref  string
		want policy.Outcome
		says string
	}{
		{"registry.acme.example/approved/docker.io/library/alpine:3.20", policy.Unknown, ""},
		{"alpine:3.20@sha256:" + strings.Repeat("a1", 32), policy.Allow, ""},
		{"alpine:3.20@sha256:" + strings.Repeat("00", 32), policy.Deny, "alpine:3.20 is approved with the digest sha256:" + strings.Repeat("a1", 32)},
		{"quay.io/acme/app:1", policy.Allow, ""},
		{"alpine:3.19", policy.Deny, "alpine:3.19 is not an approved version of alpine: approved versions are 3.20, 3.21"},
	}
	for _, tt := range tests {
		d := decided(t, e, "organization-acme.rego", tt.ref)
		if d.Outcome != tt.want || !strings.Contains(strings.Join(d.Messages, "\n"), tt.says) {
			t.Errorf("%s: %s, %q; want %s, %q", tt.ref, d.Outcome, d.Messages, tt.want, tt.says)
		}
	}
}

// Without its approvals, or with those of another export, a build policy denies
// every image and nothing else.
func TestRegoWithoutData(t *testing.T) {
	t.Parallel()
	e := exported(t, organization(t, payments), "rego")
	dir, _ := directory(e)
	const name, data = "organization-acme.rego", "organization-acme.json"
	other := []byte(strings.Replace(string(dir[data].Data), `"export":"`, `"export":"0`, 1))
	for what, root := range map[string]fstest.MapFS{"missing": {}, "another": {data: {Data: other}}, "cut": {data: {Data: other[:len(other)/2]}}} {
		p, err := rego.Load([]policy.File{{Name: name, Text: dir[name].Data}}, root, rego.Options{})
		if err != nil {
			t.Fatal(err)
		}
		img, err := source.ParseImage("quay.io/acme/app:1")
		if err != nil {
			t.Fatal(err)
		}
		got, messages := checked(t, []*rego.Policy{p}, img, "linux/amd64")
		if got || !strings.Contains(strings.Join(messages, "\n"), "image quay.io/acme/app:1 cannot be judged") {
			t.Errorf("%s: allowed is %t, %q", what, got, messages)
		}
		if got, messages := checked(t, []*rego.Policy{p}, source.Local{Name: "context"}, ""); !got {
			t.Errorf("%s: the context is denied: %q", what, messages)
		}
	}
}

// A level in a dry run denies nothing.
func TestRegoDryRun(t *testing.T) {
	t.Parallel()
	p := organization(t, payments)
	for i := range p.Levels {
		p.Levels[i].DryRun = true
	}
	for _, f := range []string{"unheard:1", "untrusted.example/app:1", "alpine:3.20@sha256:" + strings.Repeat("00", 32)} {
		if d := decided(t, exported(t, p, "rego"), "organization-acme.rego", f); d.Outcome != policy.Allow {
			t.Errorf("%s: %s, %q", f, d.Outcome, d.Messages)
		}
	}
}
