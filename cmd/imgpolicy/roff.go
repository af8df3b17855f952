package main

import (
	"fmt"
	"strings"
)

// roff is a text for man(7), line by line.
type roff struct{ strings.Builder }

// line writes a line of what is roff already.
func (m *roff) line(s string) { m.WriteString(s + "\n") }

// request writes a macro with its arguments.
func (m *roff) request(name string, args ...string) {
	line := "." + name
	for _, arg := range args {
		line += ` "` + roffText(arg) + `"`
	}
	m.line(line)
}

// entry writes a label, which is roff, and what it is about hanging from it.
func (m *roff) entry(label, text string) {
	m.line(".TP\n" + label)
	m.lines(text)
}

// text writes paragraphs.
func (m *roff) text(text string) {
	for _, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if paragraph != "" {
			m.line(".PP")
			m.lines(paragraph)
		}
	}
}

// lines writes lines to be filled, and those that are indented as they are.
func (m *roff) lines(text string) {
	filled := true
	for _, l := range strings.Split(text, "\n") {
		if indented := strings.HasPrefix(l, "  "); indented == filled {
			filled = !indented
			m.line(map[bool]string{true: ".fi", false: ".nf"}[filled])
		}
		m.line(roffText(l))
	}
	if !filled {
		m.line(".fi")
	}
}

// roffText escapes a line. The characters of ASCII that typesetters made
// something finer of stay what they are, so that they can be pasted.
func roffText(s string) string {
	var b strings.Builder
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		b.WriteString(`\&`) // no request
	}
	for _, r := range s {
		if escaped, ok := roffEscapes[r]; ok {
			b.WriteString(escaped)
		} else if r < 0x80 {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		}
	}
	return b.String()
}

var roffEscapes = map[rune]string{
	'\\': `\e`, '-': `\-`, '\'': `\(aq`, '`': `\(ga`, '"': `\(dq`, '^': `\(ha`, '~': `\(ti`,
}
