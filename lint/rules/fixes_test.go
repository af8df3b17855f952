package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
)

// mended makes the edits of the first fix of every diagnostic that has one, and
// says whether all were safe. Edits that overlap are a mistake here.
func mended(t *testing.T, text string, all []lint.Diagnostic) (out string, safe bool) {
	t.Helper()
	var edits []lint.Edit
	safe = true
	for _, d := range all {
		if len(d.Fixes) > 0 {
			edits = append(edits, d.Fixes[0].Edits...)
			safe = safe && d.Fixes[0].Safe
		}
	}
	slices.SortFunc(edits, func(a, b lint.Edit) int { return b.Span.Start - a.Span.Start })
	end := len(text)
	for _, e := range edits {
		if e.Span.End > end || e.Span.Start > e.Span.End {
			t.Fatalf("edit %+v ends behind %d", e, end)
		}
		text, end = text[:e.Span.Start]+e.New+text[e.Span.End:], e.Span.Start
	}
	return text, safe
}

// TestIgnoreFixes makes the edits and lints again: what the rules about ignores
// found is gone, and no other byte has changed.
func TestIgnoreFixes(t *testing.T) {
	t.Parallel()
	const bom = "\uFEFF"
	tests := []struct {
		name, text, want string
		unsafe           bool
	}{
		{name: "the line", text: "# imgpolicy ignore=insecure-url\nFROM scratch\n", want: "FROM scratch\n"},
		{name: "indented", text: "FROM scratch\n\t # imgpolicy ignore=insecure-url \nLABEL a=b", want: "FROM scratch\nLABEL a=b"},
		{name: "carriage returns", text: "FROM scratch\r\n# imgpolicy ignore=insecure-url;reason=x\r\nLABEL a=b\r\n", want: "FROM scratch\r\nLABEL a=b\r\n"},
		{name: "byte order mark", text: bom + "# imgpolicy ignore=insecure-url\r\nFROM scratch\r\n", want: bom + "FROM scratch\r\n"},
		{
			name: "between others", text: "# imgpolicy ignore=unpinned-image\n# words\n# imgpolicy ignore=insecure-url\n#\n# more\nFROM alpine\n",
			want: "# imgpolicy ignore=unpinned-image\n# words\n#\n# more\nFROM alpine\n",
		},
		{name: "continuation", text: "FROM scratch\n# imgpolicy ignore=insecure-url\nLABEL a=b \\\n  # words\n  c=d\n", want: "FROM scratch\nLABEL a=b \\\n  # words\n  c=d\n"},
		{name: "global", text: "# escape=`\n# imgpolicy global ignore=insecure-url\n\nFROM scratch\n", want: "# escape=`\n\nFROM scratch\n"},
		{name: "first of a list", text: "# imgpolicy ignore=insecure-url , unpinned-image;reason=a, b\nFROM alpine\n", want: "# imgpolicy ignore=unpinned-image;reason=a, b\nFROM alpine\n"},
		{name: "last of a list", text: "# imgpolicy ignore=unpinned-image , insecure-url ;reason=x\nFROM alpine\n", want: "# imgpolicy ignore=unpinned-image ;reason=x\nFROM alpine\n"},
		{
			name: "all but one", text: "# imgpolicy ignore=insecure-url,insecure-git,\tunpinned-image, unpinned-git,missing-checksum\r\nFROM alpine\r\n",
			want: "# imgpolicy ignore=unpinned-image\r\nFROM alpine\r\n",
		},
		{name: "twice", text: "# imgpolicy ignore=unpinned-image,unpinned-image\nFROM alpine\n", want: "# imgpolicy ignore=unpinned-image\nFROM alpine\n"},
		{name: "misspelt", text: "# imgpolicy ignore=insecure-url,unpined-image\nFROM alpine\n", want: "# imgpolicy ignore=unpinned-image\nFROM alpine\n", unsafe: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, safe := mended(t, tt.text, run(t, &lint.Linter{}, tt.text).Diagnostics)
			if got != tt.want || safe == tt.unsafe {
				t.Errorf("mended(%q) = %q, safe %v, want %q", tt.text, got, safe, tt.want)
			}
			if again := run(t, &lint.Linter{}, got).Diagnostics; len(again) > 0 {
				t.Errorf("of %q, %s is left: %s", got, again[0].Rule.ID, again[0].Message)
			}
		})
	}
}

// TestIgnoreFixesThatChangeTheBuild: a comment above directives of BuildKit's
// holds them down.
func TestIgnoreFixesThatChangeTheBuild(t *testing.T) {
	t.Parallel()
	for _, below := range []string{"# syntax=docker/dockerfile:1\n", "# escape=`\n", "#!/usr/bin/env docker\n# syntax=docker/dockerfile:1\n"} {
		text := "# imgpolicy ignore=insecure-url\n" + below + "FROM scratch\n"
		got, safe := mended(t, text, run(t, &lint.Linter{}, text).Diagnostics)
		if got != below+"FROM scratch\n" || safe {
			t.Errorf("mended(%q) = %q, safe %v", text, got, safe)
		}
	}
}

// TestIgnoresWithoutFix are those where the one right edit is not known.
func TestIgnoresWithoutFix(t *testing.T) {
	t.Parallel()
	for _, comment := range []string{"ignore=unpinned-frontend", "ignore=parse-eror,unpinned-image", "ignore=unpined-image,unpinned-image", "ignore=all,unpinned-image"} {
		text := "# syntax=docker/dockerfile:1\n# imgpolicy " + comment + "\nFROM alpine\n"
		for _, d := range run(t, &lint.Linter{}, text).Diagnostics {
			if len(d.Fixes) > 0 {
				t.Errorf("%s: %s has the fix %+v", strings.TrimSpace(comment), d.Rule.ID, d.Fixes[0])
			}
		}
	}
}
