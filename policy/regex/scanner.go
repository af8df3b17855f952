package regex

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/policy"
)

// maxText bounds what a policy costs to load. The policies in use are a few
// kilobytes.
const maxText = 1 << 20

// token is one JSON token and where it stands.
type token struct {
	value        json.Token
	raw          string // as written
	line, column int    // 1-based, column in code points
}

// shown is the token as written, safe to print.
func (t token) shown() string { return printable(t.raw) }

// scanner gives the tokens of a JSON text their places, which encoding/json
// knows but does not tell.
type scanner struct {
	file string
	text string
	dec  *json.Decoder
	last token
	end  int // where last ends
	// line and column are the place of the byte at offset; places are asked for
	// in order, so counting on from there keeps loading linear.
	offset, line, column int
}

func newScanner(file, text string) *scanner {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber() // 1e999 is the wrong type, not a number out of range
	return &scanner{file: file, text: text, dec: dec, line: 1, column: 1}
}

// next is the next token. Commas and colons are not tokens, as in
// json.Decoder.Token.
func (s *scanner) next() (token, error) {
	value, err := s.dec.Token()
	if err != nil {
		return token{}, s.syntaxError(err)
	}
	start := s.nextStart()
	s.end = int(s.dec.InputOffset())
	s.last = token{value: value, raw: s.text[start:s.end]}
	s.last.line, s.last.column = s.place(start)
	return s.last, nil
}

// nextStart is where the token after the last one starts: past white space and
// at most one comma or colon.
func (s *scanner) nextStart() int {
	at := s.skipSpace(s.end)
	if at < len(s.text) && (s.text[at] == ',' || s.text[at] == ':') {
		at = s.skipSpace(at + 1)
	}
	return at
}

func (s *scanner) skipSpace(from int) int {
	return len(s.text) - len(strings.TrimLeft(s.text[from:], jsonSpace))
}

// jsonSpace is the white space of JSON.
const jsonSpace = " \t\r\n"

// place is the line and column of the byte at offset.
func (s *scanner) place(offset int) (line, column int) {
	if offset < s.offset {
		s.offset, s.line, s.column = 0, 1, 1
	}
	between := s.text[s.offset:offset]
	if i := strings.LastIndexByte(between, '\n'); i >= 0 {
		s.line += strings.Count(between, "\n")
		s.column = 1
		between = between[i+1:]
	}
	s.column += utf8.RuneCountInString(between)
	s.offset = offset
	return s.line, s.column
}

// fail is the error that t is wrong. What opens a list or an object is left out
// as an entry: alone it says nothing.
func (s *scanner) fail(t token, format string, args ...any) error {
	e := &policy.LoadError{File: s.file, Line: t.line, Column: t.column, Message: fmt.Sprintf(format, args...)}
	if _, opens := t.value.(json.Delim); !opens {
		e.Entry = t.shown()
	}
	return e
}

// failAt is the error that something is wrong at offset; entry is the text it
// is about, or "".
func (s *scanner) failAt(offset int, entry, message string) error {
	line, column := s.place(offset)
	return &policy.LoadError{File: s.file, Line: line, Column: column, Entry: printable(entry), Message: message}
}

// unreadable is the error for a text that is not worth reading as JSON.
func (s *scanner) unreadable() error {
	switch {
	case len(s.text) > maxText:
		return s.failAt(0, "", fmt.Sprintf("the file has %d bytes, a policy at most %d", len(s.text), maxText))
	case strings.HasPrefix(s.text, "\ufeff"):
		return s.failAt(0, "", "the file begins with a byte order mark: save it as UTF-8 without BOM")
	case strings.HasPrefix(s.text, "\xff\xfe"), strings.HasPrefix(s.text, "\xfe\xff"):
		return s.failAt(0, "", "the file is in UTF-16: save it as UTF-8 without BOM")
	case strings.Trim(s.text, jsonSpace) == "":
		return s.failAt(0, "", `the file is empty: a policy is a JSON object such as {"whitelist": ["^alpine:"]}`)
	case !utf8.ValidString(s.text):
		return s.failAt(invalidUTF8(s.text), "", "the file is not in UTF-8 here")
	}
	return nil
}

func invalidUTF8(text string) int {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
			return i
		}
	}
	return len(text)
}

// trailing is the error for text after the object.
func (s *scanner) trailing() error {
	at := s.skipSpace(s.end)
	switch {
	case at == len(s.text):
		return nil
	case isComment(s.text[at:]):
		return s.failAt(at, firstLine(s.text[at:]), noComments)
	default:
		return s.failAt(at, firstLine(s.text[at:]), "nothing may follow the closing } of the policy")
	}
}
