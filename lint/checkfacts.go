package lint

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/dockerfile"
)

// check finds the rules that facts name, and refuses what no run can have found:
// formats take diagnostics for true.
func (f *Facts) check(rules []*Rule) error {
	c := factsChecker{byID: rulesByID(rules)}
	for i := range f.Files {
		c.file(&f.Files[i])
	}
	for _, p := range f.Pins {
		for _, place := range p.Places {
			c.counts(place.Number, place.Order)
			c.span(place.Span, place.Range)
		}
	}
	for _, flaws := range f.Flaws {
		c.lists(false, flaws.Diagnostics)
	}
	for _, a := range f.Alone {
		for _, flaws := range a.Flaws {
			c.lists(false, flaws.Diagnostics)
		}
	}
	for _, u := range slices.Concat(f.Patterns, f.Levels, f.Locks) {
		c.lists(false, u.Flaws)
		for _, p := range u.Unused {
			c.lists(false, p.Diagnostics)
		}
	}
	return c.err
}

func rulesByID(rules []*Rule) map[string]*Rule {
	byID := make(map[string]*Rule, len(rules))
	for _, r := range rules {
		byID[r.ID] = r
	}
	return byID
}

// factsChecker keeps the first thing that is wrong.
type factsChecker struct {
	byID map[string]*Rule
	err  error
}

func (c *factsChecker) refuse(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

func (c *factsChecker) file(f *FileFacts) {
	c.lists(false, f.Diagnostics)
	c.lists(true, f.Ignored)
	c.counts(f.Number, f.Inputs, f.Unchecked)
	for _, cmp := range f.Compared {
		c.lists(false, cmp.Adds)
		c.lists(true, cmp.Ignored)
		c.counts(cmp.Hides...)
	}
}

func (c *factsChecker) lists(ignored bool, all []Diagnostic) {
	for i := range all {
		d := &all[i]
		c.diagnostic(d)
		if (d.Ignored != nil) != ignored {
			c.refuse("a diagnostic of %s is ignored and shown", d.Rule.ID)
		}
	}
}

func (c *factsChecker) diagnostic(d *Diagnostic) {
	if d.Rule == nil || c.byID[d.Rule.ID] == nil {
		id := ""
		if d.Rule != nil {
			id = d.Rule.ID
		}
		c.refuse("there is no rule %q: the report is of another version", id)
		d.Rule = &Rule{ID: id}
		return
	}
	d.Rule = c.byID[d.Rule.ID]
	if d.Pin != nil && d.Rule.Compare == nil {
		c.refuse("%s compares no pins", d.Rule.ID)
	}
	c.span(d.Span, d.Range)
	c.counts(d.Bytes.Start, d.Bytes.End)
	for _, r := range d.Related {
		c.span(r.Span, r.Range)
	}
	for _, f := range d.Fixes {
		for _, e := range f.Edits {
			c.span(e.Span, e.Range)
			c.counts(e.Bytes.Start, e.Bytes.End)
		}
	}
	if d.Policy != nil {
		c.counts(d.Policy.Line)
	}
	if d.Ignored != nil {
		c.span(dockerfile.Span{}, d.Ignored.Range)
	}
	for _, line := range d.Frame.Lines {
		width := utf8.RuneCountInString(line.Text)
		c.counts(line.Number)
		for _, m := range line.Marks {
			if m.Start < 0 || m.End <= m.Start || m.End > width+1 {
				c.refuse("a mark of line %d is outside of it", line.Number)
			}
		}
	}
}

// maxCount is above all that a run can count, and small enough to add up.
const maxCount = 1 << 30

func (c *factsChecker) counts(all ...int) {
	for _, n := range all {
		if n < 0 || n > maxCount {
			c.refuse("%d is out of range", n)
		}
	}
}

func (c *factsChecker) span(s dockerfile.Span, r dockerfile.Range) {
	c.counts(s.Start, s.End, r.Start.Line, r.Start.Column, r.Start.Offset, r.End.Line, r.End.Column, r.End.Offset)
	zero := r == dockerfile.Range{}
	backwards := r.End.Line < r.Start.Line || r.End.Line == r.Start.Line && r.End.Column < r.Start.Column || r.End.Offset < r.Start.Offset
	if s.End < s.Start || !zero && (r.Start.Line == 0 || r.Start.Column == 0 || r.End.Column == 0 || backwards) {
		c.refuse("a range ends before it starts")
	}
}
