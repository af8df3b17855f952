package rules_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/regex"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// testPolicies runs the examples of a rule about policies.
func testPolicies(t *testing.T, rule *lint.Rule) {
	t.Helper()
	if rule.Check != nil {
		t.Error("a rule about policies has no Check")
	}
	judge := func(text string) []lint.Diagnostic {
		inForce, dockerfile := examplePolicies(t, rule, text)
		all := run(t, &lint.Linter{Settings: lint.Settings{
			Policies: inForce, Enabled: map[string]bool{rule.ID: rule.Optional},
		}}, dockerfile).Diagnostics
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

// examplePolicies loads an example: one policy, or files in txtar form, of which
// each .rego and policy.json is a policy, Dockerfile is what is linted, and the
// others stand in the build context.
func examplePolicies(t *testing.T, rule *lint.Rule, text string) (inForce []policy.Policy, dockerfile string) {
	t.Helper()
	name := "Dockerfile.rego"
	if rule.Language() == "json" {
		name = "policy.json"
	}
	archive := &txtar.Archive{Files: []txtar.File{{Name: name, Data: []byte(text)}}}
	if strings.HasPrefix(text, "-- ") {
		archive = txtar.Parse([]byte(text))
	}
	root := fstest.MapFS{}
	for _, f := range archive.Files {
		root[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	dockerfile = "FROM scratch\n"
	languages := []policy.Language{rego.Language(rego.Options{}), regex.Language(regex.Options{})}
	for _, f := range archive.Files {
		if f.Name == "Dockerfile" {
			dockerfile = string(f.Data)
		}
		i := slices.IndexFunc(languages, func(l policy.Language) bool { return l.Match(f.Name) })
		if i < 0 || f.Name != "policy.json" && !strings.HasSuffix(f.Name, ".rego") {
			continue
		}
		p, err := languages[i].Load([]policy.File{{Name: f.Name, Text: f.Data}}, root)
		if err != nil {
			t.Fatal(err)
		}
		inForce = append(inForce, p)
	}
	return inForce, dockerfile
}

// TestFlawsOnce checks that a policy is judged once for a run, after all
// Dockerfiles, and not for rules that are off.
func TestFlawsOnce(t *testing.T) {
	t.Parallel()
	inForce, _ := examplePolicies(t, &lint.Rule{Flaws: true}, "package docker\n\ndefault allow := true\n\nx if input.image.registry == \"a\"\n\ndecision := {\"allow\": allow}\n")
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

// TestUnused checks that what a run makes no use of is told of whole runs only,
// and where somebody wants to know.
func TestUnused(t *testing.T) {
	t.Parallel()
	const rule = "pattern-unused"
	text := func(text string) func() ([]byte, error) {
		return func() ([]byte, error) { return []byte(text), nil }
	}
	alpine, busybox := lint.File{Name: "a", Read: text("FROM alpine\n")}, lint.File{Name: "b", Read: text("FROM busybox\nFROM busybox\n")}
	tests := []struct {
		name  string
		off   bool
		files []lint.File
		want  int
	}{
		{"one file", false, []lint.File{alpine}, 1},
		{"both files", false, []lint.File{alpine, busybox}, 0},
		{"off", true, []lint.File{alpine}, 0},
		{"nothing asked", false, []lint.File{{Name: "c", Read: text("FROM scratch\n")}}, 0},
		{"an input that is not known", false, []lint.File{alpine, {Name: "c", Read: text("ARG X\nFROM ${X}\n")}}, 0},
		{"a file that is not read", false, []lint.File{alpine, {Name: "c", Read: func() ([]byte, error) { return nil, fs.ErrPermission }}}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := &lint.Linter{Rules: rules.All(), Settings: lint.Settings{
				Policies: policies(t, `{"whitelist": ["alpine:", "busybox:"]}`), Enabled: map[string]bool{rule: !tt.off},
			}}
			result, _ := l.Lint(t.Context(), tt.files)
			got := 0
			for _, d := range result.Diagnostics {
				if d.Rule.ID == rule {
					got++
				}
			}
			if got != tt.want {
				t.Errorf("%d diagnostics, want %d: %v", got, tt.want, result.Diagnostics)
			}
		})
	}
}
