package report

import (
	"strings"
	"unicode"

	"github.com/fatih/color"
	"golang.org/x/text/width"

	"github.com/imgpolicy/imgpolicy/lint"
)

const (
	tabStop = 4
	// minRoom is the least width a line is cut to; a narrower terminal wraps.
	minRoom = 24
	// minLabel is the least width a label is broken to.
	minLabel = 16
	// lead is what is kept in front of a mark that itself has no room.
	lead = 8
)

// mark is a lint.Mark in columns of the terminal, from 0.
type mark struct {
	from, to int
	label    string
	primary  bool
}

// paint is the colour of a mark and of what belongs to it.
func (t *texter) paint(m mark, s lint.Severity) *color.Color {
	if m.primary {
		return t.palette.severity(s)
	}
	return t.palette.secondary
}

// line is a line of a file as a terminal shows it.
type line struct {
	glyphs []string // one to a code point
	starts []int    // the column of each, and of the end
	// ellipsis stands where the line is cut.
	ellipsis string
}

// newLine replaces what must not be printed and expands tabs: a terminal counts
// its tab stops from the edge of the screen, which the gutter has moved.
func (t *texter) newLine(text string) line {
	l := line{starts: []int{0}, ellipsis: t.clean("…")}
	column := 0
	for _, r := range text {
		glyph := string(visible(r))
		switch {
		case r == '\t':
			glyph = strings.Repeat(" ", tabStop-column%tabStop)
		case t.ascii:
			glyph = ASCII(glyph)
		}
		column += textWidth(glyph)
		l.glyphs = append(l.glyphs, glyph)
		l.starts = append(l.starts, column)
	}
	return l
}

func (l line) width() int { return l.starts[len(l.glyphs)] }

// column is where code point i stands.
func (l line) column(i int) int { return l.starts[min(i, len(l.glyphs))] }

// lay lays a line out in room columns, or as it is where room is 0.
func (t *texter) lay(f lint.FrameLine, room int) (string, []mark) {
	l := t.newLine(f.Text)
	marks, end := make([]mark, len(f.Marks)), l.width()
	for i, m := range f.Marks {
		from, to := l.column(m.Start), l.column(m.End)
		// A mark behind the end, where something is missing, or on nothing but
		// combining characters still is one.
		marks[i] = mark{from: from, to: max(to, from+1), primary: m.Primary}
		end = max(end, marks[i].to)
		if m.Label != "" {
			marks[i].label = strings.Join(t.lines(m.Label), " ")
		}
	}
	if room == 0 || end <= room {
		return strings.Join(l.glyphs, ""), marks
	}
	return l.cut(marks, room)
}

// cut shows the part of a line that its marks are in, with an ellipsis on each
// side that is cut, and moves the marks with it.
func (l line) cut(marks []mark, room int) (string, []mark) {
	first, last := l.window(marks, room-2*textWidth(l.ellipsis))
	text, shift := strings.Join(l.glyphs[first:last], ""), -l.starts[first]
	if first > 0 {
		text, shift = l.ellipsis+text, shift+textWidth(l.ellipsis)
	}
	if last < len(l.glyphs) {
		text += l.ellipsis
	}
	end := textWidth(text)
	for i := range marks {
		m := &marks[i]
		m.from = max(0, min(m.from+shift, end-1))
		m.to = max(m.from+1, min(m.to+shift, end))
	}
	return text, marks
}

// window picks the code points to show in room columns: the beginning where the
// marks are in it, else what is around them, else the beginning of the first.
func (l line) window(marks []mark, room int) (first, last int) {
	from, to := l.width(), 0
	for _, m := range marks {
		from, to = min(from, m.from), max(to, m.to)
	}
	start := 0
	if to > room {
		start = max(0, from-max(lead, (room-(to-from))/2))
	}
	for first < len(l.glyphs) && l.starts[first] < start {
		first++
	}
	last = first
	for last < len(l.glyphs) && l.starts[last+1]-l.starts[first] <= room {
		last++
	}
	return first, last
}

// textWidth is how many columns a clean text takes.
func textWidth(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// runeWidth is how many columns a terminal gives to a rune. Characters that are
// wide only in East Asian fonts count as narrow: the locale must not change
// what we print.
func runeWidth(r rune) int {
	const hangulVowels, hangulEnd = 0x1160, 0x11FF // drawn into the syllable before
	switch {
	case r < 0x300:
		return 1
	case r == zeroWidthNonJoiner, r == zeroWidthJoiner, unicode.In(r, unicode.Mn, unicode.Me),
		r >= hangulVowels && r <= hangulEnd:
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}
