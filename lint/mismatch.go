package lint

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// WrittenPin is a pin that stands in a Dockerfile.
type WrittenPin struct {
	Digest string
	File   string
	Span   dockerfile.Span
	Range  dockerfile.Range

	of pinned
}

// PinnedSource is a source and what it is pinned to in one place.
type PinnedSource struct {
	Name     string `json:"name"` // source.Unpin
	Platform string `json:"platform,omitempty"`
	Digest   string `json:"digest"`
}

// pinned is what a pin is about. An image may have a digest for each platform:
// only for the same one must they agree.
type pinned struct{ name, platform string }

// mismatches are the pins of those sources that are not pinned to the same
// everywhere. The zero value is none.
type mismatches struct {
	places map[pinned][]WrittenPin
	// assumed is a source that is taken for one of them though the other pins are
	// not known: its diagnostics are left without Rule.Compare. all takes every source
	// for one.
	assumed pinned
	all     bool
}

// of are the pins to something else than a source has.
func (m mismatches) of(pin *PinnedSource) []WrittenPin {
	var out []WrittenPin
	for _, w := range m.places[pinned{pin.Name, pin.Platform}] {
		if w.Digest != pin.Digest {
			out = append(out, w)
		}
	}
	return out
}

// maxPinPlaces is how many places of one pin are remembered.
const maxPinPlaces = 8

// writtenPins are all pins of a run. What is kept does not grow with the files that
// agree: they may be a hundred thousand.
type writtenPins struct {
	mu sync.Mutex
	of map[pinned]*sourcePins
}

// sourcePins are the pins of one source: the first places of each digest, in order,
// and the files by number.
type sourcePins struct {
	places map[string][]placedPin
	files  []int
}

// placedPin is a pin and its place in the run: the number of its file, and its own
// among those of the file.
type placedPin struct {
	WrittenPin
	file, number int
}

func (p placedPin) compare(other placedPin) int {
	return cmp.Or(cmp.Compare(p.file, other.file), cmp.Compare(p.number, other.number))
}

// add takes in the pins of a file.
func (w *writtenPins) add(file int, pins []WrittenPin) {
	if len(pins) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for number, pin := range pins {
		s := w.source(pin.of)
		if n := len(s.files); n == 0 || s.files[n-1] != file {
			s.files = append(s.files, file)
		}
		s.add(placedPin{pin, file, number})
	}
}

// add keeps a pin if it is among the first of its digest.
func (s *sourcePins) add(p placedPin) {
	have := s.places[p.Digest]
	at, _ := slices.BinarySearchFunc(have, p, placedPin.compare)
	if at >= maxPinPlaces {
		return
	}
	have = slices.Insert(have, at, p)
	s.places[p.Digest] = have[:min(len(have), maxPinPlaces)]
}

// source are the pins of one source.
func (w *writtenPins) source(of pinned) *sourcePins {
	s := w.of[of]
	if s == nil {
		s = &sourcePins{places: map[string][]placedPin{}}
		w.of[of] = s
	}
	return s
}

// disagreeing are the sources with several pins, and which of them each file has.
func (w *writtenPins) disagreeing() (mismatches, map[int][]pinned) {
	all := mismatches{places: map[pinned][]WrittenPin{}}
	files := map[int][]pinned{}
	for of, s := range w.of {
		if len(s.places) < 2 {
			continue
		}
		var places []placedPin
		for _, of := range s.places {
			places = append(places, of...)
		}
		slices.SortFunc(places, placedPin.compare)
		for _, p := range places {
			all.places[of] = append(all.places[of], p.WrittenPin)
		}
		for _, file := range s.files {
			files[file] = append(files[file], of)
		}
	}
	return all, files
}

// notePins notes what the inputs of a build are pinned to, for a rule that
// compares the files of a run.
func (o *outcome) notePins(p *Pass) {
	if !slices.ContainsFunc(p.linter.Rules, func(r *Rule) bool { return r.Compare != nil && p.Runs(r) }) {
		return
	}
	seen := make(map[WrittenPin]bool, len(o.written)) // by another build
	for _, w := range o.written {
		seen[w] = true
	}
	for i := range p.Inputs {
		of, digest := pinOf(&p.Inputs[i])
		if of.name == "" || digest == "" {
			continue
		}
		w := WrittenPin{
			Digest: strings.Clone(digest), File: p.File.Name, Span: p.Inputs[i].Span, Range: p.File.Range(p.Inputs[i].Span),
			of: pinned{strings.Clone(of.name), strings.Clone(of.platform)},
		}
		if !seen[w] {
			seen[w] = true
			o.written = append(o.written, w)
		}
	}
}

// pinOf is what an input is pinned to where the file itself says so.
func pinOf(in *dockerfile.Input) (of pinned, digest string) {
	if in.Source == nil || in.Context != "" || in.Span.Empty() {
		return pinned{}, ""
	}
	of.name, digest = source.Unpin(in.Source)
	of.platform = platformOf(in)
	return of, digest
}

// lintMismatches lints those files once more that pin a source to something else
// than another file does: only then is all known that their rules may say and
// their ignores may hide. In most runs there are none.
func (l *Linter) lintMismatches(ctx context.Context, files []File, slots []*outcome, watches *watches, pins *writtenPins) {
	others, sources := pins.disagreeing()
	again := slices.Sorted(maps.Keys(sources))
	l.each(len(again), func(n int) {
		i := again[n]
		out := l.lintFile(ctx, files[i], watches, others.only(sources[i]))
		out.written = nil
		slots[i] = &out
	})
}

// ReportPin adds a diagnostic about an input if its source is pinned to something
// else in another place of the run, which Rule.Compare then adds.
func (p *Pass) ReportPin(input int, d Diagnostic) {
	of, digest := pinOf(&p.Inputs[input])
	if of.name == "" || digest == "" {
		return
	}
	pin := &PinnedSource{Name: strings.Clone(of.name), Platform: strings.Clone(of.platform), Digest: strings.Clone(digest)}
	if !p.others.all && of != p.others.assumed && len(p.others.of(pin)) == 0 {
		return
	}
	d.Pin = pin
	p.ReportInput(input, d)
}

// compare completes a diagnostic that ReportPin has added, once it is plain data.
func (m mismatches) compare(d *Diagnostic) {
	if d.Pin == nil {
		return
	}
	if others := m.of(d.Pin); len(others) > 0 {
		d.Rule.Compare(d, others)
		d.Pin = nil
	}
}
