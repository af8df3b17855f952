// Package dockerfile finds the build inputs of a Dockerfile: every place that
// makes a build fetch something, with BuildKit's identifier for it and the
// exact bytes it was written in.
//
// Text is parsed with BuildKit's own parser; what BuildKit then does with the
// result (variables, stages, named contexts) is followed here without its
// solver, so that nothing is dialled, an unknown value stays unknown instead of
// empty, and one bad instruction does not hide the rest. The package does no
// I/O and knows nothing of policies.
package dockerfile

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// Span is a half-open range of byte offsets into a File's text. The zero value
// is the empty span at the start.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Empty tells whether the span covers no text.
func (s Span) Empty() bool { return s.End <= s.Start }

// Position is a place in a text for people and editors. Line and Column are
// 1-based; Column counts Unicode code points, a byte order mark not included;
// Offset counts bytes from 0, a byte order mark included.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Offset int `json:"offset"`
}

// Range is a pair of positions, the end exclusive. The zero value is no range.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// IsZero tells whether there is no range.
func (r Range) IsZero() bool { return r.Start.Line == 0 }

// Lines maps byte offsets of a text to lines and columns.
type Lines struct {
	text   string
	starts []int
}

// NewLines indexes text.
func NewLines(text string) *Lines {
	starts := make([]int, 1, 1+strings.Count(text, "\n"))
	for i := 0; i < len(text); {
		n := strings.IndexByte(text[i:], '\n')
		if n < 0 {
			break
		}
		i += n + 1
		starts = append(starts, i)
	}
	return &Lines{text: text, starts: starts}
}

// Count is the number of lines; a text that ends in a newline has an empty
// last line.
func (l *Lines) Count() int { return len(l.starts) }

// LineOf is the 1-based line that offset lies in.
func (l *Lines) LineOf(offset int) int {
	return sort.SearchInts(l.starts, offset+1)
}

// Span is the extent of a 1-based line without its line ending and without a
// byte order mark. Lines outside the text give an empty span at its end.
func (l *Lines) Span(line int) Span {
	if line < 1 || line > len(l.starts) {
		return Span{len(l.text), len(l.text)}
	}
	start, end := l.starts[line-1], len(l.text)
	if line < len(l.starts) {
		end = l.starts[line] - 1
	}
	if end > start && l.text[end-1] == '\r' {
		end--
	}
	if line == 1 && strings.HasPrefix(l.text, byteOrderMark) {
		start += len(byteOrderMark)
	}
	return Span{start, max(start, end)}
}

// Text is the text of a 1-based line, as Span delimits it.
func (l *Lines) Text(line int) string {
	s := l.Span(line)
	return l.text[s.Start:s.End]
}

// Position is the place of a byte offset.
func (l *Lines) Position(offset int) Position {
	offset = max(0, min(offset, len(l.text)))
	line := l.LineOf(offset)
	start := l.starts[line-1]
	if line == 1 && strings.HasPrefix(l.text, byteOrderMark) && offset >= len(byteOrderMark) {
		start += len(byteOrderMark)
	}
	return Position{Line: line, Column: 1 + utf8.RuneCountInString(l.text[start:offset]), Offset: offset}
}

// Range is the range of a span.
func (l *Lines) Range(s Span) Range {
	return Range{Start: l.Position(s.Start), End: l.Position(s.End)}
}

const byteOrderMark = "\uFEFF"
