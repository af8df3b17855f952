package catalog

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// scanner reads JSON value by value, as catalogs are too large to make trees of
// in the time that a linter has. What it takes, policy/document takes, too; of
// what it does not, that package says what is wrong.
//
// The first error stays, and all that is read after it is nothing.
type scanner struct {
	file string
	text string
	at   int // the next byte
	// line is that of at, 1-based, and lineStart where it begins. Lines only end
	// between values.
	line, lineStart int
	// token is where the last string, number or key began, and end where it ended.
	token mark
	end   int
	err   error
}

// mark is a place in the text.
type mark struct{ at, line, lineStart int }

func (s *scanner) mark() mark { return mark{s.at, s.line, s.lineStart} }

// fail is that something is wrong with the value that was last read.
func (s *scanner) fail(format string, args ...any) {
	s.failAt(s.token, s.text[s.token.at:max(s.end, s.token.at)], format, args...)
}

func (s *scanner) failAt(m mark, entry, format string, args ...any) {
	if s.err != nil {
		return
	}
	s.err = &policy.LoadError{
		File: s.file, Line: m.line, Column: utf8.RuneCountInString(s.text[m.lineStart:m.at]) + 1,
		Entry: document.Printable(entry), Message: fmt.Sprintf(format, args...),
	}
}

// malformed is that the text is no JSON, or another kind of value than what is
// expected.
func (s *scanner) malformed(expected string) {
	if s.err != nil {
		return
	}
	if _, err := document.ParseJSON(s.file, []byte(s.text), MaxText); err != nil {
		s.err = err
		return
	}
	m := s.mark()
	entry := s.text[s.at:]
	if end := strings.IndexAny(entry, ",]}\r\n"); end >= 0 && entry[0] != '"' {
		entry = entry[:end]
	} else if entry != "" && entry[0] == '"' {
		if s.skipString() {
			entry = s.text[m.at:s.at]
		}
	}
	s.failAt(m, entry, "must be %s", expected)
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '\n':
			s.line++
			s.lineStart = s.at + 1
		case ' ', '\t', '\r':
		default:
			return
		}
		s.at++
	}
}

// next tells whether the next byte that is no space is b, and passes it.
func (s *scanner) next(b byte) bool {
	s.space()
	if s.err == nil && s.at < len(s.text) && s.text[s.at] == b {
		s.at++
		return true
	}
	return false
}

// skipString passes a string, and tells whether there is one.
func (s *scanner) skipString() bool {
	for i := s.at + 1; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case '"':
			s.at = i + 1
			return true
		}
	}
	return false
}

// str reads a string. It shares the text's memory where nothing is escaped.
func (s *scanner) str(expected string) string {
	s.space()
	s.token = s.mark()
	if s.err != nil || s.at >= len(s.text) || s.text[s.at] != '"' {
		s.malformed(expected)
		return ""
	}
	for i := s.at + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			value := s.text[s.at+1 : i]
			s.at, s.end = i+1, i+1
			return value
		case c == '\\' || c < ' ':
			return s.escaped(expected)
		}
	}
	s.malformed(expected)
	return ""
}

func (s *scanner) escaped(expected string) string {
	start := s.at
	var value string
	if !s.skipString() || json.Unmarshal([]byte(s.text[start:s.at]), &value) != nil || strings.ContainsRune(value, utf8.RuneError) {
		s.at = start
		s.malformed(expected)
		return ""
	}
	s.end = s.at
	return value
}

// count reads a whole number from 0 to a billion.
func (s *scanner) count() int {
	const expected = "a whole number, 0 or more"
	s.space()
	s.token = s.mark()
	end := s.at
	for end < len(s.text) && s.text[end] >= '0' && s.text[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(s.text[s.at:end])
	if err != nil || n > 1e9 || s.text[s.at] == '0' && end > s.at+1 || end < len(s.text) && strings.IndexByte(".eE", s.text[end]) >= 0 {
		s.malformed(expected)
		return 0
	}
	s.at, s.end = end, end
	return n
}

func (s *scanner) boolean() bool {
	s.space()
	s.token = s.mark()
	for _, word := range []string{"true", "false"} {
		if strings.HasPrefix(s.text[s.at:], word) {
			s.at += len(word)
			s.end = s.at
			return word == "true"
		}
	}
	s.malformed("true or false")
	return false
}

// list calls item for each item of a list.
func (s *scanner) list(expected string, item func()) {
	if !s.next('[') {
		s.malformed(expected)
		return
	}
	if s.next(']') {
		return
	}
	for s.err == nil {
		item()
		if s.next(']') {
			return
		}
		if !s.next(',') {
			s.malformed(expected)
		}
	}
}

// object calls member for each key of an object, with the place of the key, once
// the value is next.
func (s *scanner) object(expected string, member func(key string)) {
	if !s.next('{') {
		s.malformed(expected)
		return
	}
	if s.next('}') {
		return
	}
	for s.err == nil {
		key := s.str("a key")
		if !s.next(':') {
			s.malformed("a colon")
			return
		}
		member(key)
		if s.next('}') {
			return
		}
		if !s.next(',') {
			s.malformed(expected)
		}
	}
}
