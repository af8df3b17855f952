package lint

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync/atomic"
)

// LintPart lints some of the files of a run: numbers are theirs among all of it,
// rising. The result has what the files came to by themselves, and Facts of what
// only Merge can tell. Run of the facts, and their failures, are left to the caller.
func (l *Linter) LintPart(ctx context.Context, files []File, numbers []int) (*Result, []Failure) {
	slots, compared := make([]*outcome, len(files)), make([][]ComparedFacts, len(files))
	watches := newWatches(l.Rules)
	pins := &writtenPins{of: map[pinned]*sourcePins{}}
	var done atomic.Int64
	l.each(len(files), func(i int) {
		slots[i], compared[i] = l.lintCompared(ctx, files[i], watches)
		pins.add(numbers[i], slots[i].written)
		if n := done.Add(1); l.Progress != nil {
			l.Progress(int(n), len(files))
		}
	})
	result, failures := l.gather(files, slots)
	result.Facts = &Facts{Files: make([]FileFacts, len(files)), Pins: pins.facts(), claims: l.claims(ctx, slots, numbers, watches)}
	for i, o := range slots {
		result.Facts.Files[i] = FileFacts{
			Number: numbers[i], Name: files[i].Name, Inputs: o.inputs, Unchecked: o.unchecked,
			Failed: o.err != nil, Unread: o.err != nil && o.diagnostics == nil, Unsettled: o.settings == nil,
			Diagnostics: o.diagnostics, Ignored: o.ignored, Waived: o.waived, Compared: compared[i],
		}
	}
	return result, failures
}

// lintCompared lints a file, and says what would be otherwise for each source that
// it pins.
func (l *Linter) lintCompared(ctx context.Context, file File, watches *watches) (*outcome, []ComparedFacts) {
	d, failed := l.decided(ctx, file, watches)
	if failed != nil {
		return failed, nil
	}
	out := d.judge(mismatches{})
	var all []ComparedFacts
	seen := map[pinned]bool{}
	for _, pin := range out.written {
		if seen[pin.of] {
			continue
		}
		seen[pin.of] = true
		all = append(all, out.compared(pin.of, d.judge(mismatches{assumed: pin.of})))
	}
	return &out, all
}

// compared is what is otherwise in another outcome of the same file.
func (o *outcome) compared(of pinned, other outcome) ComparedFacts {
	c := ComparedFacts{Name: of.name, Platform: of.platform}
	for i := range o.diagnostics {
		if !hasDiagnostic(other.diagnostics, &o.diagnostics[i]) {
			c.Hides = append(c.Hides, i)
		}
	}
	c.Adds, c.Ignored = without(other.diagnostics, o.diagnostics), without(other.ignored, o.ignored)
	for _, place := range other.waived {
		if !slices.Contains(o.waived, place) {
			c.Waived = append(c.Waived, place)
		}
	}
	return c
}

// without are those of one list that another does not have.
func without(all, others []Diagnostic) []Diagnostic {
	var out []Diagnostic
	for i := range all {
		if !hasDiagnostic(others, &all[i]) {
			out = append(out, all[i])
		}
	}
	return out
}

// hasDiagnostic tells whether a list sorted as tidy does has a diagnostic. One that
// is ignored is at most twice sorted: by exceptions, then by directives.
func hasDiagnostic(all []Diagnostic, d *Diagnostic) bool {
	return slices.ContainsFunc(all, func(have Diagnostic) bool { return sameDiagnostic(have, *d) })
}

// facts are the first places of each pin.
func (w *writtenPins) facts() []PinFacts {
	var out []PinFacts
	for of, s := range w.of {
		for digest, places := range s.places {
			f := PinFacts{Name: of.name, Platform: of.platform, Digest: digest}
			for _, p := range places {
				f.Places = append(f.Places, PinPlace{Number: p.file, Order: p.number, File: p.File, Span: p.Span, Range: p.Range})
			}
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b PinFacts) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Platform, b.Platform), strings.Compare(a.Digest, b.Digest))
	})
	return out
}
