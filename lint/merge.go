package lint

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// errNotChecked stands for why a file could not be checked, which FailureFacts
// say.
var errNotChecked = errors.New("not checked")

// Merge makes of the facts of all parts of a run what linting all files at once
// would have found, and why something was not checked. The facts may come from
// anywhere: what makes no sense is an error. They are changed on the way.
func Merge(rules []*Rule, parts []*Facts) (*Result, []string, error) {
	var all Facts
	var said []claims
	for i, p := range parts {
		if err := p.check(rules); err != nil {
			return nil, nil, fmt.Errorf("part %d: %w", i+1, err)
		}
		all.Files, all.Pins, all.Failures = append(all.Files, p.Files...), append(all.Pins, p.Pins...), append(all.Failures, p.Failures...)
		said = append(said, p.claims)
	}
	slices.SortStableFunc(all.Files, func(a, b FileFacts) int { return cmp.Compare(a.Number, b.Number) })
	files, slots := make([]File, len(all.Files)), make([]*outcome, len(all.Files))
	others := mismatchesOf(all.Pins)
	for i := range all.Files {
		f := &all.Files[i]
		if f.Number != i {
			return nil, nil, fmt.Errorf("the files of the parts do not add up: number %d is %s", i, twiceOrMissing(f.Number < i))
		}
		files[i], slots[i] = File{Name: f.Name}, f.outcome(others)
	}
	result, _ := (&Linter{Rules: rules}).gather(files, slots)
	state := checkedOf(slots)
	state.unsettled = slices.ContainsFunc(all.Files, func(f FileFacts) bool { return f.Unsettled })
	state.incomplete = slices.ContainsFunc(all.Files, func(f FileFacts) bool { return f.Unsettled || f.Failed || f.Unchecked > 0 })
	found, alone := conclude(said, state)
	result.add(found)
	return result, append(failuresOf(all.Failures), alone...), nil
}

func twiceOrMissing(twice bool) string {
	if twice {
		return "there twice"
	}
	return "missing"
}

// mismatchesOf are the sources that have several pins.
func mismatchesOf(pins []PinFacts) mismatches {
	w := writtenPins{of: map[pinned]*sourcePins{}}
	for _, f := range pins {
		s := w.source(pinned{f.Name, f.Platform})
		for _, p := range f.Places {
			s.add(placedPin{WrittenPin{Digest: f.Digest, File: p.File, Span: p.Span, Range: p.Range, of: pinned{f.Name, f.Platform}}, p.Number, p.Order})
		}
	}
	others, _ := w.disagreeing()
	return others
}

// outcome is what linting the file came to, now that the pins of the others are
// known.
func (f *FileFacts) outcome(others mismatches) *outcome {
	o := &outcome{inputs: f.Inputs, unchecked: f.Unchecked, diagnostics: f.Diagnostics, ignored: f.Ignored, waived: f.Waived}
	if f.Failed {
		o.err = errNotChecked
	}
	if !f.Unread && o.diagnostics == nil {
		o.diagnostics = []Diagnostic{} // nil tells that it was not read
	}
	hidden := map[int]bool{}
	var added, ignored []Diagnostic
	for _, c := range f.Compared {
		if len(others.places[pinned{c.Name, c.Platform}]) == 0 {
			continue
		}
		for _, i := range c.Hides {
			hidden[i] = true
		}
		added, ignored = append(added, c.Adds...), append(ignored, c.Ignored...)
		o.waived = append(o.waived, c.Waived...)
	}
	if len(hidden)+len(added)+len(ignored) == 0 {
		return o
	}
	for _, list := range [][]Diagnostic{added, ignored} {
		for i := range list {
			others.compare(&list[i])
		}
	}
	shown := []Diagnostic{}
	for i := range f.Diagnostics {
		if !hidden[i] {
			shown = append(shown, f.Diagnostics[i])
		}
	}
	byLevel, byFile := parted(slices.Concat(f.Ignored, ignored))
	o.diagnostics, o.ignored = tidy(append(shown, added...)), append(tidy(byLevel), tidy(byFile)...)
	return o
}

// parted are the diagnostics that exceptions waive, which come first, and those
// that the file ignores.
func parted(ignored []Diagnostic) (byLevel, byFile []Diagnostic) {
	for _, d := range ignored {
		if d.Ignored.By == ByException {
			byLevel = append(byLevel, d)
		} else {
			byFile = append(byFile, d)
		}
	}
	return byLevel, byFile
}

// failuresOf are the failures in the order of a run, each that is shared once.
func failuresOf(all []FailureFacts) []string {
	slices.SortStableFunc(all, func(a, b FailureFacts) int { return cmp.Compare(a.Number, b.Number) })
	var out []string
	said := map[string]bool{}
	for _, f := range all {
		if !f.Shared || !said[f.Text] {
			out = append(out, f.Text)
		}
		said[f.Text] = said[f.Text] || f.Shared
	}
	return out
}
