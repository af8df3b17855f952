package rego_test

import (
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// TestSharedPolicy: only a policy that reads nothing is one for all roots.
func TestSharedPolicy(t *testing.T) {
	for name, tt := range map[string]struct {
		rules  string
		shared bool
	}{
		"plain":    {"allow if input.local", true},
		"load":     {"allow if load_json(\"a.json\").ok", false},
		"key":      {"allow if verify_git_signature(input.git.commit, \"key\")", false},
		"pgp":      {"allow if verify_http_pgp_signature(input.http, \"sig\", \"key\")", false},
		"bundle":   {"allow if docker_github_builder_bundle(input.http, \"b\", \"o/r\")", false},
		"artifact": {"allow if artifact_attestation(input.http, \"b\")", false},
		"import":   {"import data.lib.a\nallow if a.ok", false},
	} {
		t.Run(name, func(t *testing.T) {
			language := rego.Language(rego.Options{})
			load := func(text string) policy.Policy {
				root := fstest.MapFS{"lib/a.rego": {Data: []byte("package a\nok := true\n")}}
				p, err := language.Load([]policy.File{{Name: "D.rego", Text: []byte("package docker\n" + text)}}, root)
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			text := tt.rules + "\ndefault allow := false\ndecision := {\"allow\": allow}\n"
			if got := load(text) == load(text); got != tt.shared {
				t.Errorf("shared: %v, want %v", got, tt.shared)
			}
			if load(text) == load(text+"\n") {
				t.Error("policies of two texts are one")
			}
		})
	}
}
