package fix_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/fix"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

// everythingKnown has a pin for every source.
func everythingKnown(_ context.Context, src source.Source, _ string) (lint.Pin, bool, error) {
	sum := sha256.Sum256([]byte(strings.TrimPrefix(strings.TrimPrefix(src.Identifier(), "https:"), "http:")))
	pin := lint.Pin{Digest: "sha256:" + hex.EncodeToString(sum[:]), From: "a test"}
	g, ok := src.(source.Git)
	if !ok {
		return pin, true, nil
	}
	pin.Digest, pin.Ref = hex.EncodeToString(sum[:20]), "refs/heads/"+g.Ref
	if g.TagLike() {
		pin.Ref = "refs/tags/" + strings.TrimPrefix(g.Ref, "refs/tags/")
	}
	return pin, true, nil
}

func diagnostics(text string) []lint.Diagnostic {
	l := &lint.Linter{Rules: rules.All(), Pins: everythingKnown}
	result, _ := l.Lint(context.Background(), []lint.File{{Name: "Dockerfile", Read: func() ([]byte, error) { return []byte(text), nil }}})
	return result.Diagnostics
}

// FuzzFix mends texts for which everything is known until nothing is left to do.
func FuzzFix(f *testing.F) {
	for _, pattern := range []string{"../rules/testdata/*.txtar", "../rules/testdata/pins/*.txtar"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal("no cases", err)
		}
		for _, file := range files {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				f.Fatal(err)
			}
			for _, part := range archive.Files {
				if !strings.Contains(part.Name, ".") {
					f.Add(string(part.Data))
				}
			}
		}
	}
	text, err := os.ReadFile("../../testdata/cases/source-cases.json")
	if err != nil {
		f.Fatal(err)
	}
	var cases []struct{ Dockerfile string }
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		f.Fatal("no cases", err)
	}
	for _, c := range cases {
		f.Add(c.Dockerfile)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 {
			t.Skip()
		}
		check := fix.SameBuild(nil)
		for range maxRounds {
			found := diagnostics(text)
			got := fix.Apply(text, found, fix.Options{Unsafe: true, Check: check})
			if again := fix.Apply(text, found, fix.Options{Unsafe: true, Check: check}); again.Text != got.Text {
				t.Fatalf("two outcomes: %q and %q", got.Text, again.Text)
			}
			if err := check(text, got.Text); err != nil {
				t.Fatalf("%q became %q: %v", text, got.Text, err)
			}
			keepsBytes(t, text, got)
			if got.Text == text {
				return
			}
			text = got.Text
		}
		t.Fatalf("still not done: %q", text)
	})
}

const maxRounds = 10

// keepsBytes walks both texts: between the edits they are the same.
func keepsBytes(t *testing.T, before string, got fix.Result) {
	t.Helper()
	var edits []lint.Edit
	for _, a := range got.Applied {
		for _, e := range a.Fix.Edits {
			if !slices.Contains(edits, e) {
				edits = append(edits, e)
			}
		}
	}
	slices.SortFunc(edits, func(a, b lint.Edit) int {
		if a.Span.Start != b.Span.Start {
			return a.Span.Start - b.Span.Start
		}
		return a.Span.End - b.Span.End
	})
	rest, at := got.Text, 0
	for _, e := range edits {
		kept, ok := strings.CutPrefix(rest, before[at:e.Span.Start]+e.New)
		if !ok {
			t.Fatalf("%q became %q: other bytes than those of %+v changed", before, got.Text, e)
		}
		rest, at = kept, e.Span.End
	}
	if rest != before[at:] {
		t.Fatalf("%q became %q: the end changed", before, got.Text)
	}
}
