package lint

import (
	"context"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/policy"
)

// flaws are the diagnostics of the policies in force. A policy is judged once,
// however many files it is in force for; the files come in the order in which
// they are first used, after all Dockerfiles.
func (l *Linter) flaws(ctx context.Context, slots []outcome) []Diagnostic {
	found := flawList{rules: map[string]*Rule{}, severities: l.Severities, hashes: l.lineHashes, byFile: map[string][]Diagnostic{}}
	for _, r := range l.Rules {
		if r.Flaws && l.runs(r) {
			found.rules[r.ID] = r
		}
	}
	if len(found.rules) == 0 {
		return nil
	}
	var judged [][]policy.Policy
	for _, o := range slots {
		for i, pol := range o.policies {
			inspector, ok := pol.(policy.Inspector)
			// What is asked before matters to a policy, so it is judged again
			// where that differs; the flaws it has by itself are dropped then.
			asked := o.policies[:i+1]
			if !ok || slices.ContainsFunc(judged, func(j []policy.Policy) bool { return slices.Equal(j, asked) }) {
				continue
			}
			judged = append(judged, asked)
			found.add(inspector.Inspect(ctx, asked[:i]))
		}
	}
	return found.diagnostics()
}

// flawList gathers diagnostics by the file they are about.
type flawList struct {
	rules      map[string]*Rule // those that run
	severities map[string]Severity
	hashes     func(text string) []string
	files      []policy.File
	byFile     map[string][]Diagnostic
}

func (l *flawList) add(flaws []policy.Flaw) {
	for _, f := range flaws {
		rule := l.rules[f.Rule]
		if rule == nil {
			continue
		}
		severity := rule.Severity
		if s := l.severities[rule.ID]; s != 0 {
			severity = s
		}
		if _, ok := l.byFile[f.File.Name]; !ok {
			l.files = append(l.files, f.File)
		}
		l.byFile[f.File.Name] = append(l.byFile[f.File.Name], Diagnostic{
			Rule: rule, Severity: severity, File: f.File.Name, Span: dockerfile.Span{Start: f.Start, End: f.End},
			Message: f.Message, Help: f.Help, Notes: slices.Clone(f.Notes),
		})
	}
}

func (l *flawList) diagnostics() []Diagnostic {
	var out []Diagnostic
	for _, f := range l.files {
		text := string(f.Text)
		doc := document{text, dockerfile.NewLines(text), new(dockerfile.Secrets)}
		hashes := l.hashes(text)
		for _, d := range tidy(l.byFile[f.Name]) {
			doc.settle(&d)
			doc.locate(&d, hashes)
			out = append(out, d)
		}
	}
	return out
}

// settle turns a diagnostic into plain data, as Pass.settle does for those of a
// Dockerfile.
func (doc document) settle(d *Diagnostic) {
	redact := func(s string) string { return strings.Clone(doc.secrets.Redact(s)) }
	d.Range = doc.lines.Range(d.Span)
	d.Message, d.Help = redact(d.Message), redact(d.Help)
	for i, n := range d.Notes {
		d.Notes[i] = redact(n)
	}
	d.Frame = doc.frame(d)
}
