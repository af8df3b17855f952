package lint_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/regex"
)

// memory is a cache that counts.
type memory struct {
	mu           sync.Mutex
	kept         map[string][]byte
	hits, misses int
}

func (m *memory) key(q lint.Question) string {
	return fmt.Sprintf("%s %s %v %s", q.File, q.Text, q.Part, q.Others)
}

func (m *memory) Get(q lint.Question) *lint.CachedFile {
	m.mu.Lock()
	defer m.mu.Unlock()
	text, ok := m.kept[m.key(q)]
	if !ok {
		m.misses++
		return nil
	}
	m.hits++
	f := new(lint.CachedFile)
	if err := json.Unmarshal(text, f); err != nil {
		panic(err)
	}
	return f
}

func (m *memory) Put(q lint.Question, f *lint.CachedFile) {
	text, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[m.key(q)] = text
}

// counts are the hits and misses since they were last asked for.
func (m *memory) counts() [2]int {
	defer func() { m.hits, m.misses = 0, 0 }()
	return [2]int{m.hits, m.misses}
}

func newMemory() *memory { return &memory{kept: map[string][]byte{}} }

// TestCached: files are parsed once, and those that disagree once more for as long as
// the others say the same.
func TestCached(t *testing.T) {
	t.Parallel()
	pol, err := regex.Language(regex.Options{}).Load([]policy.File{{Name: "policy.json", Text: []byte(`{"whitelist": ["^docker", "^unused"]}`)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	pin := func(image, digit string) string {
		return "FROM " + image + "@sha256:" + strings.Repeat(digit, 64) + "\n"
	}
	texts := []string{pin("node:20", "1"), pin("node:20", "2"), pin("alpine:3", "1"), pin("alpine:3", "2"), "FROM scratch\n", "FROM node:latest\n"}
	m := newMemory()
	run := func(cache lint.Cache) []string {
		l := lint.Linter{Rules: rules.All(), Settings: lint.Settings{Policies: []policy.Policy{pol}, Enabled: map[string]bool{"pattern-unused": true}}, Cache: cache}
		var files []lint.File
		for i, text := range texts {
			files = append(files, file(fmt.Sprintf("%d/Dockerfile", i), text))
		}
		result, failures := l.Lint(t.Context(), files)
		if len(failures) > 0 {
			t.Fatal(failures)
		}
		var out []string
		for _, d := range result.Diagnostics {
			out = append(out, fmt.Sprintf("%s %s %v %v", d.Rule.ID, d.Message, d.Range, d.Related))
		}
		return out
	}
	for _, step := range []struct {
		name, change string
		want         [2]int
	}{
		{"cold", "", [2]int{0, 10}},
		{"warm", "", [2]int{10, 0}},
		{"another digest", pin("node:20", "3"), [2]int{7, 3}}, // itself, and what disagrees about node
		{"another file", "# x\n" + pin("node:20", "3"), [2]int{7, 3}},
		{"no mismatch", pin("node:20", "2"), [2]int{7, 1}},
	} {
		if step.change != "" {
			texts[0] = step.change
		}
		want := run(nil)
		if got := run(m); !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", step.name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if got := m.counts(); got != step.want {
			t.Errorf("%s: %d hits and misses, want %d", step.name, got, step.want)
		}
		if !slices.ContainsFunc(want, func(d string) bool { return strings.Contains(d, `"^unused"`) }) {
			t.Fatalf("%s: nothing is unused in %q", step.name, want)
		}
	}
}

// TestUncached: what was looked up or failed is not kept.
func TestUncached(t *testing.T) {
	t.Parallel()
	failing := broken{errors.New("out of order")}
	for name, l := range map[string]*lint.Linter{
		"lookup":   {Lookup: func(context.Context, policy.Question) (*policy.Metadata, error) { return nil, nil }},
		"upstream": {Upstream: func(context.Context, source.Source, string) (lint.Upstream, error) { return lint.Upstream{}, nil }},
		"failing":  {Settings: lint.Settings{Policies: []policy.Policy{failing}}},
		"pins": {Pins: func(context.Context, source.Source, string) (lint.Pin, bool, error) {
			return lint.Pin{}, false, errors.New("nobody answers")
		}},
		"settings": {SettingsOf: func(string) (*lint.Settings, error) { return nil, errors.New("no config") }},
	} {
		m := newMemory()
		l.Rules, l.Cache = rules.All(), m
		for range 2 {
			l.Lint(t.Context(), []lint.File{file("Dockerfile", "FROM node:20\n")})
		}
		if len(m.kept) > 0 || m.hits > 0 {
			t.Errorf("%s: kept %s, %d hits", name, m.kept, m.hits)
		}
	}
}

// broken is a policy that fails.
type broken struct{ err error }

func (b broken) Decide(context.Context, policy.Request) (policy.Decision, error) {
	return policy.Decision{}, &policy.Error{Err: b.err}
}
