package rego_test

import (
	"testing"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// Whatever a policy is made of, its denial is explained with a place.
func TestExplainShapes(t *testing.T) {
	t.Parallel()
	end := "decision := {\"allow\": allow}\n"
	for name, text := range map[string]string{
		"every":             shortHead + "allow if every p in [\"a\", \"b\"] { p == input.image.repo }\n" + end,
		"some without in":   shortHead + "allow if { some i; [\"a\", \"b\"][i] == input.image.repo }\n" + end,
		"empty list":        shortHead + "xs := []\nallow if { some x in xs; x }\n" + end,
		"destructured":      shortHead + "allow if { [a, b] := split(input.image.repo, \"/\"); a == b }\n" + end,
		"comprehension":     shortHead + "allow if { xs := {x | some x in [input.image.repo]; x != \"node\"}; count(xs) > 0 }\n" + end,
		"with":              shortHead + "ok if input.image.repo == \"a\"\nallow if { ok with input.image.repo as \"b\" }\n" + end,
		"not with":          shortHead + "ok if input.image.repo == \"b\"\nallow if { not ok with input.image.repo as \"b\" }\n" + end,
		"partial object":    shortHead + "teams[\"a\"] := \"x\"\nallow if teams[input.image.repo] == \"x\"\n" + end,
		"nested rule":       shortHead + "a.b.c if input.image.tag == \"1\"\nallow if a.b.c\n" + end,
		"partial decision":  "package docker\ndecision.allow := false\ndecision.x := 1\n",
		"decision by rule":  "package docker\ndefault allow := false\nallow if input.image.tag == \"1\"\nd := {\"allow\": allow}\ndecision := d\n",
		"decision by union": shortHead + "allow if input.image.tag == \"1\"\ndecision := object.union({\"allow\": allow}, {\"x\": 1})\n",
		"decision by else":  "package docker\ndecision := {\"allow\": true} if input.http\nelse := {\"allow\": false}\n",
		"constant":          "package docker\ndecision := {\"allow\": false}\n",
		"allow function":    "package docker\nallowed(i) if i.image.tag == \"1\"\nelse := false\ndecision := {\"allow\": allowed(input)}\n",
		"function pattern":  shortHead + "f(\"a\", _) := true\nallow if f(input.image.repo, 1)\n" + end,
		"default function":  shortHead + "default f(_) := false\nf(x) if x == 1\nallow if f(input.image.repo)\n" + end,
		"arithmetic":        shortHead + "allow if count(input.image.repo) + 1 > 30\n" + end,
		"template":          shortHead + "allow if $\"{input.image.repo}:1\" == \"a\"\n" + end,
		"unknown field":     shortHead + "allow if input.image.nothing.here[0]\n" + end,
		"env":               shortHead + "allow if input.env.args.TOKEN == \"x\"\n" + end,
		"helper module":     shortHead + "allow if docker_github_builder_signature(input.image, \"a/b\")\n" + end,
		"data":              "package docker\nimport rego.v1\ndefault data_allow := false\ndata_allow if data.nothing.x == 1\ndecision := {\"allow\": data_allow}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := rego.Load([]policy.File{{Name: "D.rego", Text: []byte(text)}}, nil, rego.Options{})
			if err != nil {
				t.Fatal(err)
			}
			r := requestFor(t, "node:21")
			e, err := p.Explain(t.Context(), r)
			if err != nil || e.Outcome != "deny" || len(e.Why) == 0 {
				t.Errorf("Explain = %+v, %v; want a denial with a reason", e, err)
			}
			d, err := p.Decide(t.Context(), r)
			if p.Probe(t.Context(), r.Env) == nil && (err != nil || d.By.Line == 0) {
				t.Errorf("Decide = %+v, %v; want a place", d, err)
			}
			t.Log("\n" + e.Text())
		})
	}
}
