package lint

import (
	"context"
	"slices"
	"strings"

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

// pinned is what a pin is about. An image may have a digest for each platform:
// only for the same one must they agree.
type pinned struct{ name, platform string }

// mismatches are the pins of those sources that are not pinned to the same
// everywhere.
type mismatches map[pinned][]WrittenPin

// maxPinPlaces is how many places of one pin are remembered.
const maxPinPlaces = 8

// notePins notes what the inputs of a build are pinned to, for a rule that
// compares the files of a run.
func (o *outcome) notePins(p *Pass) {
	if !slices.ContainsFunc(p.linter.Rules, func(r *Rule) bool { return r.ComparesPins && p.Runs(r) }) {
		return
	}
	for i := range p.Inputs {
		of, digest := pinOf(&p.Inputs[i])
		if of.name == "" || digest == "" {
			continue
		}
		if o.noted == nil {
			o.noted = map[WrittenPin]bool{}
		}
		w := WrittenPin{
			Digest: strings.Clone(digest), File: p.File.Name, Span: p.Inputs[i].Span, Range: p.File.Range(p.Inputs[i].Span),
			of: pinned{strings.Clone(of.name), strings.Clone(of.platform)},
		}
		if !o.noted[w] { // by another build
			o.noted[w] = true
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
func (l *Linter) lintMismatches(ctx context.Context, files []File, slots []outcome, watches *watches) {
	others := disagreeing(slots)
	var again []int
	for i := range slots {
		if slices.ContainsFunc(slots[i].written, func(w WrittenPin) bool { return others[w.of] != nil }) {
			again = append(again, i)
		}
	}
	l.each(len(again), func(n int) {
		i := again[n]
		text := slots[i].text // standard input is read only once
		file := File{Name: files[i].Name, Read: func() ([]byte, error) { return text, nil }}
		slots[i] = l.lintFile(ctx, file, watches, others)
	})
}

// disagreeing are the sources with several pins.
func disagreeing(slots []outcome) mismatches {
	all := mismatches{}
	for _, o := range slots {
		for _, w := range o.written {
			n := 0
			for _, have := range all[w.of] {
				if have.Digest == w.Digest {
					n++
				}
			}
			if n < maxPinPlaces {
				all[w.of] = append(all[w.of], w)
			}
		}
	}
	for of, pins := range all {
		if !slices.ContainsFunc(pins, func(w WrittenPin) bool { return w.Digest != pins[0].Digest }) {
			delete(all, of)
		}
	}
	return all
}

// OtherPins are the places of the run where the source of an input is pinned to
// something else than here.
func (p *Pass) OtherPins(input int) []WrittenPin {
	of, digest := pinOf(&p.Inputs[input])
	var out []WrittenPin
	for _, w := range p.others[of] {
		if digest != "" && w.Digest != digest {
			out = append(out, w)
		}
	}
	return out
}
