package report

import (
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
)

// FuzzText proves that no text gets control of the terminal and that the carets
// stand under what is marked.
func FuzzText(f *testing.F) {
	for _, a := range attacks() {
		f.Add(a, "message", uint8(0), uint8(3), uint8(0))
		f.Add("FROM node:20", a, uint8(5), uint8(7), uint8(40))
		f.Add(strings.Repeat(a, 9), a, uint8(11), uint8(4), uint8(30))
	}
	f.Add("behind the end", "", uint8(96), uint8(7), uint8(40))
	f.Fuzz(func(t *testing.T, text, other string, start, length, width uint8) {
		checkHarmless(t, write(t, textFormat(), hostileResult(text, other), Options{Width: int(width)}))

		mark := lint.Mark{Start: int(start), End: int(start) + 1 + int(length), Primary: true}
		d := lint.Diagnostic{
			Rule: denied, Severity: lint.Error, Message: "message", File: "Dockerfile", Range: at(1, 1, 2),
			Frame: frame(lint.FrameLine{Number: 1, Text: text, Marks: []lint.Mark{mark}}),
		}
		all := &lint.Result{Diagnostics: []lint.Diagnostic{d}}
		checkCarets(t, write(t, textFormat(), all, Options{Quiet: true}), text, mark)
		checkFits(t, write(t, textFormat(), all, Options{Quiet: true, Width: int(width)}), int(width))
	})
}

func checkCarets(t *testing.T, out, text string, mark lint.Mark) {
	t.Helper()
	rows := strings.Split(out, "\n")
	if len(rows) != 6 {
		t.Fatalf("%d rows, want 6:\n%s", len(rows), out)
	}
	// A terminal without a gutter, its tab stops set like ours.
	var columns []int
	column := 0
	for _, r := range text {
		columns = append(columns, column)
		if r == '\t' {
			column++
			for column%tabStop != 0 {
				column++
			}
		} else {
			column += runeWidth(visible(r))
		}
	}
	columns = append(columns, column)
	from, to := columns[min(mark.Start, len(columns)-1)], columns[min(mark.End, len(columns)-1)]
	want := strings.Repeat(" ", from) + strings.Repeat("^", max(1, to-from))
	if got := strings.TrimPrefix(rows[4], "   | "); got != want {
		t.Errorf("carets\n%q, want\n%q under\n%q", got, want, rows[3])
	}
	if got := strings.TrimRight(visibleText(text), " "); got != strings.TrimPrefix(strings.TrimPrefix(rows[3], " 1 |"), " ") {
		t.Errorf("frame %q, want %q", rows[3], got)
	}
}

// visibleText is what a line should look like.
func visibleText(text string) string {
	var out strings.Builder
	column := 0
	for _, r := range text {
		w := runeWidth(visible(r))
		if r == '\t' {
			w = tabStop - column%tabStop
			out.WriteString(strings.Repeat(" ", w))
		} else {
			out.WriteRune(visible(r))
		}
		column += w
	}
	return out.String()
}

// checkFits proves that a terminal of that width need not break the frame,
// which would tear carets and text apart.
func checkFits(t *testing.T, out string, width int) {
	t.Helper()
	const gutter = 5
	if width < minRoom+gutter {
		return
	}
	rows := strings.Split(out, "\n")
	for _, row := range rows[2 : len(rows)-1] {
		if w := textWidth(row); w > width {
			t.Errorf("a row of %d columns, want at most %d:\n%s", w, width, out)
		}
	}
	if !strings.Contains(rows[4], "^") {
		t.Errorf("no carets in\n%s", out)
	}
}
