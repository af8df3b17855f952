package lint

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// Levels are those at which an organization governs what a Dockerfile uses. Files
// that the same ones are in force for share the value, which does not change once
// linting has begun.
type Levels struct {
	// All are the levels, the highest first.
	All []level.Level
	// Judge judges images by their catalogs, nil where there is none.
	Judge *approval.Judge
	// Files are the levels by the name of a file whose entries are theirs: the
	// config of the level and the policies it names. Rules are those that set the
	// severity of a rule or lock it, by ID.
	Files, Rules map[string]*level.Level
	// Floors are the rules by which ranked levels judge, by ID.
	Floors map[string]Floor
	// Flaws are what is wrong with the configs of the levels.
	Flaws []policy.Flaw
	// Texts are the configs that have exceptions, by name.
	Texts map[string]policy.File
	// Whole tells that the run looks at all that the exceptions are for, so that
	// one which waives nothing is one too many.
	Whole bool
}

// Add adds a level above the others, so that none of them waives what it finds.
func (l *Levels) Add(top level.Level) {
	all := append([]level.Level{top}, l.All...)
	moved := func(of map[string]*level.Level) map[string]*level.Level {
		out := map[string]*level.Level{}
		for key, at := range of {
			for i := range l.All {
				if at == &l.All[i] {
					out[key] = &all[i+1]
				}
			}
		}
		return out
	}
	l.Files, l.Rules = moved(l.Files), moved(l.Rules)
	for id, floor := range l.Floors {
		for i := range l.All {
			if floor.By == &l.All[i] {
				l.Floors[id] = Floor{floor.Severity, &all[i+1]}
			}
		}
	}
	l.All = all
}

// judge judges images, nil where nothing does.
func (l *Levels) judge() *approval.Judge {
	if l == nil {
		return nil
	}
	return l.Judge
}

// Approval is what the catalogs in force say of an input, each that judges it;
// none of what is no image.
func (p *Pass) Approval(input int) []approval.Standing {
	j := p.Levels.judge()
	if j == nil {
		return nil
	}
	if p.approvals == nil { // every rule asks, and the answer is the same
		p.approvals = make([][]approval.Standing, len(p.Inputs))
		for i := range p.Inputs {
			if img, ok := p.Inputs[i].Source.(source.Image); ok {
				p.approvals[i] = j.Of(img)
			}
		}
	}
	return p.approvals[input]
}

// Leads tells whether a rule about approved images asks for one source in the
// place of another: for the private copy of the same content or, where any will
// do, for an approved version.
func (l *Levels) Leads(from, to source.Source, any bool) bool {
	a, ok := from.(source.Image)
	b, also := to.(source.Image)
	return ok && also && l.judge().Leads(a, b, any)
}

// approvedPin is the digest that an image is approved with.
func (p *Pass) approvedPin(src source.Source) (Pin, bool) {
	img, ok := src.(source.Image)
	if !ok {
		return Pin{}, false
	}
	digest, from, ok := p.Levels.judge().Pin(img)
	return Pin{Digest: digest, From: from}, ok
}

// levelOf is the level that a diagnostic is a finding of, nil for none: the one
// that its rule names, else that of the file whose entry decided, else that which
// says how grave the rule is.
func (l *Levels) levelOf(d *Diagnostic) *level.Level {
	if d.Level != nil {
		return d.Level
	}
	if d.Policy != nil {
		if of := l.Files[d.Policy.File]; of != nil {
			return of
		}
	}
	return l.Rules[d.Rule.ID]
}

// applyLevels takes the diagnostics that exceptions waive out of those that are
// shown, and makes those of levels that are only trying out what they say
// harmless. p is the pass of one of the builds.
func (o *outcome) applyLevels(p *Pass) {
	if p.Levels == nil {
		return
	}
	kept := o.diagnostics[:0]
	for _, d := range o.diagnostics {
		if d.Policy != nil && p.Given[d.Policy.File] {
			d.known = nil
			kept = append(kept, d)
			continue
		}
		of := p.Levels.levelOf(&d)
		d.Level = of
		by := p.waive(&d)
		d.known = nil
		if by != nil {
			d.Ignored = &Ignore{By: ByException, Reason: exceptionReason(by), Until: by.Until.String()}
			o.ignored = append(o.ignored, d)
			if place := by.Place(); !slices.Contains(o.waived, place) {
				o.waived = append(o.waived, place)
			}
			continue
		}
		if of != nil && of.DryRun && !d.Rule.Mandatory {
			d.Severity, d.DryRun = Info, true
			d.Notes = append(d.Notes, "a dry run of "+of.String()+": it fails no run yet")
		}
		kept = append(kept, d)
	}
	o.diagnostics = kept
}

// waive is the exception that waives a diagnostic, nil for none. It adds to the
// notes why those which are for it do not count.
func (p *Pass) waive(d *Diagnostic) *level.Exception {
	if len(d.known) == 0 || d.Rule.Mandatory {
		return nil
	}
	by, why := level.Waive(p.Levels.All, level.Finding{Rule: d.Rule.ID, Sources: d.known, Of: d.Level}, p.linter.today())
	for _, w := range why {
		d.Notes = append(d.Notes, p.redact(w))
	}
	return by
}

func exceptionReason(e *level.Exception) string {
	reason := fmt.Sprintf("exception of %s, by %s: %s", e.Place(), e.By, e.Reason)
	if e.Ticket != "" {
		reason += " (" + e.Ticket + ")"
	}
	return reason
}

// today is the day of the run, zero where that is not known.
func (l *Linter) today() catalog.Date { return catalog.DateOf(l.Now) }

// Floor is the least severity that a rule has, and the level that sees to that.
type Floor struct {
	Severity Severity
	By       *level.Level
}

// LockGoverned locks the rules by which a ranked level judges: what an organization
// has decided a Dockerfile does not ignore, no flag switches off, and no config
// below it loosens. Exceptions of levels waive it.
func (s *Settings) LockGoverned() {
	if s.Levels == nil {
		return
	}
	for id, floor := range s.Levels.Floors {
		s.Locked[id] = true
		if set, ok := s.Severities[id]; s.Disabled[id] || ok && set < floor.Severity {
			delete(s.Disabled, id)
			s.Severities[id] = floor.Severity
		}
	}
}

// knownAs are the names that exceptions know an input by; none where there are no
// exceptions.
func (p *Pass) knownAs(input int) []string {
	if p.Levels == nil || len(p.Levels.Texts) == 0 {
		return nil
	}
	switch src := p.Inputs[input].Source.(type) {
	case source.Image:
		return p.imageKnownAs(input, src)
	case source.HTTP:
		return []string{src.URL, src.Identifier()}
	case source.Git:
		name, _ := source.Unpin(src)
		return []string{src.Identifier(), src.Remote, name}
	}
	return nil
}

func (p *Pass) imageKnownAs(input int, img source.Image) []string {
	var names, digests []string
	names = append(names, img.Name())
	if img.Pinned() {
		digests = append(digests, img.Digest())
	}
	for _, s := range p.Approval(input) {
		if s.Image != nil {
			names = append(names, s.Image.Name)
		}
		if s.Version != nil {
			digests = append(digests, s.Version.Digest)
		}
	}
	if pin := p.Pins[input]; !pin.IsZero() {
		digests = append(digests, pin.Digest)
	}
	var known []string
	for _, name := range names {
		for _, digest := range digests {
			known = append(known, name+"@"+digest)
		}
	}
	return known
}

// exceptions are those that a run over all they are for would make use of, as the
// flaws they are where it does not, by their places.
func (l *Levels) exceptions() iter.Seq2[string, policy.Flaw] {
	return func(yield func(string, policy.Flaw) bool) {
		if !l.Whole {
			return
		}
		for i := range l.All {
			for j := range l.All[i].Exceptions {
				e := &l.All[i].Exceptions[j]
				file := l.Texts[e.File]
				start, end := LineSpan(string(file.Text), e.Line)
				if !yield(e.Place(), policy.Flaw{
					Rule: "unused-exception", File: file, Start: start, End: end,
					Message: fmt.Sprintf("this exception from %s for %s waives nothing", e.Rule, e.Source), Help: "remove it",
				}) {
					return
				}
			}
		}
	}
}

// LineSpan is where the text of a line stands, counted from 1, without the space
// around it and the dash of a list.
func LineSpan(text string, line int) (start, end int) {
	for range line - 1 {
		i := strings.IndexByte(text[start:], '\n')
		if i < 0 {
			return 0, 0
		}
		start += i + 1
	}
	written, _, _ := strings.Cut(text[start:], "\n")
	start += len(written) - len(strings.TrimLeft(written, " \t-"))
	return start, start + len(strings.Trim(written, " \t-\r"))
}
