package regex

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

const noComments = "JSON has no comments: remove it"

// syntaxError is the error for text that is no JSON, given what
// json.Decoder.Token said. Its offsets count only part of the text, so the
// place is asked from json.Unmarshal.
func (s *scanner) syntaxError(cause error) error {
	start := s.nextStart()
	inString := start < len(s.text) && s.text[start] == '"'
	if errors.Is(cause, io.EOF) || errors.Is(cause, io.ErrUnexpectedEOF) {
		if inString {
			return s.failAt(start, firstLine(s.text[start:]), `the closing " is missing`)
		}
		end := len(strings.TrimRight(s.text, jsonSpace))
		return s.failAt(end, "", "the file ends too early: a closing ] or } is missing")
	}
	at := s.end
	var bad *json.SyntaxError
	if errors.As(json.Unmarshal([]byte(s.text), new(json.RawMessage)), &bad) && bad.Offset > 0 {
		at, cause = int(bad.Offset)-1, bad
	}
	if inString && at > start {
		return s.stringError(start, at)
	}
	before := s.text[:at]
	if kept := strings.TrimRight(before, jsonSpace); strings.HasSuffix(kept, ",") && strings.ContainsRune("]}", rune(s.text[at])) {
		return s.failAt(len(kept)-1, "", fmt.Sprintf("remove the comma before %c", s.text[at]))
	}
	return s.failAt(at, firstLine(s.text[at:]), s.explainByte(at, cause))
}

// explainByte says what is wrong with the byte at offset, outside of strings.
func (s *scanner) explainByte(at int, cause error) string {
	previous := strings.TrimRight(s.text[:at], jsonSpace)
	separated := previous == "" || strings.ContainsAny(previous[len(previous)-1:], "{[,:")
	switch c := s.text[at]; {
	case isComment(s.text[at:]):
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
func (s *scanner) stringError(start, at int) error {
	entry, closed := literal(s.text[start:])
	c := s.text[at]
	switch {
	case c == '\n' || c == '\r' || !closed && c < ' ':
		return s.failAt(start, entry, `the closing " is missing on this line`)
	case c < ' ':
		return s.failAt(at, entry, fmt.Sprintf(`a control character in a string must be written \u%04x`, c))
	case s.text[at-1] != '\\':
		return s.failAt(at, entry, `\u must be followed by four hexadecimal digits`)
	case c > unicode.MaxASCII || !unicode.IsPrint(rune(c)):
		return s.failAt(at-1, entry, `in JSON a backslash is written twice: write \\`)
	default:
		return s.failAt(at-1, entry, fmt.Sprintf(`in JSON a backslash is written twice: write \\%c instead of \%c`, c, c))
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
	return strings.TrimRight(line, jsonSpace)
}

// describe names the type of a token.
func describe(t token) string {
	switch v := t.value.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "true or false"
	case json.Delim:
		if v == '[' {
			return "a list"
		}
		return "an object"
	default:
		return "a number"
	}
}

// explainPattern says what is wrong with a regular expression of a list, and
// what to write instead where that is known.
func explainPattern(list string, err error) string {
	var bad *syntax.Error
	if !errors.As(err, &bad) {
		return err.Error()
	}
	expr := "`" + printable(bad.Expr) + "`"
	switch {
	case strings.HasPrefix(bad.Expr, "(?!") || strings.HasPrefix(bad.Expr, "(?<!"):
		return "Go (RE2) has no look-ahead or look-behind" + insteadOfNot(list)
	case strings.HasPrefix(bad.Expr, "(?=") || strings.HasPrefix(bad.Expr, "(?<="):
		return "Go (RE2) has no look-ahead or look-behind"
	case bad.Code == syntax.ErrInvalidEscape && len(bad.Expr) == 2 && bad.Expr[1] >= '1' && bad.Expr[1] <= '9':
		return "Go (RE2) has no backreferences such as " + expr
	case bad.Code == syntax.ErrInvalidEscape && bad.Expr == `\Z`:
		return "invalid escape sequence " + expr + "; write $"
	case bad.Code == syntax.ErrMissingRepeatArgument && strings.HasPrefix(bad.Expr, "*"):
		return bad.Code.String() + " in " + expr + "; this is no glob, write .* for any text"
	case bad.Expr == "":
		return bad.Code.String()
	default:
		return bad.Code.String() + " in " + expr
	}
}

// insteadOfNot says how the lists express "all but".
func insteadOfNot(list string) string {
	if list == whitelistKey {
		return `; to allow all but some images, put those on the blacklist and set "defaultAllow": true`
	}
	return `; to deny all but some images, put those on the whitelist and set "defaultAllow": false`
}

// maxShown is how many code points of an entry are shown.
const maxShown = 200

// printable is text for a message: without the credentials of URLs, shortened,
// and what must not reach a terminal escaped the way a JSON string can spell
// it, which keeps its meaning.
func printable(text string) string {
	var b strings.Builder
	count := 0
	for _, r := range source.Redact(text) {
		if count++; count > maxShown {
			return b.String() + "…"
		}
		switch hi, lo := utf16.EncodeRune(r); {
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
