package report

import (
	"strings"
	"unicode"
)

const (
	zeroWidthNonJoiner = '\u200C' // part of Persian and Indic spelling
	zeroWidthJoiner    = '\u200D' // the same, and holds emoji together

	pictures        = '\u2400' // of the control characters, in their order
	pictureOfDelete = '\u2421'
)

// invisible tells whether a terminal would obey a rune rather than show it, or
// show nothing: control characters, the controls of bidirectional text, with
// which a line can read differently from what it does, and other format
// characters.
func invisible(r rune) bool {
	if r < unicode.MaxASCII {
		return r < ' '
	}
	if r == zeroWidthNonJoiner || r == zeroWidthJoiner {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// visible gives the rune that stands for r in front of people: the picture of
// a control character, U+FFFD for what has none. One rune gives one rune, so
// that columns stay true.
func visible(r rune) rune {
	switch {
	case r == '\t':
		return ' '
	case r < ' ':
		return pictures + r
	case r == unicode.MaxASCII:
		return pictureOfDelete
	case invisible(r):
		return unicode.ReplacementChar
	default:
		return r
	}
}

// Clean makes a text safe to print, on one line. Bytes that are no UTF-8 become
// U+FFFD each. One character gives one character, so that columns stay true.
func Clean(s string) string { return strings.Map(visible, s) }

// lines splits a text of others at its newlines, each line clean and without
// trailing blanks. There is always a first line.
func lines(s string) []string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	all := strings.Split(strings.TrimRight(s, " \t\r\n"), "\n")
	for i, l := range all {
		all[i] = strings.TrimRight(Clean(l), " ")
	}
	return all
}

// oneLine is a text for a place that has but one line.
func oneLine(s string) string { return strings.Join(lines(s), " ") }
