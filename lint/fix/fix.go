// Package fix makes the edits that mend diagnostics: it takes a text with what
// was found in it and gives the text that comes of it.
//
// Only the bytes of the edits change. What two fixes disagree about is left to
// the first of them, and a fix that would do more than mend is not made: a
// function of the caller compares the texts. The package reads and writes
// nothing.
package fix

import (
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

// Options say which fixes are made.
type Options struct {
	// Unsafe makes those, too, that may change what is built or ruled.
	Unsafe bool
	// Check says why a text must not take the place of another, nil where it may.
	// It is asked about several fixes at once, and about fewer of them where it
	// refuses. nil lets every text pass.
	Check func(before, after string) error
}

// Result is what became of a text.
type Result struct {
	Text string
	// Applied and Refused are in the order of the diagnostics. What has no fix, or
	// none that the options let pass, is in neither.
	Applied []Applied
	Refused []Refused
}

// Applied is a fix that was made.
type Applied struct {
	Diagnostic *lint.Diagnostic
	Fix        *lint.Fix
}

// Refused is a fix that was not made.
type Refused struct {
	Diagnostic *lint.Diagnostic
	Fix        *lint.Fix
	// Conflict tells that another fix changes the same text, and that this one may
	// be possible once that is made. Otherwise Err says what is in the way.
	Conflict bool
	Err      error
}

// Apply mends a text: of each diagnostic it makes the first fix that may be
// made. The diagnostics must be of this text.
func Apply(text string, diagnostics []lint.Diagnostic, o Options) Result {
	m := mending{text: text, check: o.Check}
	var chosen []Applied
	for i := range diagnostics {
		if f := Choose(&diagnostics[i], o.Unsafe); f != nil {
			chosen = append(chosen, Applied{&diagnostics[i], f})
		}
	}
	var free []Applied
	edits := edits{}
	for _, c := range chosen {
		if merged, ok := edits.with(c.Fix.Edits, len(text)); ok {
			edits = merged
			free = append(free, c)
			continue
		}
		m.result.Refused = append(m.result.Refused, Refused{Diagnostic: c.Diagnostic, Fix: c.Fix, Conflict: true})
	}
	m.make(free)
	m.result.Text = m.made.apply(text)
	m.sort(diagnostics)
	return m.result
}

// Choose is the first fix of a diagnostic that may be made, nil for none.
func Choose(d *lint.Diagnostic, unsafe bool) *lint.Fix {
	for i := range d.Fixes {
		if f := &d.Fixes[i]; f.Safe || unsafe {
			return f
		}
	}
	return nil
}

// mending is one Apply: what is made so far.
type mending struct {
	text   string
	check  func(before, after string) error
	checks int
	made   edits
	result Result
}

// maxChecks bounds how often a text is compared: where more fixes than that are
// no good something else is wrong.
const maxChecks = 100

// make makes fixes that do not conflict. Where the check refuses them together
// it looks for those at fault, half by half.
func (m *mending) make(all []Applied) {
	if len(all) == 0 {
		return
	}
	with := slices.Clone(m.made)
	for _, c := range all {
		with, _ = with.with(c.Fix.Edits, len(m.text))
	}
	err := error(errTooMany)
	if m.checks < maxChecks {
		m.checks++
		err = m.compare(with.apply(m.text))
	}
	switch {
	case err == nil:
		m.made = with
		m.result.Applied = append(m.result.Applied, all...)
	case len(all) == 1 || m.checks >= maxChecks:
		for _, c := range all {
			m.result.Refused = append(m.result.Refused, Refused{Diagnostic: c.Diagnostic, Fix: c.Fix, Err: err})
		}
	default:
		m.make(all[:len(all)/2])
		m.make(all[len(all)/2:])
	}
}

func (m *mending) compare(after string) error {
	if m.check == nil {
		return nil
	}
	return m.check(m.text, after)
}

const errTooMany = tooMany("too many fixes of this file go wrong: none of the rest was tried")

type tooMany string

func (t tooMany) Error() string { return string(t) }

// sort puts the outcome into the order of the diagnostics.
func (m *mending) sort(diagnostics []lint.Diagnostic) {
	at := map[*lint.Diagnostic]int{}
	for i := range diagnostics {
		at[&diagnostics[i]] = i
	}
	slices.SortStableFunc(m.result.Applied, func(a, b Applied) int { return at[a.Diagnostic] - at[b.Diagnostic] })
	slices.SortStableFunc(m.result.Refused, func(a, b Refused) int { return at[a.Diagnostic] - at[b.Diagnostic] })
}

// edit is one replacement.
type edit struct {
	span dockerfile.Span
	text string
}

func (e edit) compare(other edit) int {
	if e.span.Start != other.span.Start {
		return e.span.Start - other.span.Start
	}
	return e.span.End - other.span.End
}

// conflicts tells whether two edits, the first not behind the second, cannot both
// be made: they change the same bytes, or write at the same place.
func (e edit) conflicts(next edit) bool {
	return e.span.End > next.span.Start || e.span == next.span
}

// edits are edits in order, none of which conflicts with another.
type edits []edit

// with adds the edits of a fix, all or none, in place. Those that are there already count
// once. ok is false where one conflicts or is not inside the text.
func (all edits) with(more []lint.Edit, length int) (edits, bool) {
	var added []edit
	for _, m := range more {
		e := edit{dockerfile.Span{Start: m.Span.Start, End: m.Span.End}, m.New}
		if e.span.Start < 0 || e.span.End < e.span.Start || e.span.End > length {
			return all, false
		}
		at, _ := slices.BinarySearchFunc(all, e, edit.compare)
		if at < len(all) && all[at] == e {
			continue
		}
		if at < len(all) && e.conflicts(all[at]) || at > 0 && all[at-1].conflicts(e) {
			return all, false
		}
		added = append(added, e)
	}
	slices.SortFunc(added, edit.compare)
	for i := 1; i < len(added); i++ {
		if added[i-1].conflicts(added[i]) {
			return all, false
		}
	}
	for _, e := range added {
		at, _ := slices.BinarySearchFunc(all, e, edit.compare)
		all = slices.Insert(all, at, e)
	}
	return all, true
}

// apply makes the edits.
func (all edits) apply(text string) string {
	var b strings.Builder
	last := 0
	for _, e := range all {
		b.WriteString(text[last:e.span.Start])
		b.WriteString(e.text)
		last = e.span.End
	}
	b.WriteString(text[last:])
	return b.String()
}
