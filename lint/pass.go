package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

// Pass is what a rule sees of one Dockerfile, and the only door through which
// it speaks.
type Pass struct {
	File *dockerfile.File
	*dockerfile.Resolution
	*Settings
	// Decisions are what the policies in force say, parallel to Inputs; nil
	// where none is. An input without a source has no decisions.
	Decisions [][]policy.Decision
	// LocalDecisions are what the policies say of the directories that every
	// build reads.
	LocalDecisions []LocalDecision
	// PolicyErrors are the policies that failed instead.
	PolicyErrors []PolicyError
	// Pins are what inputs that are not pinned can be pinned to, parallel to
	// Inputs; zero for those where it is not known.
	Pins []Pin
	// Upstream is what is found today where inputs come from, parallel to Inputs;
	// nil where nobody looks.
	Upstream []Upstream
	// Ignores are the ignore directives of the file; only rules that run last
	// have them.
	Ignores []IgnoreUse

	approvals    [][]approval.Standing // parallel to Inputs; nil until somebody has asked
	securePins   []Pin                 // of downloads over plain HTTP, by https
	lookupErrors []shownError
	build        dockerfile.Options
	elsewhere    map[dockerfile.Span]string // see Varies; nil until somebody has asked
	others       mismatches                 // pins of the run that do not agree
	linter       *Linter
	watches      *watches
	rule         *Rule
	secrets      dockerfile.Secrets
	hashes       []string // of the lines, where the linter is to give them
	diagnostics  []Diagnostic
}

// LocalDecision is what a policy says of a local directory, by the name BuildKit
// gives it: "dockerfile" or "context".
type LocalDecision struct {
	Name     string
	Decision policy.Decision
}

// Active tells whether a rule runs.
func (p *Pass) Active(id string) bool {
	rule := p.Rule(id)
	return rule != nil && p.Runs(rule)
}

// run runs the rules: those about the build, or the last ones.
func (p *Pass) run(last bool) {
	for _, rule := range p.linter.Rules {
		if rule.Check != nil && rule.Last == last && p.Runs(rule) {
			p.rule = rule
			rule.Check(p)
		}
	}
}

// Report adds a diagnostic at d.Span.
func (p *Pass) Report(d Diagnostic) {
	d.Rule = p.rule
	d.Severity = p.severity(p.rule, d.Severity)
	p.diagnostics = append(p.diagnostics, d)
}

// ReportInput adds a diagnostic about an input, at its word unless d.Span says
// otherwise. The places its variables got their values from are added.
func (p *Pass) ReportInput(index int, d Diagnostic) {
	in := &p.Inputs[index]
	if d.Span.Empty() {
		d.Span = in.Span
	}
	d.Input, d.known = p.describe(in), p.knownAs(index)
	for _, v := range in.Variables {
		if r, ok := p.origin(v); ok {
			d.Related = append(d.Related, r)
		}
	}
	d.Notes = append(d.Notes, in.Notes...)
	d.Notes = append(d.Notes, p.notLocked(index)...)
	if d.Label == "" && in.Source != nil && in.Value != in.Word && !strings.EqualFold(in.Value, strings.Trim(in.Word, `"'`)) {
		d.Label = "resolves to " + in.Value
	}
	p.Report(d)
}

func (p *Pass) describe(in *dockerfile.Input) *Input {
	out := &Input{
		Kind: string(in.Kind), Word: in.Word, Instruction: in.Instruction, Stage: p.StageName(in.Stage),
		Platform: in.Platform, Reached: in.Reached,
	}
	if in.Source != nil {
		out.Identifier = in.Source.Identifier()
	}
	return out
}

// origin is the place a variable got its value from.
func (p *Pass) origin(v dockerfile.Variable) (Related, bool) {
	if v.Span.Empty() {
		return Related{}, false
	}
	r := Related{File: p.File.Name, Span: v.Span}
	v.Value = p.secrets.Value(v)
	switch {
	case !v.Known && v.Origin == "":
		r.Message = v.Name + " has no value here"
	case !v.Known:
		r.Message = v.Name + " gets its value here"
	case v.Origin == dockerfile.FromBuildArg:
		r.Message = fmt.Sprintf("%s is %q, from %s", v.Name, v.Value, cmp.Or(p.ArgPlaces[v.Name], "--build-arg"))
	default:
		r.Message = fmt.Sprintf("%s is %q here", v.Name, v.Value)
	}
	return r, true
}

// finish sorts the diagnostics, drops repetitions and turns them into plain
// data: ranges, frames, no credentials, nothing that holds on to the file.
func (p *Pass) finish() []Diagnostic {
	p.diagnostics = tidy(p.diagnostics)
	p.hashes = p.linter.lineHashes(p.File.Text)
	for i := range p.diagnostics {
		p.settle(&p.diagnostics[i])
		p.others.compare(&p.diagnostics[i])
	}
	return p.diagnostics
}

// tidy sorts diagnostics and drops repetitions.
func tidy(all []Diagnostic) []Diagnostic {
	slices.SortStableFunc(all, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), strings.Compare(a.Rule.ID, b.Rule.ID), strings.Compare(a.Message, b.Message))
	})
	return slices.CompactFunc(all, sameDiagnostic)
}

func sameDiagnostic(a, b Diagnostic) bool {
	return a.Rule == b.Rule && a.Span == b.Span && a.Message == b.Message && samePin(a.Pin, b.Pin)
}

// samePin compares the pins of diagnostics that Rule.Compare is still to complete.
func samePin(a, b *PinnedSource) bool { return a == b || a != nil && b != nil && *a == *b }

func (p *Pass) settle(d *Diagnostic) {
	d.File, d.NotBaselined = p.File.Name, p.notBaselined(d.Rule)
	if d.Span.Start < d.Span.End || d.Span.Start > 0 {
		d.Range = p.File.Range(d.Span)
	}
	for i := range d.Related {
		r := &d.Related[i]
		r.Message = p.redact(r.Message)
		if r.File == p.File.Name && !r.Span.Empty() {
			r.Range = p.File.Range(r.Span)
		}
	}
	d.Message, d.Label, d.Help = p.redact(d.Message), p.redact(d.Label), p.redact(d.Help)
	for i, n := range d.Notes {
		d.Notes[i] = p.redact(n)
	}
	if d.Input != nil {
		d.Input.Identifier = p.redact(d.Input.Identifier)
		d.Input.Word = p.partOf(d.Input.Identifier, d.Input.Word)
		d.Input.Stage = p.linter.shared.text(d.Input.Stage)
		d.Input = p.linter.shared.input(d.Input)
	}
	if d.Policy != nil {
		d.Policy.Text = p.redact(d.Policy.Text)
		d.Policy = p.linter.shared.entry(d.Policy)
	}
	if d.Denial != nil {
		p.redactDenial(d.Denial)
	}
	doc := document{p.File.Text, p.File.Lines, &p.secrets}
	doc.settleFixes(d)
	d.Marked = doc.marked(d)
	if !p.linter.NoFrames {
		d.Frame = doc.frame(d)
	}
	doc.locate(d, p.hashes)
}

func (p *Pass) redactDenial(d *Denial) {
	messages := make([]string, len(d.Messages)) // the policy's own list stays as it is
	for i, m := range d.Messages {
		messages[i] = p.redact(m)
	}
	*d = Denial{Source: p.redact(d.Source), Name: p.redact(d.Name), Messages: messages}
}

// partOf is redact for a text that mostly is part of another which was redacted.
func (p *Pass) partOf(whole, text string) string {
	text = p.secrets.Redact(text)
	if i := strings.LastIndex(whole, text); i >= 0 {
		return whole[i : i+len(text)]
	}
	return p.linter.shared.text(text)
}

// redact takes credentials out of text, and cuts it loose from the file.
func (p *Pass) redact(text string) string { return p.linter.shared.text(p.secrets.Redact(text)) }
