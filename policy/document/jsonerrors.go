package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

const noComments = "JSON has no comments: remove it"

// syntaxError is the error for text that is no JSON, given what
// json.Decoder.Token said. Its offsets count only part of the text, so the
// place is asked from json.Unmarshal.
func (r *jsonReader) syntaxError(cause error) error {
	start := r.nextStart()
	inString := start < len(r.text) && r.text[start] == '"'
	if errors.Is(cause, io.EOF) || errors.Is(cause, io.ErrUnexpectedEOF) {
		if inString {
			return r.fail(start, firstLine(r.text[start:]), `the closing " is missing`)
		}
		end := len(strings.TrimRight(r.text, space))
		return r.fail(end, "", "the file ends too early: a closing ] or } is missing")
	}
	at := min(r.end, len(r.text)-1)
	var bad *json.SyntaxError
	if errors.As(json.Unmarshal([]byte(r.text), new(json.RawMessage)), &bad) && bad.Offset > 0 {
		at, cause = int(bad.Offset)-1, bad
	}
	if inString && at > start {
		return r.stringError(start, at)
	}
	before := r.text[:at]
	if kept := strings.TrimRight(before, space); strings.HasSuffix(kept, ",") && strings.ContainsRune("]}", rune(r.text[at])) {
		return r.fail(len(kept)-1, "", fmt.Sprintf("remove the comma before %c", r.text[at]))
	}
	return r.fail(at, firstLine(r.text[at:]), r.explainByte(at, cause))
}

// explainByte says what is wrong with the byte at offset, outside of strings.
func (r *jsonReader) explainByte(at int, cause error) string {
	previous := strings.TrimRight(r.text[:at], space)
	separated := previous == "" || strings.ContainsAny(previous[len(previous)-1:], "{[,:")
	switch c := r.text[at]; {
	case isComment(r.text[at:]):
		return noComments
	case c == '\'':
		return `strings take double quotes, "^alpine:"`
	case !separated && strings.HasSuffix(cause.Error(), "after object key"):
		return "a : is missing before this"
	case !separated && strings.IndexByte(`"[{`, c) >= 0:
		return "a , is missing before this"
	case c == '}' && strings.HasSuffix(cause.Error(), "after array element"):
		return "a ] is missing before this"
	case unicode.IsLetter(rune(c)) && strings.HasSuffix(cause.Error(), "object key string"):
		return "a key takes double quotes"
	case unicode.IsLetter(rune(c)) && separated:
		return "a value takes double quotes, but for true, false and null in lower case"
	default:
		return "not JSON: " + cause.Error()
	}
}

// stringError is the error for the byte at offset at of the string that starts
// at start.
func (r *jsonReader) stringError(start, at int) error {
	entry, closed := literal(r.text[start:])
	c := r.text[at]
	switch {
	case c == '\n' || c == '\r' || !closed && c < ' ':
		return r.fail(start, entry, `the closing " is missing on this line`)
	case c < ' ':
		return r.fail(at, entry, fmt.Sprintf(`a control character in a string must be written \u%04x`, c))
	case r.text[at-1] != '\\':
		return r.fail(at, entry, `\u must be followed by four hexadecimal digits`)
	case c > unicode.MaxASCII || !unicode.IsPrint(rune(c)):
		return r.fail(at-1, entry, `in JSON a backslash is written twice: write \\`)
	default:
		return r.fail(at-1, entry, fmt.Sprintf(`in JSON a backslash is written twice: write \\%c instead of \%c`, c, c))
	}
}

// literal is the string that text begins with, well formed or not, and whether
// it is closed on its line.
func literal(text string) (string, bool) {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return text[:i+1], true
		case '\\':
			if strings.HasPrefix(text[i+1:], `"`) || strings.HasPrefix(text[i+1:], `\`) {
				i++
			}
		case '\n', '\r':
			return text[:i], false
		}
	}
	return text, false
}

func isComment(text string) bool {
	return strings.HasPrefix(text, "//") || strings.HasPrefix(text, "/*") || strings.HasPrefix(text, "#")
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimRight(line, space)
}
