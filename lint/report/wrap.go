package report

import (
	"iter"
	"strings"
)

const (
	// readable is how many columns prose wants to be read with ease.
	readable = 40
	// narrowIndent is how far lines hang where the place below the first word
	// of their text has less than that, or than two thirds of the terminal.
	narrowIndent = 4
)

// hang lays a text out behind what already takes so many columns of its first
// line. All other lines stand below each other behind indent.
func (t *texter) hang(text string, used int) (indent string, all []string) {
	first, rest := 0, 0
	columns := used
	if t.width > 0 {
		if t.width-used < min(readable, t.width*2/3) {
			columns = min(used, narrowIndent)
		}
		first, rest = max(1, t.width-used), max(minRoom, t.width-columns)
	}
	for i, l := range t.lines(text) {
		if i > 0 {
			first = rest
		}
		all = append(all, Wrap(l, first, rest)...)
	}
	return strings.Repeat(" ", columns), all
}

// Wrap breaks a clean line at blanks, to have at most so many columns in the
// first line and in each of the rest; rest 0 breaks nothing. What cannot be
// broken stays whole, however long it is. A line that is indented goes on as
// far to the right as it began.
func Wrap(text string, first, rest int) []string {
	if rest <= 0 || textWidth(text) <= first {
		return []string{text}
	}
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	if len(indent) > rest/2 {
		indent = ""
	}
	var all []string
	var line strings.Builder
	columns, room, empty := 0, first, true
	for gap, piece := range pieces(text) {
		width := textWidth(piece)
		// To leave the first line empty is worth it only where the next has room.
		worth := !empty || room < rest && len(gap)+width <= rest
		if columns+len(gap)+width > room && worth {
			all = append(all, line.String())
			line.Reset()
			gap, columns, room = indent, 0, rest
		}
		line.WriteString(gap + piece)
		columns, empty = columns+len(gap)+width, false
	}
	return append(all, line.String())
}

// pieces are the parts of a line that stay whole, each with the blanks in front
// of it: words, and what stands between backquotes, which is there to be pasted.
func pieces(text string) iter.Seq2[string, string] {
	return func(yield func(gap, piece string) bool) {
		for text != "" {
			word := strings.TrimLeft(text, " ")
			gap, end := text[:len(text)-len(word)], wordEnd(word)
			if word == "" || !yield(gap, word[:end]) {
				return
			}
			text = word[end:]
		}
	}
}

// wordEnd is where the first word of a text ends. A backquote without a second
// one is a character like any other.
func wordEnd(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case ' ':
			return i
		case '`':
			i += 1 + strings.IndexByte(text[i+1:], '`')
		}
	}
	return len(text)
}
