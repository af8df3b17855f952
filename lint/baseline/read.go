package baseline

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/lint"
)

// The keys of the file.
const (
	versionKey     = "version"
	diagnosticsKey = "diagnostics"
	ruleKey        = "rule"
	pathKey        = "path"
	textKey        = "text"
	countKey       = "count"
)

// maxSize is room for tens of thousands of entries, and bounds what a file costs
// to read.
const maxSize = 8 << 20

// Error says where and why a file is no baseline.
type Error struct {
	File         string
	Line, Column int // 1-based, columns in code points
	Message      string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Read reads a baseline, and takes nothing for one that Write would not have
// written but for blanks and order: an entry that is not understood would hide
// nothing, or the wrong thing. Errors are of type *Error.
func Read(file string, text []byte) (*Baseline, error) {
	r := &reader{file: file, text: string(text), dec: json.NewDecoder(strings.NewReader(string(text)))}
	r.dec.UseNumber()
	b := new(Baseline)
	if err := r.unreadable(); err != nil {
		return nil, err
	}
	err := r.object([]string{versionKey, diagnosticsKey}, func(key string) error {
		if key == versionKey {
			return r.version()
		}
		return r.entries(b)
	})
	if err != nil {
		return nil, err
	}
	if at := r.next(); at < len(r.text) {
		return nil, r.fail(at, "nothing may follow the closing }")
	}
	slices.SortFunc(b.Entries, compare)
	return b, nil
}

// reader reads JSON token by token, no deeper than the format goes, and knows
// where each begins.
type reader struct {
	file, text string
	dec        *json.Decoder
	start      int // of the last token
}

func (r *reader) unreadable() error {
	switch {
	case len(r.text) > maxSize:
		return r.fail(0, "the file has %d bytes, a baseline at most %d", len(r.text), maxSize)
	case strings.TrimSpace(r.text) == "":
		return r.fail(0, "the file is empty")
	case !utf8.ValidString(r.text):
		return r.fail(invalid(r.text), "the file is not in UTF-8 here")
	}
	return nil
}

// invalid is where a text stops being UTF-8.
func invalid(text string) int {
	at := 0
	for at < len(text) {
		c, n := utf8.DecodeRuneInString(text[at:])
		if c == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return at
}

// fail is an error at an offset.
func (r *reader) fail(at int, format string, args ...any) error {
	before := r.text[:at]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return &Error{r.file, 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(line), fmt.Sprintf(format, args...)}
}

// next is where the next token begins: past blanks and one comma or colon.
func (r *reader) next() int {
	blanks := func(at int) int { return len(r.text) - len(strings.TrimLeft(r.text[at:], " \t\r\n")) }
	at := blanks(int(r.dec.InputOffset()))
	if at < len(r.text) && (r.text[at] == ',' || r.text[at] == ':') {
		at = blanks(at + 1)
	}
	return at
}

func (r *reader) token() (json.Token, error) {
	r.start = r.next()
	token, err := r.dec.Token()
	if err == nil {
		return token, nil
	}
	at, what := min(r.start, len(r.text)), err.Error()
	var syntax *json.SyntaxError
	switch {
	case conflict(r.text[at:]):
		return nil, r.fail(at, "a conflict of a merge is not resolved here")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, r.fail(len(r.text), "the file ends too early")
	case errors.As(err, &syntax):
		at, what = min(max(0, int(syntax.Offset)-1), len(r.text)), syntax.Error()
	}
	return nil, r.fail(at, "this is not JSON: %s", what)
}

// conflict tells whether git has left its marks here.
func conflict(text string) bool {
	return slices.ContainsFunc([]string{"<<<<<<<", "=======", ">>>>>>>"}, func(mark string) bool { return strings.HasPrefix(text, mark) })
}

// delim reads an opening bracket.
func (r *reader) delim(want json.Delim, what string) error {
	token, err := r.token()
	if err != nil {
		return err
	}
	if token != want {
		return r.fail(r.start, "here must be %s", what)
	}
	return nil
}

// object reads an object that has each of the keys once, and no other.
func (r *reader) object(keys []string, value func(key string) error) error {
	if err := r.delim('{', "an object, {…}"); err != nil {
		return err
	}
	open := r.start
	seen := map[string]bool{}
	for r.dec.More() {
		token, err := r.token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		switch {
		case !slices.Contains(keys, key):
			return r.fail(r.start, "unknown key %s", unknownKey(key, keys))
		case seen[key]:
			return r.fail(r.start, "the key %q is there twice", key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	if _, err := r.token(); err != nil {
		return err
	}
	for _, key := range keys {
		if !seen[key] {
			return r.fail(open, "the key %q is missing", key)
		}
	}
	return nil
}

func unknownKey(key string, keys []string) string {
	const most = 40 // no key is nearly as long
	if len(key) > most {
		key = key[:most] + "…"
	} else if near := lint.Closest(key, keys); near != "" {
		return fmt.Sprintf("%q: did you mean %q?", key, near)
	}
	return fmt.Sprintf("%q (valid: %s)", key, strings.Join(keys, ", "))
}

func (r *reader) version() error {
	n, err := r.number()
	if err == nil && n != version {
		err = r.fail(r.start, "this is version %d of the format; this program reads version %d", n, version)
	}
	return err
}

func (r *reader) entries(b *Baseline) error {
	if err := r.delim('[', "a list, […]"); err != nil {
		return err
	}
	seen := map[Entry]int{}
	for r.dec.More() {
		start := r.next()
		e, err := r.entry()
		if err != nil {
			return err
		}
		if first, ok := seen[key(e)]; ok {
			line := 1 + strings.Count(r.text[:first], "\n")
			return r.fail(start, "this entry is on line %d already: one with the sum of both counts will do", line)
		}
		seen[key(e)] = start
		b.Entries = append(b.Entries, e)
	}
	_, err := r.token()
	return err
}

func (r *reader) entry() (Entry, error) {
	var e Entry
	texts := map[string]*string{ruleKey: &e.Rule, pathKey: &e.Path, textKey: &e.Text}
	err := r.object([]string{ruleKey, pathKey, textKey, countKey}, func(key string) error {
		if key == countKey {
			n, err := r.number()
			e.Count = n
			return err
		}
		token, err := r.token()
		if err != nil {
			return err
		}
		text, ok := token.(string)
		if !ok || text == "" {
			return r.fail(r.start, "%q must be a string that is not empty", key)
		}
		*texts[key] = text
		return nil
	})
	return e, err
}

// number reads a number from 1.
func (r *reader) number() (int, error) {
	token, err := r.token()
	if err != nil {
		return 0, err
	}
	number, _ := token.(json.Number)
	n, err := number.Int64()
	if err != nil || n < 1 || n > 1<<30 {
		return 0, r.fail(r.start, "here must be a whole number from 1")
	}
	return int(n), nil
}
