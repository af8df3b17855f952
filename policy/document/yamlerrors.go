package document

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// unprintable is the error for a character that YAML does not take as it is.
func (r *yamlReader) unprintable() error {
	for i, c := range r.text {
		switch {
		case c == '\r' && strings.HasPrefix(r.text[i+1:], "\n"), c == '\n', c == '\t':
		case c < ' ', c >= 0x7f && c < 0xa0, c == '\u2028', c == '\u2029', c == '\ufeff', c == '\ufffe', c == '\uffff':
			return r.fail(i, "", fmt.Sprintf(`this character must be written \u%04x, in double quotes`, c))
		}
	}
	return nil
}

// refuse is the error for a node that makes use of what only machines need.
func (r *yamlReader) refuse(y *yaml.Node, start int) error {
	var first byte
	if start < len(r.text) && y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0 {
		first = r.text[start]
	}
	entry := func() string { return firstLine(r.text[start:]) }
	switch {
	case y.Kind == yaml.AliasNode:
		return r.fail(start, entry(), "YAML aliases are not read: write the value out, or in quotes if it begins with *")
	case y.Anchor != "", first == '&':
		return r.fail(start, entry(), "YAML anchors are not read: remove it, or put the value in quotes if it begins with &")
	case y.Style&yaml.TaggedStyle != 0, first == '!':
		return r.fail(start, entry(), "YAML tags are not read: remove it, or put the value in quotes if it begins with !")
	}
	return nil
}

// syntaxError is the error for a text that is no YAML. The library tells the
// line at best, and only a line near the trouble.
func (r *yamlReader) syntaxError(cause error) error {
	message := strings.TrimPrefix(cause.Error(), "yaml: ")
	line := 1
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		if number, after, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				line, message = n, after
			}
		}
	}
	at := r.lines[max(1, min(line, len(r.lines)))-1]
	switch {
	case strings.HasPrefix(message, "unknown anchor '"):
		name, _, _ := strings.Cut(strings.TrimPrefix(message, "unknown anchor '"), "'")
		at = max(0, strings.Index(r.text, "*"+name))
		return r.fail(at, firstLine(r.text[at:]), "YAML aliases are not read: write the value out, or in quotes if it begins with *")
	case message == "found unknown escape character":
		if escape, c := unknownEscape(r.text, at); escape >= 0 {
			return r.fail(escape, firstLine(r.text[escape:]), fmt.Sprintf(
				`in double quotes a backslash is written twice: write \\%c instead of \%c, or use single quotes`, c, c))
		}
	}
	at = len(r.text) - len(strings.TrimLeft(r.text[at:], " \t"))
	return r.fail(at, firstLine(r.text[at:]), r.explain(message, at))
}

// explain says what is wrong on the line whose text begins at.
func (r *yamlReader) explain(message string, at int) string {
	indented := r.text[strings.LastIndexByte(r.text[:at], '\n')+1 : at]
	switch {
	case strings.Contains(indented, "\t"):
		return "YAML is indented by spaces, not by tabs"
	case strings.HasPrefix(message, "found character that cannot start any token"):
		return "not YAML: a value that begins with @, % or ` takes quotes"
	case strings.HasPrefix(message, "mapping values are not allowed"):
		return `not YAML: a value with ": " in it takes quotes, and each key its own line`
	case strings.HasPrefix(message, "exceeded max depth"):
		return tooDeep
	case strings.HasPrefix(message, "found unexpected end of stream"):
		return "a closing quote is missing"
	default:
		return "not YAML: " + Printable(message)
	}
}

// unknownEscape finds a backslash in text, from an offset on, that no escape
// sequence of YAML begins with, and what follows it; -1 for none.
func unknownEscape(text string, from int) (int, rune) {
	for i := from; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		c, _ := utf8.DecodeRuneInString(text[i+1:])
		if strings.ContainsRune("0abt\tnvfre \"'\\N_LPxuU\r\n", c) {
			i++
		} else if unicode.IsPrint(c) {
			return i, c
		} else {
			break
		}
	}
	return -1, 0
}
