package lock

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

// ReadBook reads a file that tells digests: a lock, the metadata that
// docker buildx build --metadata-file writes, a provenance, or a source policy of
// BuildKit. The form is told by what is in it.
func ReadBook(name string, text []byte) (Book, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return nil, fmt.Errorf("%s: not JSON: %w", name, err)
	}
	switch {
	case keys[entriesKey] != nil:
		return Read(name, text)
	case keys["rules"] != nil:
		return readSourcePolicy(name, text)
	}
	book, provenances, err := readMetadata(name, text, keys)
	if err == nil && provenances == 0 {
		err = fmt.Errorf("%s: has no digests: neither metadata of docker buildx build with a provenance, nor a source policy, nor a lock", name)
	}
	return book, err
}

// pinList is a Book of a file that has no lines worth naming.
type pinList struct {
	name string
	pins map[string]string // "" where the file does not agree with itself
}

func newPinList(name string) *pinList { return &pinList{name: name, pins: map[string]string{}} }

// Pin is the digest that the file has for a name.
func (l *pinList) Pin(name, _ string) (lint.Pin, bool) {
	digest := l.pins[name]
	return lint.Pin{Digest: digest, From: l.name}, digest != ""
}

// add takes in a digest of a source. Two that differ are both dropped.
func (l *pinList) add(src source.Source, digest string) {
	name, _ := source.Unpin(src)
	if name == "" || !source.IsPin(name, digest) {
		return
	}
	if have, ok := l.pins[name]; ok && have != digest {
		digest = ""
	}
	l.pins[name] = digest
}

// sourceOf reads an identifier as a build writes it; nil for what is no source
// that has a digest.
func sourceOf(identifier string) source.Source {
	if ref, ok := strings.CutPrefix(identifier, source.ImageScheme); ok {
		if img, err := source.ParseImage(ref); err == nil {
			return img
		}
		return nil
	}
	if g, isGit, err := source.ParseGit(identifier); err != nil {
		return nil
	} else if isGit {
		return g
	}
	if !source.IsHTTP(identifier) {
		return nil
	}
	h, err := source.ParseHTTP(identifier, "")
	if err != nil {
		return nil
	}
	return h
}
