package main

import (
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

func TestRuleList(t *testing.T) {
	t.Parallel()
	all := []*lint.Rule{
		{ID: "unpinned-image", Severity: lint.Error, Summary: "image reference without a digest, which can move"},
		{ID: "x", Severity: lint.Warning, Optional: true, Summary: "something else"},
	}
	tests := []struct {
		width int
		want  string
	}{
		{0, `RULE            SEVERITY       FINDS
unpinned-image  error          image reference without a digest, which can move
x               warning (off)  something else
`},
		{64, `RULE            SEVERITY       FINDS
unpinned-image  error          image reference without a digest,
                               which can move
x               warning (off)  something else
`},
		{40, `unpinned-image  error
    image reference without a digest,
    which can move
x               warning (off)
    something else
`},
		{1, `unpinned-image  error
    image reference without a digest, which can move
x               warning (off)
    something else
`},
	}
	for _, tt := range tests {
		if got := ruleList(all, tt.width); got != tt.want {
			t.Errorf("in %d columns the list is\n%s\nwant\n%s", tt.width, got, tt.want)
		}
	}
}

func TestRefilled(t *testing.T) {
	t.Parallel()
	const text = "one two\nthree `four\nfive` six\n\n- a list\n- of two\n\n    code that is long"
	if got := refilled(text, 0); got != text {
		t.Errorf("without a width: %q", got)
	}
	want := "one two\nthree\n`four five`\nsix\n\n- a list\n- of two\n\n    code that is long"
	if got := refilled(text, 11); got != want {
		t.Errorf("refilled(%q, 11) = %q, want %q", text, got, want)
	}
}

// What the rules say fits a terminal of 80 columns, examples aside.
func TestExplainedFits(t *testing.T) {
	t.Parallel()
	for _, r := range rules.All() {
		text, _, _ := strings.Cut(explained(r, 80), "\nBad:")
		for _, l := range strings.Split(text, "\n") {
			if n := len([]rune(l)); n > 80 {
				t.Errorf("%s: %d columns: %s", r.ID, n, l)
			}
		}
	}
}
