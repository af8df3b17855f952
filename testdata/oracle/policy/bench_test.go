package policy

import (
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// benchPolicies are one that mentions no field that has to be fetched, and one
// for which partial evaluation must find out.
var benchPolicies = map[string]string{
	"known": `package docker

import rego.v1

default allow := false

registries := {"docker.io", "ghcr.io", "registry.example.com"}

allow if input.local

allow if {
	input.image.host in registries
	not floating
}

allow if startswith(input.http.url, "https://")

allow if input.git.host == "github.com"

floating if input.image.tag == "latest"

deny_msg contains msg if {
	input.image
	not input.image.host in registries
	msg := sprintf("%s is not an approved registry", [input.image.host])
}

deny_msg contains sprintf("%s has a tag that moves", [input.image.ref]) if floating

decision := {"allow": allow, "deny_msg": deny_msg}
`,
	"unknown": `package docker

import rego.v1

default allow := false

allow if input.local

allow if {
	input.image.host == "docker.io"
	not input.image.user == "root"
	input.image.labels.team == input.env.args.TEAM
}

allow if input.git.isAnnotatedTag

deny_msg contains msg if {
	input.image
	not input.image.hasProvenance
	msg := sprintf("%s has no provenance", [input.image.ref])
}

decision := {"allow": allow, "deny_msg": deny_msg}
`,
}

func benchQuestion(name string) Question {
	text := benchPolicies[name]
	return Question{
		Modules: []policy.File{{Name: "Dockerfile.rego", Text: []byte(text)}},
		Source:  "docker-image://docker.io/library/alpine:3.19", Platform: "linux/amd64",
		Env: policy.Env{Args: map[string]string{"TEAM": "core", "VERSION": "1"}, Filename: "Dockerfile", Target: "release"},
	}
}

// BenchmarkCheckPolicy is Buildx on one source in one pass.
func BenchmarkCheckPolicy(b *testing.B) {
	for _, name := range []string{"known", "unknown"} {
		b.Run(name, func(b *testing.B) {
			p := NewBuildx(benchQuestion(name), func(logrus.Level, string) {})
			req := CheckRequest(benchQuestion(name))
			for b.Loop() {
				if _, _, err := p.CheckPolicy(b.Context(), req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCheck is imgpolicy on the same.
func BenchmarkCheck(b *testing.B) {
	for _, name := range []string{"known", "unknown"} {
		b.Run(name, func(b *testing.B) {
			q := benchQuestion(name)
			p, err := rego.Load(q.Modules, q.Files, rego.Options{OldHost: true})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := p.Check(b.Context(), q.Request()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEvaluations is a thousand sources under one policy.
func BenchmarkEvaluations(b *testing.B) {
	q := benchQuestion("known")
	p, err := rego.Load(q.Modules, q.Files, rego.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for range 1000 {
			if _, err := p.Check(b.Context(), q.Request()); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(1000*b.N), "µs/evaluation")
}
