package report

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/lint"
)

// attacks are texts that did, or could, do harm in one of the formats.
func attacks() []string {
	return []string{
		"", "FROM node:20", "a\nb", "\n::error::x", "  ::stop-commands::x", "##[error]x", "###[error]x", "#\n#[error]x",
		"100%", "%0A::error::x", "%250A", "a\r::error::x", "a,b:c=d", "::token::", "\x1b[31mred\x1b[0m", "\u202Eevil\u202C",
		"日本語\t漢字", "e\u0301\t\u0301", "\xff\xfe", "\x00\x7f\u0085\u2028", "👩\u200d💻", "\U000E0041", "\uFEFFx", "한\u1161",
	}
}

// hostileResult puts one text of a stranger, and a second, everywhere.
func hostileResult(a, b string) *lint.Result {
	r := at(1, 1, 3)
	d := lint.Diagnostic{
		Rule: denied, Severity: lint.Error, Message: a, File: b, Range: r, Label: a, Help: b, Notes: []string{a, b},
		Input:   &lint.Input{Kind: a, Identifier: b, Word: a, Instruction: b, Stage: a, Platform: b},
		Denial:  &lint.Denial{Source: b, Name: a, Messages: []string{a, b}},
		Policy:  &lint.PolicyEntry{File: a, Line: 3, Text: b},
		Related: []lint.Related{{Message: a, File: a + b, Range: r}, {Message: b, File: b, Range: r}},
		Frame:   frame(frameLine(a, r, b), secondary(frameLine(b, at(7, 2, 9), a))),
		Fixes:   []lint.Fix{{Title: a, Edits: []lint.Edit{{Range: r, New: b}}}, {Title: b, Safe: true, Edits: []lint.Edit{{Range: span(1, 1, 2, 1), New: a + "\n"}}}},
	}
	hidden := d
	hidden.Ignored = &lint.Ignore{Reason: a, Until: b, Range: r}
	warning := lint.Diagnostic{Rule: checksum, Severity: lint.Warning, Message: b, File: a}
	return &lint.Result{
		Diagnostics: []lint.Diagnostic{warning, d}, Ignored: []lint.Diagnostic{hidden},
		Summary: lint.Summary{Files: 2, Errors: 1, Warnings: 1, Ignored: 1},
	}
}

func addPairs(f *testing.F) {
	f.Helper()
	for _, a := range attacks() {
		f.Add(a, "Dockerfile")
		f.Add("message", a)
	}
}

// checkHarmless fails on what a terminal would obey. Newlines are ours: how many
// there are is for others to check.
func checkHarmless(t *testing.T, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("not UTF-8: %q", out)
	}
	if i := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && invisible(r) }); i >= 0 {
		t.Errorf("%q in the output %q", out[i:min(len(out), i+4)], out)
	}
}
