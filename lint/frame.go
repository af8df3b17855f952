package lint

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/dockerfile"
)

const (
	// maxFrameColumns is how many code points of a line are shown; a longer one
	// is cut around its first mark.
	maxFrameColumns = 160
	// maxFrameLines bounds how much of a reference over many lines is shown.
	maxFrameLines = 6
	// leadColumns is how much of a cut line is kept in front of its first mark.
	leadColumns = 40
)

// document is a text that diagnostics point into: a Dockerfile or a policy.
type document struct {
	text    string
	lines   *dockerfile.Lines
	secrets *dockerfile.Secrets
}

// frame cuts out the lines of a diagnostic's place and of its related places in
// the same file.
func (doc document) frame(d *Diagnostic) Frame {
	if d.Range.IsZero() {
		return Frame{}
	}
	b := frameBuilder{document: doc, lines: map[int]*FrameLine{}, shown: map[int]shownLine{}}
	for _, r := range d.Related {
		if r.File == d.File && !r.Range.IsZero() {
			b.mark(r.Span, r.Message, false)
		}
	}
	b.mark(d.Span, d.Label, true)
	var out Frame
	for _, line := range b.lines {
		slices.SortFunc(line.Marks, func(a, b Mark) int { return a.Start - b.Start })
		out.Lines = append(out.Lines, *line)
	}
	slices.SortFunc(out.Lines, func(a, b FrameLine) int { return a.Number - b.Number })
	for i := range out.Lines {
		shorten(&out.Lines[i])
	}
	return out
}

// marked is Diagnostic.Marked.
func (doc document) marked(d *Diagnostic) string {
	if d.Range.IsZero() || d.Input != nil || d.Whole {
		return ""
	}
	span := d.Span
	if span.Empty() || strings.TrimSpace(doc.text[span.Start:span.End]) == "" {
		span = doc.lines.Span(d.Range.Start.Line)
	}
	text := doc.text[span.Start:span.End]
	return doc.secrets.Redact(newShownLine(text, doc.secrets.Find(text, span.Start)).text())
}

type frameBuilder struct {
	document document
	lines    map[int]*FrameLine
	shown    map[int]shownLine
}

// mark underlines a span on each line where it covers text, or on the
// last where it covers none. The label stands on the last.
func (b *frameBuilder) mark(s dockerfile.Span, label string, primary bool) {
	doc := b.document
	first, last := doc.lines.LineOf(s.Start), doc.lines.LineOf(max(s.Start, s.End-1))
	last = min(last, first+maxFrameLines-1)
	var labeled *FrameLine
	for n := first; n <= last; n++ {
		line := b.line(n)
		span := doc.lines.Span(n)
		part := dockerfile.Span{Start: max(s.Start, span.Start), End: min(s.End, span.End)}
		if n > first {
			text := doc.text[part.Start:max(part.Start, part.End)]
			part.Start += len(text) - len(strings.TrimLeft(text, " \t"))
		}
		start := b.shown[n].column(part.Start - span.Start)
		end := b.shown[n].column(part.End - span.Start)
		if part.Start < part.End || labeled == nil && n == last {
			line.Marks = append(line.Marks, Mark{Start: start, End: max(end, start+1), Primary: primary})
			labeled = line
		}
	}
	labeled.Marks[len(labeled.Marks)-1].Label = label
}

func (b *frameBuilder) line(number int) *FrameLine {
	if line, ok := b.lines[number]; ok {
		return line
	}
	span := b.document.lines.Span(number)
	text := b.document.text[span.Start:span.End]
	shown := newShownLine(text, b.document.secrets.Find(text, span.Start))
	b.shown[number] = shown
	line := &FrameLine{Number: number, Text: shown.text()}
	b.lines[number] = line
	return line
}

// shownLine is a line with its credentials hidden, and the way from its bytes
// to the columns of what is shown.
type shownLine struct {
	raw    string
	hidden []dockerfile.Span
}

func newShownLine(raw string, hidden []dockerfile.Span) shownLine {
	return shownLine{strings.Clone(raw), hidden}
}

func (l shownLine) text() string { return l.prefix(len(l.raw)) }

// column is where byte offset at of the line stands in what is shown, in code
// points from 0.
func (l shownLine) column(at int) int {
	return utf8.RuneCountInString(l.prefix(max(0, min(at, len(l.raw)))))
}

// prefix is what is shown of raw[:end]; what is hidden is shown in full as soon
// as it has begun.
func (l shownLine) prefix(end int) string {
	if len(l.hidden) == 0 {
		return l.raw[:end]
	}
	var b strings.Builder
	last := 0
	for _, h := range l.hidden {
		if h.Start >= end {
			break
		}
		b.WriteString(l.raw[last:h.Start])
		b.WriteString(dockerfile.Hidden)
		last = h.End
	}
	if last < end {
		b.WriteString(l.raw[last:end])
	}
	return b.String()
}

// shorten cuts a very long line around its first mark.
func shorten(line *FrameLine) {
	if len(line.Text) <= maxFrameColumns || utf8.RuneCountInString(line.Text) <= maxFrameColumns {
		return
	}
	runes := []rune(line.Text)
	start := 0
	if len(line.Marks) > 0 {
		start = max(0, line.Marks[0].Start-leadColumns)
	}
	end := min(len(runes), start+maxFrameColumns)
	shift := -start
	text := string(runes[start:end])
	if start > 0 {
		text = "…" + text
		shift++
	}
	width := utf8.RuneCountInString(text)
	if end < len(runes) {
		text += "…"
	}
	line.Text = text
	for i := range line.Marks {
		m := &line.Marks[i]
		m.Start = max(0, min(m.Start+shift, width))
		m.End = max(m.Start+1, min(m.End+shift, width))
	}
}
