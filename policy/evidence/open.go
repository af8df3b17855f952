package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// maxDepth is how deep a report may be nested.
const maxDepth = 200

// placed is an error at an offset of the text.
type placed struct {
	offset int
	entry  string
	err    error
}

func (p *placed) Error() string { return p.err.Error() }
func (p *placed) Unwrap() error { return p.err }

// open holds a text against what every report has to be: one JSON object in which
// no key is doubled, so that all who read it read the same. It gives the values of
// its keys.
func open(file policy.File) (map[string]json.RawMessage, error) {
	switch {
	case len(file.Text) > MaxText:
		return nil, located(file, fmt.Errorf("the file has %d bytes, at most %d are read", len(file.Text), MaxText))
	case !utf8.Valid(file.Text):
		return nil, located(file, errors.New("the file is not in UTF-8"))
	case len(bytes.TrimSpace(file.Text)) == 0:
		return nil, located(file, errors.New("the file is empty"))
	}
	if err := strict(file.Text); err != nil {
		return nil, located(file, err)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(file.Text, &keys); err != nil {
		return nil, located(file, errors.New("a report is a JSON object"))
	}
	return keys, nil
}

// strict finds doubled keys, values that go too deep, and text after the end.
func strict(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	type frame struct {
		keys map[string]bool // nil in a list
		key  bool            // a key is next
	}
	var open []frame
	for {
		token, err := dec.Token()
		if err != nil {
			if errors.Is(err, io.EOF) && len(open) > 0 {
				err = errors.New("the file ends too early: a closing ] or } is missing")
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return &placed{offset: int(dec.InputOffset()), err: fmt.Errorf("no JSON: %w", err)}
		}
		last := len(open) - 1
		switch t := token.(type) {
		case json.Delim:
			if t == '}' || t == ']' {
				open = open[:last]
				break
			}
			if last >= 0 {
				open[last].key = open[last].keys != nil
			}
			f := frame{}
			if t == '{' {
				f = frame{keys: map[string]bool{}, key: true}
			}
			if open = append(open, f); len(open) > maxDepth {
				return &placed{offset: int(dec.InputOffset()), err: fmt.Errorf("nested more than %d deep", maxDepth)}
			}
			continue
		case string:
			if last >= 0 && open[last].key {
				if open[last].keys[t] {
					return &placed{offset: int(dec.InputOffset()) - len(t) - 2, entry: t, err: errors.New("duplicate key")}
				}
				open[last].keys[t] = true
				open[last].key = false
				continue
			}
		}
		if last = len(open) - 1; last >= 0 {
			open[last].key = open[last].keys != nil
		} else if rest := bytes.TrimSpace(text[dec.InputOffset():]); len(rest) > 0 {
			return &placed{offset: len(text) - len(rest), err: errors.New("text after the end of the report")}
		}
	}
}

// located is an error of a file, with its line where that is known.
func located(file policy.File, err error) error {
	out := &policy.LoadError{File: file.Name, Message: err.Error()}
	at := -1
	var typed *json.UnmarshalTypeError
	var where *placed
	switch {
	case errors.As(err, &typed):
		at = int(typed.Offset)
		out.Message = fmt.Sprintf("%s is %s, which a report of this format does not have there", strings.TrimPrefix(typed.Field, "."), typed.Value)
	case errors.As(err, &where):
		at, out.Entry = where.offset, document.Printable(where.entry)
	}
	if at >= 0 {
		before := string(file.Text[:min(max(at, 0), len(file.Text))])
		out.Line = strings.Count(before, "\n") + 1
		out.Column = utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	}
	return out
}
