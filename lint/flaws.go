package lint

import (
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/policy"
)

// Alone is a policy or a config that an argument names, to be judged for its own
// flaws where it is in force for no file.
type Alone struct {
	Name string // the same in all parts of a run
	// Used tells that a file of the run made it load.
	Used bool
	// Policies are those of it, and Failures why it cannot be used.
	Policies []policy.Policy
	Failures []string
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

// settled are the diagnostics about a file that is no Dockerfile as plain data.
func (l *Linter) settled(file policy.File, all []Diagnostic) []Diagnostic {
	if len(all) == 0 {
		return nil
	}
	text := l.settledText(file)
	all = tidy(all)
	for i := range all {
		text.settle(&all[i])
		text.locate(&all[i], text.hashes)
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
