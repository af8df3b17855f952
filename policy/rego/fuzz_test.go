package rego

import (
	"reflect"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// FuzzInput puts sources of strangers to a policy that looks at all that is known of
// them offline. Asked again it says the same, remembered or not, and what Buildx
// refuses is an error.
func FuzzInput(f *testing.F) {
	for _, s := range []string{"alpine", "alpine:3.20@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "registry.example:5000/a/b:c", "https://example.com/a b?c#d", "http://u:p@[::1]:80/%zz", "https://github.com/o/r.git#v1:sub", "git@github.com:o/r.git#refs/heads/\x00", "git://h/p?tag=v1&checksum=abc"} {
		f.Add(s, "linux/amd64", "app")
	}
	f.Add("alpine", "linux/arm64/v8", "")
	f.Add("alpine", "no/such/plat/form", "\xff")
	p, err := Load([]policy.File{{Name: "policy.rego", Text: []byte(`package docker

default allow := false

allow if {
	input.image.tag != "latest"
	startswith(input.image.fullRepo, "docker.io/library/")
}

allow if endswith(lower(input.http.host), "example.com")

allow if input.git.tagName == "v1"

deny_msg contains sprintf("%v %v %v: not allowed", [input.image.ref, input.http.url, input.git.remote]) if input.env.target != "x"

deny_msg contains msg if {
	some key, value in input
	msg := sprintf("%s: %v", [key, value])
}

decision := {"allow": allow, "deny_msg": deny_msg}
`)}}, nil, Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, word, platform, target string) {
		for _, src := range sourcesOf(word) {
			r := policy.Request{Source: src, Platform: platform, Env: policy.Env{Target: target}}
			first, err := p.decide(t.Context(), r)
			for range 2 {
				again, errAgain := p.Decide(t.Context(), r)
				if (err == nil) != (errAgain == nil) || err == nil && !same(first, again) {
					t.Fatalf("%q is first %+v, %v, and then %+v, %v", word, first, err, again, errAgain)
				}
			}
		}
	})
}

// sourcesOf are all that a word may mean.
func sourcesOf(word string) (out []source.Source) {
	if img, err := source.ParseImage(word); err == nil {
		out = append(out, img)
	}
	if h, err := source.ParseHTTP(word, ""); err == nil {
		out = append(out, h)
	}
	if g, isGit, err := source.ParseGit(word); err == nil && isGit {
		out = append(out, g)
	}
	return out
}

// same compares decisions; of lists, none is as good as an empty one.
func same(a, b policy.Decision) bool {
	a, b = unshared(a), unshared(b)
	for _, list := range []*[]string{&a.Messages, &a.Why, &a.Needs, &a.Notes, &b.Messages, &b.Why, &b.Needs, &b.Notes} {
		if len(*list) == 0 {
			*list = nil
		}
	}
	return reflect.DeepEqual(a, b)
}
