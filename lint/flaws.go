package lint

import (
	"context"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/policy"
)

// flaws are the diagnostics of the policies in force. A policy is judged once,
// however many files it is in force for, by the settings of the first of them;
// the files of policies come in the order in which they are first used, after
// all Dockerfiles.
func (l *Linter) flaws(ctx context.Context, slots []*outcome, watches *watches) []Diagnostic {
	found := flawList{linter: l, rules: map[string]*Rule{}, byFile: map[string][]Diagnostic{}}
	for _, r := range l.Rules {
		if r.Flaws {
			found.rules[r.ID] = r
		}
	}
	if len(found.rules) == 0 {
		return nil
	}
	var judged [][]policy.Policy
	for _, o := range slots {
		if o.settings == nil || !slices.ContainsFunc(l.Rules, func(r *Rule) bool { return r.Flaws && o.settings.Runs(r) }) {
			continue
		}
		for i, pol := range o.settings.Policies {
			inspector, ok := pol.(policy.Inspector)
			// What is asked before matters to a policy, so it is judged again
			// where that differs; the flaws it has by itself are dropped then.
			asked := o.settings.Policies[:i+1]
			if !ok || slices.ContainsFunc(judged, func(j []policy.Policy) bool { return slices.Equal(j, asked) }) {
				continue
			}
			judged = append(judged, asked)
			found.add(o.settings, inspector.Inspect(ctx, asked[:i]))
		}
	}
	watches.unused(slots, found.add)
	found.levelFlaws(slots)
	return found.diagnostics()
}

// alone are outcomes that have nothing but the policies in force for no file.
func (l *Linter) alone() []*outcome {
	if l.Alone == nil {
		return nil
	}
	var slots []*outcome
	for _, pol := range l.Alone() {
		settings := l.Settings
		settings.Policies = []policy.Policy{pol}
		slots = append(slots, &outcome{settings: &settings})
	}
	return slots
}

// flawList gathers diagnostics by the file they are about.
type flawList struct {
	linter *Linter
	rules  map[string]*Rule
	files  []policy.File
	byFile map[string][]Diagnostic
}

func (l *flawList) add(settings *Settings, flaws []policy.Flaw) {
	for _, f := range flaws {
		rule := l.rules[f.Rule]
		if rule == nil || !settings.Runs(rule) {
			continue
		}
		if _, ok := l.byFile[f.File.Name]; !ok {
			l.files = append(l.files, f.File)
		}
		l.byFile[f.File.Name] = append(l.byFile[f.File.Name], Diagnostic{
			Rule: rule, Severity: settings.severity(rule, 0), File: f.File.Name, Span: dockerfile.Span{Start: f.Start, End: f.End},
			Message: f.Message, Help: f.Help, Notes: slices.Clone(f.Notes), Fixes: fixes(f.Fixes),
			NotBaselined: settings.notBaselined(rule),
		})
	}
}

// fixes are those of a flaw, as the linter has them.
func fixes(of []policy.Fix) []Fix {
	var out []Fix
	for _, f := range of {
		fix := Fix{Title: f.Title, Safe: f.Safe}
		for _, e := range f.Edits {
			fix.Edits = append(fix.Edits, Edit{Span: dockerfile.Span{Start: e.Start, End: e.End}, New: e.New})
		}
		out = append(out, fix)
	}
	return out
}

func (l *flawList) diagnostics() []Diagnostic {
	var out []Diagnostic
	for _, f := range l.files {
		out = append(out, l.linter.settled(f, l.byFile[f.Name])...)
	}
	return out
}

// settled are the diagnostics about a file that is no Dockerfile as plain data.
func (l *Linter) settled(file policy.File, all []Diagnostic) []Diagnostic {
	if len(all) == 0 {
		return nil
	}
	text := string(file.Text)
	doc := document{text, dockerfile.NewLines(text), new(dockerfile.Secrets)}
	hashes := l.lineHashes(text)
	all = tidy(all)
	for i := range all {
		doc.settle(&all[i])
		doc.locate(&all[i], hashes)
	}
	return all
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
	doc.settleFixes(d)
	d.Frame, d.Marked = doc.frame(d), doc.marked(d)
}

// settleFixes gives the edits of a diagnostic their places, and leaves out the
// fixes that write credentials: a diagnostic shows none.
func (doc document) settleFixes(d *Diagnostic) {
	d.Fixes = slices.DeleteFunc(d.Fixes, func(f Fix) bool {
		return slices.ContainsFunc(f.Edits, func(e Edit) bool { return doc.secrets.Redact(e.New) != e.New })
	})
	for n := range d.Fixes {
		f := &d.Fixes[n]
		f.Title = strings.Clone(doc.secrets.Redact(f.Title))
		for i := range f.Edits {
			e := &f.Edits[i]
			e.Range, e.New = doc.lines.Range(e.Span), strings.Clone(e.New)
			e.Bytes = doc.byteColumns(e.Range)
		}
	}
}
