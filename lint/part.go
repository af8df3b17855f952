package lint

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
)

// LintPart lints some of the files of a run: numbers are theirs among all of it,
// rising. The result has what the files came to by themselves, and Facts of what
// only Merge can tell. Run of the facts, and their failures, are left to the caller.
func (l *Linter) LintPart(ctx context.Context, files []File, numbers []int) (*Result, []Failure) {
	l = l.sharing()
	slots, compared := make([]*outcome, len(files)), make([][]ComparedFacts, len(files))
	watches := newWatches(l.Rules)
	pins := &writtenPins{of: map[pinned]*sourcePins{}}
	l.eachTold(len(files), func(i int) {
		slots[i], compared[i] = l.lintCompared(ctx, files[i], watches)
		pins.add(numbers[i], slots[i].written)
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
	out, compared := l.linted(ctx, file, Question{Part: true}, watches, func(d *decided) (outcome, []ComparedFacts) {
		out := d.judge(mismatches{})
		return out, d.compared(&out)
	})
	return &out, compared
}

// maxReadings bounds how often a file is judged for what its ignores and exceptions
// would hide, and maxJudged how many inputs are in all.
const (
	maxReadings = 64
	maxJudged   = 100_000
)

// compared are the facts about the sources that a file pins. What other files say of
// one may change what hides it, so each is judged by itself; of files with very many
// only the first are, and the others have what they are about alone.
func (d *decided) compared(out *outcome) []ComparedFacts {
	sources := out.pinnedSources()
	if len(sources) == 0 {
		return nil
	}
	all := d.judge(mismatches{all: true})
	shown, ignored := byPin(all.diagnostics), byPin(all.ignored)
	readings := min(maxReadings, maxJudged/max(1, out.inputs))
	if !d.hides() {
		readings = 0 // nothing but the pins themselves changes
	}
	facts := make([]ComparedFacts, len(sources))
	for i, of := range sources {
		if i < readings {
			facts[i] = out.compared(of, d.judge(mismatches{assumed: of}))
		} else {
			facts[i] = ComparedFacts{Name: of.name, Platform: of.platform, Adds: shown[of], Ignored: ignored[of]}
		}
	}
	return facts
}

// hides tells whether anything hides diagnostics of the file.
func (d *decided) hides() bool {
	p := d.passes[0]
	return len(p.File.Ignores) > 0 || p.Levels != nil
}

// pinnedSources are the sources that a file pins, in order.
func (o *outcome) pinnedSources() []pinned {
	var all []pinned
	seen := map[pinned]bool{}
	for _, pin := range o.written {
		if !seen[pin.of] {
			seen[pin.of] = true
			all = append(all, pin.of)
		}
	}
	return all
}

// byPin are the diagnostics that are to be compared, by what they are about.
func byPin(all []Diagnostic) map[pinned][]Diagnostic {
	by := map[pinned][]Diagnostic{}
	for i := range all {
		if pin := all[i].Pin; pin != nil {
			of := pinned{pin.Name, pin.Platform}
			by[of] = append(by[of], all[i])
		}
	}
	return by
}

// compared is what is otherwise in another outcome of the same file.
func (o *outcome) compared(of pinned, other outcome) ComparedFacts {
	c := ComparedFacts{Name: of.name, Platform: of.platform}
	stays := identities(other.diagnostics)
	for i := range o.diagnostics {
		if !stays[identityOf(&o.diagnostics[i])] {
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

// identity is what tells diagnostics of a file apart, as sameDiagnostic does.
type identity struct {
	rule    *Rule
	span    dockerfile.Span
	message string
	pin     PinnedSource
}

func identityOf(d *Diagnostic) identity {
	id := identity{rule: d.Rule, span: d.Span, message: d.Message}
	if d.Pin != nil {
		id.pin = *d.Pin
	}
	return id
}

func identities(all []Diagnostic) map[identity]bool {
	ids := make(map[identity]bool, len(all))
	for i := range all {
		ids[identityOf(&all[i])] = true
	}
	return ids
}

// without are those of one list that another does not have.
func without(all, others []Diagnostic) []Diagnostic {
	have := identities(others)
	var out []Diagnostic
	for i := range all {
		if !have[identityOf(&all[i])] {
			out = append(out, all[i])
		}
	}
	return out
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
