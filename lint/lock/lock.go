// Package lock keeps the digests of what Dockerfiles fetch by name: the file
// imgpolicy.lock, and the other files that tell digests without a network.
//
// It reads texts it is given and does no I/O. What a registry says is for others
// to ask.
package lock

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy"
)

// FileName is what a lock file is called.
const FileName = "imgpolicy.lock"

// Entry is what is recorded of one source.
type Entry struct {
	// Name is the source's, as source.Unpin has it.
	Name string
	// Digest is that of an image's index, the sha256 of a download, or a commit.
	Digest string
	// Platforms are the digests of an image's manifests, by platform, as far as
	// they were asked for.
	Platforms map[string]string
	// Ref is the full name of the ref that a commit was found under, or "".
	Ref string
	// ResolvedAt is when the digest was first seen.
	ResolvedAt time.Time
	// Source is where it was seen: "the registry", or a place such as
	// "api/Dockerfile:3".
	Source string

	line int             // where it stands, 0 for a new one
	span dockerfile.Span // of its name there
}

// Lock is a lock file. The zero value has no entries.
type Lock struct {
	// Name is the file's, as shown to people.
	Name string
	// Entries are sorted by name, each there once.
	Entries []Entry
}

// Book tells from a file what a source of this name can be pinned to.
type Book interface {
	Pin(name, platform string) (lint.Pin, bool)
}

// Pin is the first answer that there is in books, which come in order of trust.
func Pin(books []Book, name, platform string) (lint.Pin, bool) {
	if name == "" {
		return lint.Pin{}, false
	}
	for _, b := range books {
		if pin, ok := b.Pin(name, platform); ok {
			return pin, true
		}
	}
	return lint.Pin{}, false
}

// Pin is the entry of a name. An image is pinned to its index, which is right for
// every platform.
func (l *Lock) Pin(name, _ string) (lint.Pin, bool) {
	e := l.Entry(name)
	if e == nil {
		return lint.Pin{}, false
	}
	return lint.Pin{Digest: e.Digest, Ref: e.Ref, From: fmt.Sprintf("%s:%d", l.Name, e.line)}, true
}

// Entry is the entry of a name, nil for none.
func (l *Lock) Entry(name string) *Entry {
	i, found := slices.BinarySearchFunc(l.Entries, name, func(e Entry, name string) int { return strings.Compare(e.Name, name) })
	if !found {
		return nil
	}
	return &l.Entries[i]
}

// ForLint is the lock as the linter wants it, given the text that it was read
// from. whole tells that a run looks at all that the lock is for.
func (l *Lock) ForLint(text []byte, whole bool) *lint.Lock {
	out := &lint.Lock{File: policy.File{Name: l.Name, Text: text}, Whole: whole, Entries: make([]lint.LockEntry, len(l.Entries))}
	for i, e := range l.Entries {
		out.Entries[i] = lint.LockEntry{Name: e.Name, Digest: e.Digest, Ref: e.Ref, Platforms: e.Platforms, Line: e.line, Span: e.span}
	}
	return out
}

// records tells whether a digest is the one of the entry, or that of the image
// for one platform.
func (e *Entry) records(digest string) bool {
	if e.Digest == digest {
		return true
	}
	for _, d := range e.Platforms {
		if d == digest {
			return true
		}
	}
	return false
}
