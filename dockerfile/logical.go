package dockerfile

import (
	"sort"
	"strings"
	"unicode"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// logical is the one line that BuildKit's parser joins an instruction's lines
// into (parser.Node.Original), with the way back to the file.
type logical struct {
	text     string
	segments []segment // ascending, the first at 0; nil where the way back is lost
	whole    Span      // the lines the instruction stands on
}

// segment says that text[at:] stands at offset in the file, up to the next
// segment.
type segment struct{ at, offset int }

// newLogical rebuilds the line of a node by the rules of parser.Parse: line
// endings dropped, leading blanks of the first line dropped, comment lines and
// empty lines inside a continuation skipped, the escape token and what blanks
// follow it dropped, heredoc bodies left out.
func (f *File) newLogical(n *parser.Node) *logical {
	l := &logical{text: n.Original}
	l.whole = Span{f.Lines.Span(n.StartLine).Start, f.Lines.Span(n.EndLine).End}
	joined := 0
	single := n.StartLine == n.EndLine
	var b strings.Builder
	for line := n.StartLine; line <= n.EndLine; line++ {
		span := f.Lines.Span(line)
		text := strings.TrimRight(f.Text[span.Start:span.End], "\r")
		if line == n.StartLine {
			trimmed := strings.TrimLeftFunc(text, unicode.IsSpace)
			span.Start += len(text) - len(trimmed)
			text = trimmed
		} else if blankOrComment(text) {
			continue
		}
		part, more := cutContinuation(text, f.escape)
		if len(part) > 0 {
			l.segments = append(l.segments, segment{joined, span.Start})
			joined += len(part)
		}
		if single && part == l.text {
			return l
		}
		b.WriteString(part)
		if !more {
			break
		}
	}
	if l.text == "" { // of an instruction whose text was not kept (parseNodes)
		l.text = b.String()
	}
	if b.String() != l.text {
		l.segments = nil
	}
	return l
}

func blankOrComment(line string) bool {
	line = strings.TrimLeftFunc(line, unicode.IsSpace)
	return line == "" || line[0] == '#'
}

// cutContinuation drops a line continuation as the parser's regular expression
// ([^\\])\\[ \t]*$|^\\[ \t]*$ does.
func cutContinuation(line string, escape byte) (string, bool) {
	end := strings.TrimRight(line, " \t")
	if end == "" || end[len(end)-1] != escape {
		return line, false
	}
	if len(end) > 1 && end[len(end)-2] == escape {
		return line, false
	}
	return end[:len(end)-1], true
}

// span is where text[start:end] stands in the file: from its first byte to its
// last, continuations between them included.
func (l *logical) span(start, end int) Span {
	if l.segments == nil || start >= end {
		return l.whole
	}
	return Span{l.offset(start), l.offset(end-1) + 1}
}

func (l *logical) offset(at int) int {
	after := sort.Search(len(l.segments), func(i int) bool { return l.segments[i].at > at })
	s := l.segments[max(0, after-1)]
	return s.offset + at - s.at
}

// from is the rest of the line from a byte on, as a logical line of its own:
// the trigger of an ONBUILD.
func (l *logical) from(at int) *logical {
	out := &logical{text: l.text[at:], whole: l.whole}
	for i, s := range l.segments {
		next := len(l.text)
		if i+1 < len(l.segments) {
			next = l.segments[i+1].at
		}
		switch {
		case s.at >= at:
			out.segments = append(out.segments, segment{s.at - at, s.offset})
		case next > at:
			out.segments = append(out.segments, segment{0, s.offset + at - s.at})
		}
	}
	return out
}
