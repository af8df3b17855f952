package rules_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// testPolicies runs the examples of a rule about policies.
func testPolicies(t *testing.T, rule *lint.Rule) {
	t.Helper()
	if rule.Check != nil {
		t.Error("a rule about policies has no Check")
	}
	judge := func(text string) []lint.Diagnostic {
		inForce := regoPolicies(t, text)
		all := run(t, &lint.Linter{Settings: lint.Settings{Policies: inForce}}, "FROM scratch\n").Diagnostics
		// What the policy then says of a build is for other rules.
		return slices.DeleteFunc(all, func(d lint.Diagnostic) bool { return !d.Rule.Flaws })
	}
	bad := judge(rule.Bad)
	if len(bad) != 1 || bad[0].Rule.ID != rule.ID {
		t.Errorf("Bad example reports %v, want one %s", bad, rule.ID)
	}
	for _, d := range bad {
		if d.Help == "" || len(d.Frame.Lines) == 0 || len(d.Frame.Lines[0].Marks) != 1 {
			t.Errorf("%s has no help or no frame: %+v", rule.ID, d)
		}
	}
	if got := judge(rule.Good); len(got) > 0 {
		t.Errorf("Good example reports %v", got)
	}
}

// regoPolicies loads an example: one policy, or files in txtar form, of which
// each .rego is a policy and the others stand in the build context.
func regoPolicies(t *testing.T, text string) []policy.Policy {
	t.Helper()
	archive := &txtar.Archive{Files: []txtar.File{{Name: "Dockerfile.rego", Data: []byte(text)}}}
	if strings.HasPrefix(text, "-- ") {
		archive = txtar.Parse([]byte(text))
	}
	root := fstest.MapFS{}
	for _, f := range archive.Files {
		root[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	var out []policy.Policy
	for _, f := range archive.Files {
		if !strings.HasSuffix(f.Name, ".rego") {
			continue
		}
		p, err := rego.Language(rego.Options{}).Load([]policy.File{{Name: f.Name, Text: f.Data}}, root)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// TestFlawsOnce checks that a policy is judged once for a run, after all
// Dockerfiles, and not for rules that are off.
func TestFlawsOnce(t *testing.T) {
	t.Parallel()
	inForce := regoPolicies(t, "package docker\n\ndefault allow := true\n\nx if input.image.registry == \"a\"\n\ndecision := {\"allow\": allow}\n")
	dockerfile := func() ([]byte, error) { return []byte("FROM alpine:3.20\n"), nil }
	for _, disabled := range []bool{false, true} {
		l := &lint.Linter{
			Rules:    rules.All(),
			Settings: lint.Settings{Disabled: map[string]bool{"rego-unknown-field": disabled}, Policies: inForce},
		}
		got, failed := l.Lint(t.Context(), []lint.File{{Name: "a", Read: dockerfile}, {Name: "b", Read: dockerfile}})
		want := []string{"a unpinned-image", "b unpinned-image", "Dockerfile.rego rego-unknown-field"}
		if disabled {
			want = want[:2]
		}
		var have []string
		for _, d := range got.Diagnostics {
			have = append(have, d.File+" "+d.Rule.ID)
		}
		if !slices.Equal(have, want) || len(failed) > 0 {
			t.Errorf("got %v %v, want %v", have, failed, want)
		}
		if got.Summary.Warnings != len(want)-2 || got.Summary.Files != 2 {
			t.Errorf("summary %+v", got.Summary)
		}
	}
}
