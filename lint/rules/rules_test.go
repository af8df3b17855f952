package rules_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/regex"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

var update = flag.Bool("update", false, "rewrite the want sections of testdata")

// run lints one text.
func run(t *testing.T, l *lint.Linter, text string) *lint.Result {
	t.Helper()
	l.Rules, l.Now = rules.All(), time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	result, failures := l.Lint(context.Background(), []lint.File{{
		Name: "Dockerfile", Read: func() ([]byte, error) { return []byte(text), nil },
	}})
	if len(failures) > 0 && !slices.Contains(ids(result), "policy-error") {
		t.Fatal(failures)
	}
	return result
}

func ids(r *lint.Result) []string {
	var out []string
	for _, d := range r.Diagnostics {
		out = append(out, d.Rule.ID)
	}
	return out
}

// examplePolicy is in force while the examples of policy-denied run.
const examplePolicy = `{"whitelist":["^(?:docker\\.io/library/)?alpine:"],"blacklist":[],"defaultAllow":false}`

func TestRules(t *testing.T) {
	t.Parallel()
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z]+)+$`)
	all := rules.All()
	if !slices.IsSortedFunc(all, func(a, b *lint.Rule) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("rules.All() is not sorted by ID")
	}
	for _, rule := range all {
		t.Run(rule.ID, func(t *testing.T) {
			t.Parallel()
			if !kebab.MatchString(rule.ID) {
				t.Errorf("ID %q is not kebab-case", rule.ID)
			}
			if s := rule.Summary; s == "" || strings.HasSuffix(s, ".") || s[:1] != strings.ToLower(s[:1]) {
				t.Errorf("Summary %q: want lower case and no period", s)
			}
			if rule.Doc == "" || rule.Severity == 0 {
				t.Error("Doc and Severity must be set")
			}
			linter := func() *lint.Linter {
				l := &lint.Linter{Settings: lint.Settings{Disabled: map[string]bool{}, Enabled: map[string]bool{rule.ID: rule.Optional}}}
				if rule.ID == "latest-tag" {
					l.Settings.Disabled["unpinned-image"] = true
				}
				switch rule.ID {
				case "policy-denied":
					l.Settings.Policies = policies(t, examplePolicy)
				case "untrusted-registry":
					l.Settings.Registries = []lint.AllowList{allowList(t, lint.ParseRegistry, "docker.io", "registry.example.com/acme")}
				case "untrusted-host":
					l.Settings.Hosts = []lint.AllowList{allowList(t, lint.ParseHost, "github.com", "*.example.com")}
				case "moved-tag":
					l.Upstream = upstream(lint.Upstream{Digest: "sha256:" + strings.Repeat("2", 64), From: "the registry"})
				case "digest-gone":
					l.Upstream = goneBeef
				case "policy-unknown":
					l.Settings.Policies = regoPolicy(t, "allow if input.image.labels")
				case "policy-error":
					l.Settings.Policies = regoPolicy(t, "allow := input.image.ref if input.image")
				}
				return l
			}
			switch {
			case rule.Approval, rule.Configs:
				testGoverned(t, rule)
				return
			case rule.Flaws:
				testPolicies(t, rule)
				return
			case rule.CheckLock != nil:
				testLocks(t, rule)
				return
			}
			if got := slices.Compact(ids(run(t, linter(), rule.Bad))); !slices.Equal(got, []string{rule.ID}) {
				t.Errorf("Bad example reports %v, want only %s", got, rule.ID)
			}
			if got := ids(run(t, linter(), rule.Good)); len(got) > 0 {
				t.Errorf("Good example reports %v", got)
			}
		})
	}
}

// regoPolicy is a build policy with one rule of its own.
func regoPolicy(t *testing.T, rule string) []policy.Policy {
	t.Helper()
	text := "package docker\n\ndefault allow := false\n\nallow if input.local\n\n" + rule + "\n\ndecision := {\"allow\": allow}\n"
	p, err := rego.Load([]policy.File{{Name: "Dockerfile.rego", Text: []byte(text)}}, nil, rego.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return []policy.Policy{p}
}

func policies(t *testing.T, text string) []policy.Policy {
	t.Helper()
	p, err := regex.Language(regex.Options{}).Load([]policy.File{{Name: "policy.json", Text: []byte(text)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return []policy.Policy{p}
}

// TestRuleCases runs testdata/<rule>.txtar. A case is a file NAME, what is
// wanted of it a file NAME.want; NAME.policy puts a policy in force, and
// NAME.args holds lines of "arg KEY=VALUE", "target NAME", "disable RULE",
// "enable RULE", "reached-only", "registries ENTRY…", "hosts ENTRY…",
// "max-days N" and "no-ignores".
// Only the diagnostics of the file's rule are compared.
func TestRuleCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			runCases(t, file, archive)
		})
	}
}

func runCases(t *testing.T, path string, archive *txtar.Archive) {
	t.Helper()
	id := strings.TrimSuffix(filepath.Base(path), ".txtar")
	part := func(name string) (int, string) {
		i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
		if i < 0 {
			return -1, ""
		}
		return i, string(archive.Files[i].Data)
	}
	for i := 0; i < len(archive.Files); i++ {
		f := archive.Files[i]
		if strings.Contains(f.Name, ".") {
			continue
		}
		l := &lint.Linter{Settings: lint.Settings{Disabled: map[string]bool{}, Enabled: map[string]bool{}}}
		if _, text := part(f.Name + ".policy"); text != "" {
			l.Settings.Policies = policies(t, text)
		}
		_, args := part(f.Name + ".args")
		applyArgs(t, l, args)
		got := ""
		for _, d := range run(t, l, string(f.Data)).Diagnostics {
			if d.Rule.ID == id {
				got += describe(d)
			}
		}
		at, want := part(f.Name + ".want")
		if got == want {
			continue
		}
		if !*update {
			t.Errorf("%s:\n%s\n got\n%swant\n%s", f.Name, f.Data, got, want)
			continue
		}
		if at >= 0 {
			archive.Files[at].Data = []byte(got)
		} else {
			archive.Files = slices.Insert(archive.Files, i+1, txtar.File{Name: f.Name + ".want", Data: []byte(got)})
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func applyArgs(t *testing.T, l *lint.Linter, args string) {
	t.Helper()
	build := dockerfile.Options{BuildArgs: map[string]string{}}
	for line := range strings.Lines(args) {
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch verb {
		case "arg":
			k, v, _ := strings.Cut(rest, "=")
			build.BuildArgs[k] = v
		case "target":
			build.Target = rest
		case "disable":
			l.Settings.Disabled[rest] = true
		case "enable":
			l.Settings.Enabled[rest] = true
		case "reached-only":
			l.ReachedOnly = true
		case "registries":
			l.Settings.Registries = append(l.Settings.Registries, allowList(t, lint.ParseRegistry, strings.Fields(rest)...))
		case "hosts":
			l.Settings.Hosts = append(l.Settings.Hosts, allowList(t, lint.ParseHost, strings.Fields(rest)...))
		case "max-days":
			l.Settings.IgnoreLimits.MaxDays, _ = strconv.Atoi(rest)
			l.Settings.IgnoreLimits.MaxDaysBy = "config:1"
		case "no-ignores":
			l.Settings.IgnoreLimits.Forbidden = "no ignores here (config:1)"
		default:
			t.Fatalf("args line %q", line)
		}
	}
	l.Settings.Builds = []dockerfile.Options{build}
}

func allowList(t *testing.T, parse func(string) (lint.AllowEntry, error), texts ...string) lint.AllowList {
	t.Helper()
	l := lint.AllowList{File: "config", Line: 1}
	for _, text := range texts {
		e, err := parse(text)
		if err != nil {
			t.Fatal(err)
		}
		l.Entries = append(l.Entries, e)
	}
	return l
}

// describe writes a diagnostic with everything a rule decides.
func describe(d lint.Diagnostic) string {
	var b strings.Builder
	word := ""
	if d.Input != nil {
		word = fmt.Sprintf(" `%s`", d.Input.Word)
	}
	fmt.Fprintf(&b, "%s %d:%d-%d:%d%s: %s\n", d.Severity, d.Range.Start.Line, d.Range.Start.Column,
		d.Range.End.Line, d.Range.End.Column, word, d.Message)
	if d.Label != "" {
		fmt.Fprintf(&b, "  label: %s\n", d.Label)
	}
	for _, r := range d.Related {
		fmt.Fprintf(&b, "  related: %d:%d-%d:%d %s\n", r.Range.Start.Line, r.Range.Start.Column, r.Range.End.Line, r.Range.End.Column, r.Message)
	}
	if d.Policy != nil {
		fmt.Fprintf(&b, "  policy: %s:%d %s\n", d.Policy.File, d.Policy.Line, d.Policy.Text)
	}
	for _, n := range d.Notes {
		fmt.Fprintf(&b, "  note: %s\n", n)
	}
	for line := range strings.Lines(d.Help) {
		fmt.Fprintf(&b, "  help: %s\n", strings.TrimSuffix(line, "\n"))
	}
	return b.String()
}

// TestSpansAreWords checks on every case that a diagnostic's range is the text
// it speaks of.
func TestSpansAreWords(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if strings.Contains(f.Name, ".") {
				continue
			}
			parsed := dockerfile.Parse("Dockerfile", f.Data)
			for _, in := range parsed.Resolve(dockerfile.Options{}).Inputs {
				text := parsed.Text[in.Span.Start:in.Span.End]
				if in.Word != "" && !strings.Contains(text, "\n") && text != in.Word {
					t.Errorf("%s %s: span is %q, word is %q", file, f.Name, text, in.Word)
				}
			}
		}
	}
}

// TestGitHelpIsPinned takes the advice of unpinned-git: BuildKit must accept
// it, and nothing but the ref may change.
func TestGitHelpIsPinned(t *testing.T) {
	t.Parallel()
	const commit = "6fe9d4dd6b8a8bb5ba0d5c0a6f2a6e02ad2cf93b"
	written := regexp.MustCompile("`([^` ]*<commit>[^` ]*)`")
	for _, word := range []string{
		"https://h/r.git", "https://h/r.git#main", "https://h/r.git#main:sub", "https://h/r.git#:sub", "https://h/r.git#6fe9d4d:sub",
		"https://h/r.git?ref=main", "https://h/r.git?branch=dev&subdir=a/b", "https://h/r.git?ref=6fe9d4d", "https://h/r.git?checksum=abcdef1",
		"https://h/r.git?submodules=false", "https://h/r.git?submodules=0#main", "https://h/r.git?submodules=true&keep-git-dir=false#main:sub",
		"https://h/r.git?keep-git-dir&submodules=false&branch=dev", "https://h/r.git?fetch-by-commit#main", "https://h/r.git?mtime=commit",
		"git@h:o/r?submodules=false#main", "ssh://git@h:22/o/r?keep-git-dir=1", "git://h/o/r?submodules=false",
	} {
		was, _, err := source.ParseGit(word)
		if err != nil {
			t.Fatalf("%s: %v", word, err)
		}
		result := run(t, &lint.Linter{}, "FROM scratch\nADD "+word+" /\n")
		i := slices.IndexFunc(result.Diagnostics, func(d lint.Diagnostic) bool { return d.Rule.ID == "unpinned-git" })
		if i < 0 {
			t.Errorf("%s: unpinned-git says nothing", word)
			continue
		}
		help := written.FindStringSubmatch(result.Diagnostics[i].Help)
		if help == nil {
			t.Errorf("%s: no source in %q", word, result.Diagnostics[i].Help)
			continue
		}
		g, isGit, err := source.ParseGit(strings.Replace(help[1], "<commit>", commit, 1))
		if err != nil || !isGit || !g.Pinned() {
			t.Errorf("%s: %s is %+v, %v", word, help[1], g, err)
		}
		// A commit needs none of these, and ADD ignores the last.
		was.Ref, was.Checksum, was.FetchByCommit, was.MTime = commit, "", false, ""
		if g != was {
			t.Errorf("%s: %s is\n%+v, want\n%+v", word, help[1], g, was)
		}
	}
}
