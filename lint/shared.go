package lint

import (
	"strings"
	"sync"
)

const (
	// maxShared bounds how many texts are shared, and maxSharedText their bytes.
	maxShared     = 1 << 14
	maxSharedText = 512
)

// shared are texts and values that many diagnostics of a run have, each kept once: a
// fleet is built from few images. nil shares nothing. It is safe for concurrent use.
type shared struct {
	mu      sync.Mutex
	texts   map[string]string
	inputs  map[Input]*Input
	entries map[PolicyEntry]*PolicyEntry
}

func newShared() *shared {
	return &shared{texts: map[string]string{}, inputs: map[Input]*Input{}, entries: map[PolicyEntry]*PolicyEntry{}}
}

// text is a text that holds on to nothing.
func (s *shared) text(text string) string {
	if s == nil || len(text) > maxSharedText {
		return strings.Clone(text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	have, ok := s.texts[text]
	if !ok {
		have = strings.Clone(text)
		if len(s.texts) < maxShared {
			s.texts[have] = have
		}
	}
	return have
}

// input is one that is equal.
func (s *shared) input(in *Input) *Input {
	if s == nil || in == nil {
		return in
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return same(s.inputs, in)
}

// entry is one that is equal.
func (s *shared) entry(e *PolicyEntry) *PolicyEntry {
	if s == nil || e == nil {
		return e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return same(s.entries, e)
}

func same[T comparable](all map[T]*T, v *T) *T {
	have, ok := all[*v]
	if !ok {
		have = v
		if len(all) < maxShared {
			all[*v] = v
		}
	}
	return have
}
