package document

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// scalarEnd is where the scalar that begins at start ends.
func (r *yamlReader) scalarEnd(y *yaml.Node, start, indent int) (int, bool) {
	rest := r.text[start:]
	switch {
	case y.Style&yaml.DoubleQuotedStyle != 0:
		return quotedEnd(r.text, start, '"')
	case y.Style&yaml.SingleQuotedStyle != 0:
		return quotedEnd(r.text, start, '\'')
	case y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		if rest == "" || strings.IndexByte("|>", rest[0]) < 0 {
			return 0, false
		}
		return blockEnd(r.text, start, indent), true
	default:
		length, ok := plainLength(rest, y.Value)
		return start + length, ok
	}
}

// quotedEnd is where a string in quotes ends.
func quotedEnd(text string, start int, quote byte) (int, bool) {
	if start == len(text) || text[start] != quote {
		return 0, false
	}
	for i := start + 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quote == '"':
			i++
		case c == quote && quote == '\'' && strings.HasPrefix(text[i+1:], "'"):
			i++
		case c == quote:
			return i + 1, true
		}
	}
	return 0, false
}

// plainLength is the length of a value without quotes in the text that begins
// with it: all is there as it is but for line breaks, which are folded.
func plainLength(text, value string) (int, bool) {
	at := 0
	for value != "" {
		r, size := utf8.DecodeRuneInString(value)
		if !strings.ContainsRune(space, r) {
			if !strings.HasPrefix(text[at:], value[:size]) {
				return 0, false
			}
			at += size
			value = value[size:]
			continue
		}
		skipped := strings.TrimLeft(text[at:], space)
		if len(skipped) == len(text[at:]) {
			return 0, false
		}
		at = len(text) - len(skipped)
		value = strings.TrimLeft(value, space)
	}
	return at, true
}

// blockEnd is where a scalar in block style ends that begins with its | or > at
// start, in a collection indented by indent: at the end of its last line.
func blockEnd(text string, start, indent int) int {
	at := start + 1
	increment := 0
	for at < len(text) && strings.IndexByte("+-0123456789", text[at]) >= 0 {
		if text[at] >= '0' {
			increment = int(text[at] - '0')
		}
		at++
	}
	end := at
	_, rest, _ := strings.Cut(text[at:], "\n")
	at = len(text) - len(rest)
	if increment > 0 {
		indent = max(indent, 0) + increment
	} else {
		indent = max(contentIndent(text[at:]), indent+1, 1)
	}
	for at < len(text) {
		line, _, _ := strings.Cut(text[at:], "\n")
		shown := strings.TrimRight(line, space)
		switch {
		case shown == "":
		case spaces(line) < indent:
			return end
		default:
			end = at + len(shown)
		}
		at += len(line) + 1
	}
	return end
}

// contentIndent is how far the first line with content is indented, or an empty
// one before it that is indented further.
func contentIndent(text string) int {
	indent := 0
	for line := range strings.SplitSeq(text, "\n") {
		n := spaces(line)
		indent = max(indent, n)
		if strings.TrimRight(line[n:], "\r") != "" {
			break
		}
	}
	return indent
}

func spaces(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
