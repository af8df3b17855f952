package lock

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// written is the form of the file; the order of its fields is that of the keys.
type written struct {
	Version int            `json:"version"`
	Entries []writtenEntry `json:"entries"`
}

type writtenEntry struct {
	Identifier string            `json:"identifier"`
	Digest     string            `json:"digest"`
	Platforms  map[string]string `json:"platforms,omitempty"`
	Ref        string            `json:"ref,omitempty"`
	ResolvedAt string            `json:"resolvedAt"`
	Source     string            `json:"source"`
}

// Text is the file: sorted, one line for each value, so that a diff shows what
// changed and merges of neighbours do not meet. It reads it back, so that nothing
// is written that could not be read.
func (l *Lock) Text() ([]byte, error) {
	l.sort()
	form := written{version, []writtenEntry{}}
	for _, e := range l.Entries {
		form.Entries = append(form.Entries, writtenEntry{
			Identifier: e.Name, Digest: e.Digest, Platforms: e.Platforms, Ref: e.Ref,
			ResolvedAt: e.ResolvedAt.UTC().Format(time.RFC3339), Source: printable(e.Source),
		})
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false) // URLs have &
	if err := enc.Encode(form); err != nil {
		return nil, err
	}
	_, err := Read(l.Name, text.Bytes())
	return text.Bytes(), err
}

// printable replaces what shows no character: the name of a file may have it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, text)
}
