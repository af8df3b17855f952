package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile"
)

// Ignore tells what hides a diagnostic.
type Ignore struct {
	By     IgnoredBy        `json:"by"`
	Reason string           `json:"reason,omitempty"`
	Until  string           `json:"until,omitempty"` // the last day it holds, YYYY-MM-DD, or "" for ever
	Range  dockerfile.Range `json:"range,omitzero"`  // of the directive, zero for what stands in no file of the run
}

// IgnoredBy is the kind of thing that hides a diagnostic.
type IgnoredBy int

// What hides diagnostics.
const (
	// ByDirective is a comment in the Dockerfile.
	ByDirective IgnoredBy = iota
	// ByBaseline is a list of known diagnostics.
	ByBaseline
	// ByRevision is that an older revision of the file has it, too.
	ByRevision
	// ByException is an exception of a level.
	ByException
)

// IgnoreUse is a directive of the file and what came of it in this run, for the
// rules about directives.
type IgnoreUse struct {
	*dockerfile.Ignore
	// Expired tells that its last day is over; it ignores nothing then.
	Expired bool
	// TooLong says why it may not hold as long as it says, "" where it may; one
	// that may not ignores nothing.
	TooLong string
	// Used tells of each of its rules whether it ignored a diagnostic of it.
	Used []bool
}

// Rule is the rule of an ID, nil for none.
func (p *Pass) Rule(id string) *Rule {
	i := slices.IndexFunc(p.linter.Rules, func(r *Rule) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return p.linter.Rules[i]
}

// RuleIDs are the IDs of all rules, in order.
func (p *Pass) RuleIDs() []string {
	ids := make([]string, len(p.linter.Rules))
	for i, r := range p.linter.Rules {
		ids[i] = r.ID
	}
	return ids
}

// NotIgnored says why no directive ignores a rule, "" where one can. What could
// not be checked is not clean, and a file must not talk itself out of what is
// said about its own directives.
func (p *Pass) NotIgnored(r *Rule) string {
	switch {
	case r.Mandatory:
		return "what it reports was not checked at all"
	case r.Last:
		return "it is about the ignores themselves; --disable switches it off"
	case r.Flaws:
		return "it is about policies, and none of its diagnostics is in this file"
	case r.CheckLock != nil:
		return "it is about lock files, and none of its diagnostics is in this file"
	case p.Locked[r.ID]:
		return "it is locked"
	case p.IgnoreLimits.Forbidden != "":
		return p.IgnoreLimits.Forbidden
	}
	return ""
}

// Partial tells that some of the file was not looked at in this run, so that a
// directive may be right that found nothing to ignore.
func (p *Pass) Partial() bool { return p.linter.ReachedOnly }

// applyIgnores parts what the builds of a file came to into what is shown and
// what the file asks not to hear of, and lets the rules about that speak. p is
// the pass of one of the builds.
func (o *outcome) applyIgnores(p *Pass) {
	if len(p.File.Ignores) == 0 {
		return
	}
	for i := range p.File.Ignores {
		ig := &p.File.Ignores[i]
		p.Ignores = append(p.Ignores, IgnoreUse{
			Ignore: ig, Expired: expired(ig.Until, p.linter.Now),
			TooLong: p.IgnoreLimits.tooLong(ig.Until, p.linter.Now), Used: make([]bool, len(ig.Rules)),
		})
	}
	kept := o.diagnostics[:0]
	for _, d := range o.diagnostics {
		if ig := p.ignoreOf(&d); ig != nil {
			d.Ignored = &Ignore{Reason: p.redact(ig.Reason), Until: strings.Clone(ig.Until), Range: p.File.Range(ig.Span)}
			o.ignored = append(o.ignored, d)
			continue
		}
		kept = append(kept, d)
	}
	p.diagnostics = nil
	p.run(true)
	o.diagnostics = tidy(append(kept, p.finish()...))
}

// expired tells whether the day until is over. Dates of one length compare as
// text.
func expired(until string, now time.Time) bool {
	return until != "" && until < now.UTC().Format(time.DateOnly)
}

// Holds tells whether the directive ignores what it names.
func (u *IgnoreUse) Holds() bool { return !u.Expired && u.TooLong == "" && len(u.Errors) == 0 }

// LastIgnoreDay is the last day an ignore of today may hold, "" for any.
func (p *Pass) LastIgnoreDay() string {
	if p.IgnoreLimits.MaxDays == 0 {
		return ""
	}
	return p.IgnoreLimits.lastDay(p.linter.Now)
}

func (l IgnoreLimits) lastDay(now time.Time) string {
	return now.UTC().AddDate(0, 0, l.MaxDays).Format(time.DateOnly)
}

// tooLong says why a directive may not hold until a day, "" where it may.
func (l IgnoreLimits) tooLong(until string, now time.Time) string {
	if l.MaxDays == 0 {
		return ""
	}
	switch {
	case until == "":
		return fmt.Sprintf("this ignore names no last day, and ignores hold at most %d days (%s)", l.MaxDays, l.MaxDaysBy)
	case until > l.lastDay(now):
		return fmt.Sprintf("this ignore holds until %s, and ignores hold at most %d days (%s)", until, l.MaxDays, l.MaxDaysBy)
	}
	return ""
}

// ignoreOf is the directive that ignores a diagnostic, or nil, and notes its
// use. Those above the instruction come before global ones, so that it is the
// latter that turn out to be unused.
func (p *Pass) ignoreOf(d *Diagnostic) *dockerfile.Ignore {
	if p.NotIgnored(d.Rule) != "" {
		return nil
	}
	for _, global := range []bool{false, true} {
		for _, use := range p.Ignores {
			if use.Global != global || !use.Holds() || !global && !within(d, use.Lines) {
				continue
			}
			at := slices.IndexFunc(use.Rules, func(r dockerfile.IgnoredRule) bool { return r.ID == d.Rule.ID })
			if at >= 0 {
				use.Used[at] = true
				return use.Ignore
			}
		}
	}
	return nil
}

// within tells whether a diagnostic is about an instruction. One about the
// whole build is not, though it may point at one.
func within(d *Diagnostic, lines dockerfile.Span) bool {
	return !d.Whole && !d.Range.IsZero() && d.Span.Start >= lines.Start && d.Span.End <= lines.End
}
