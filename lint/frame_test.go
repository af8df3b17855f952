package lint_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

// drawn is a frame as lines of "number|text" and, below each, its marks: ^ for
// the primary one, - for the others, then the labels.
func drawn(f lint.Frame) string {
	var b strings.Builder
	for _, l := range f.Lines {
		fmt.Fprintf(&b, "%d|%s\n", l.Number, l.Text)
		for _, m := range l.Marks {
			c := "-"
			if m.Primary {
				c = "^"
			}
			line := " |" + strings.Repeat(" ", m.Start) + strings.Repeat(c, m.End-m.Start) + " " + m.Label
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	return b.String()
}

func TestFrame(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		// mark is the text of the primary mark, related that of another or "".
		mark, related string
		want          string
	}{
		{"one word", "FROM alpine\n", "alpine", "", "1|FROM alpine\n |     ^^^^^^ label\n"},
		{"no newline at the end", "FROM alpine", "alpine", "", "1|FROM alpine\n |     ^^^^^^ label\n"},
		{"CRLF", "FROM a\r\nFROM alpine\r\n", "alpine", "", "2|FROM alpine\n |     ^^^^^^ label\n"},
		{"byte order mark", "\uFEFFFROM alpine\n", "alpine", "", "1|FROM alpine\n |     ^^^^^^ label\n"},
		{"code points, not bytes", "FROM a\nRUN é 漢字 🐳 word\n", "word", "", "2|RUN é 漢字 🐳 word\n |           ^^^^ label\n"},
		{
			"a related place above", "ARG V=3\n#\nFROM alpine:$V\n", "alpine:$V", "3",
			"1|ARG V=3\n |      - related\n3|FROM alpine:$V\n |     ^^^^^^^^^ label\n",
		},
		{"two places on a line", "FROM a\nENV A=b C=d\n", "d", "b", "2|ENV A=b C=d\n |      - related\n |          ^ label\n"},
		{
			"over lines, the label on the last", "FROM a\nRUN one \\\n    two \\\n\tthree\n", "one \\\n    two \\\n\tthree", "",
			"2|RUN one \\\n |    ^^^^^\n3|    two \\\n |    ^^^^^\n4|\tthree\n | ^^^^^ label\n",
		},
		{
			"a user info before the mark", "FROM a\nADD https://user:hunter2@h/x word /\n", "word", "",
			"2|ADD https://***@h/x word /\n |                    ^^^^ label\n",
		},
		{
			"a long user info before the mark", "FROM a\nADD https://user:hunter2hunter2é@h/x word /\n", "word", "",
			"2|ADD https://***@h/x word /\n |                    ^^^^ label\n",
		},
		{
			"a user info within the mark", "FROM a\nADD https://user:hunter2@h/x /\n", "https://user:hunter2@h/x", "",
			"2|ADD https://***@h/x /\n |    ^^^^^^^^^^^^^^^ label\n",
		},
		{
			"two user infos before the mark", "FROM a\nADD https://u:hunter2@h/x ssh://git:secret@h/r word /\n", "word", "",
			"2|ADD https://***@h/x ssh://git:***@h/r word /\n |                                      ^^^^ label\n",
		},
		{
			"a mark within a user info", "FROM a\nADD https://user:hunter2@h/x /\n", "hunter2", "",
			"2|ADD https://***@h/x /\n |               ^ label\n",
		},
		{
			"a password again elsewhere on the line", "FROM a\nADD https://user:hunter2@h/hunter2/x word /\n", "word", "",
			"2|ADD https://***@h/***/x word /\n |                        ^^^^ label\n",
		},
		{
			"a variable with the password", "FROM a\nARG T=hunter2\nADD https://user:$T@h/x word /\n", "word", "hunter2",
			"2|ARG T=***\n |      --- related\n3|ADD https://***@h/x word /\n |                    ^^^^ label\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := &lint.Linter{Rules: []*lint.Rule{rule("one-rule", func(p *lint.Pass) {
				d := lint.Diagnostic{Span: at(t, p, tt.mark, 0), Label: "label"}
				if tt.related != "" {
					d.Related = []lint.Related{{File: p.File.Name, Span: at(t, p, tt.related, 0), Message: "related"}}
				}
				p.Report(d)
			})}}
			result, failures := l.Lint(context.Background(), []lint.File{file("Dockerfile", tt.text)})
			if len(failures) > 0 || len(result.Diagnostics) != 1 {
				t.Fatalf("%d diagnostics, failures %v; want 1, none", len(result.Diagnostics), failures)
			}
			if got := drawn(result.Diagnostics[0].Frame); got != tt.want {
				t.Errorf("frame is\n%swant\n%s", got, tt.want)
			}
		})
	}
}

func TestFrameOfManyLines(t *testing.T) {
	t.Parallel()
	// The frame ends at a line that has nothing to mark.
	text := "FROM a\nRUN one" + strings.Repeat(" \\\n more", 4) + strings.Repeat(" \\\n\n more", 30) + "\n"
	l := &lint.Linter{Rules: []*lint.Rule{rule("one-rule", func(p *lint.Pass) {
		p.Report(lint.Diagnostic{Span: dockerfile.Span{Start: strings.Index(text, "one"), End: len(text) - 1}, Label: "label"})
	})}}
	result, _ := l.Lint(context.Background(), []lint.File{file("Dockerfile", text)})
	lines := result.Diagnostics[0].Frame.Lines
	if len(lines) < 2 || len(lines) > 10 {
		t.Fatalf("the frame has %d lines, want a few", len(lines))
	}
	labels := 0
	for _, line := range lines {
		if want := min(1, len(line.Text)); len(line.Marks) != want {
			t.Errorf("line %d has %d marks, want %d", line.Number, len(line.Marks), want)
		}
		for _, m := range line.Marks {
			if m.Label != "" {
				labels++
			}
		}
	}
	if labels != 1 {
		t.Errorf("the frame has %d labels, want 1", labels)
	}
}

func TestFrameShortens(t *testing.T) {
	t.Parallel()
	fill := func(s string, n int) string { return strings.Repeat(s, n) }
	tests := []struct{ name, before, after string }{
		{"mark at the start", "", fill("x", 1000)},
		{"mark in the middle", fill("x", 1000), fill("y", 1000)},
		{"mark at the end", fill("x", 1000), ""},
		{"code points of several bytes", fill("é", 1000), fill("漢", 1000)},
		{"credentials before the mark", fill("https://u:hunter2@h ", 100), fill("https://u:hunter2@h ", 100)},
		{"invalid UTF-8", fill("\xff", 1000), fill("\xff", 1000)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := "FROM a\nRUN " + tt.before + " word " + tt.after + "\n"
			l := &lint.Linter{Rules: []*lint.Rule{rule("one-rule", func(p *lint.Pass) {
				p.Report(lint.Diagnostic{Span: at(t, p, "word", 0), Label: "label"})
			})}}
			result, _ := l.Lint(context.Background(), []lint.File{file("Dockerfile", text)})
			lines := result.Diagnostics[0].Frame.Lines
			if len(lines) != 1 || len(lines[0].Marks) != 1 {
				t.Fatalf("frame is %+v, want one line with one mark", lines)
			}
			shown, m := []rune(lines[0].Text), lines[0].Marks[0]
			if len(shown) > 170 {
				t.Errorf("the line has %d code points", len(shown))
			}
			if m.Start < 0 || m.End > len(shown) || string(shown[m.Start:m.End]) != "word" {
				t.Errorf("mark %d to %d of %q is not the word", m.Start, m.End, lines[0].Text)
			}
			if cut := len(tt.before) > 200; strings.HasPrefix(lines[0].Text, "…") != cut {
				t.Errorf("%q: starts with an ellipsis %v, want %v", lines[0].Text, !cut, cut)
			}
			if cut := len(tt.after) > 200; strings.HasSuffix(lines[0].Text, "…") != cut {
				t.Errorf("%q: ends with an ellipsis %v, want %v", lines[0].Text, !cut, cut)
			}
			if strings.Contains(lines[0].Text, "hunter2") {
				t.Errorf("%q shows the password", lines[0].Text)
			}
		})
	}
}

// TestFrameMarksStayInside places spans everywhere in a text that is hard to
// show.
func TestFrameMarksStayInside(t *testing.T) {
	t.Parallel()
	text := "\uFEFF# é\r\nFROM a\r\nADD https://u:hunter2@h/x \\\r\n\r\n  # comment\r\n  /漢\xff " + strings.Repeat("z", 300) + "\r\n\r\n"
	l := &lint.Linter{Rules: []*lint.Rule{rule("one-rule", func(p *lint.Pass) {
		for start := range len(text) + 1 {
			for end := start + 1; end <= len(text); end += 1 + (end-start)/2 {
				p.Report(lint.Diagnostic{Span: dockerfile.Span{Start: start, End: end}, Message: fmt.Sprint(end)})
			}
		}
	})}}
	result, _ := l.Lint(context.Background(), []lint.File{file("Dockerfile", text)})
	if len(result.Diagnostics) < 1000 {
		t.Fatalf("%d diagnostics, want more", len(result.Diagnostics))
	}
	for _, d := range result.Diagnostics {
		primary := false
		for _, line := range d.Frame.Lines {
			if strings.Contains(line.Text, "hunter") {
				t.Fatalf("%v: %q shows the password", d.Span, line.Text)
			}
			width := len([]rune(line.Text))
			for _, m := range line.Marks {
				primary = primary || m.Primary
				// A mark may stand one past the end: at a line ending.
				if m.Start < 0 || m.Start > width || m.End <= m.Start || m.End > max(width, m.Start+1) {
					t.Fatalf("%v: mark %+v of a line of %d code points", d.Span, m, width)
				}
			}
		}
		if !primary {
			t.Fatalf("%v: no primary mark in %+v", d.Span, d.Frame)
		}
		if !slices.IsSortedFunc(d.Frame.Lines, func(a, b lint.FrameLine) int { return a.Number - b.Number }) {
			t.Fatalf("%v: lines out of order in %+v", d.Span, d.Frame)
		}
	}
}
