package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

// detail is what stands below a message: "help: write …". Its text is as the
// rule gave it: the format makes it clean in its own way.
type detail struct{ key, text string }

// details tells what a diagnostic knows beyond its message, from the reason to
// the remedy. Texts of several lines keep their newlines; names of files are
// clean, as they are but part of a line. Related places are those that the
// format does not show otherwise.
func details(d *lint.Diagnostic, related []lint.Related) []detail {
	var all []detail
	add := func(key, text string) {
		if strings.TrimSpace(text) != "" {
			all = append(all, detail{key, text})
		}
	}
	if p := d.Policy; p != nil {
		if p.Line > 0 {
			add("policy", joined(" ", fmt.Sprintf("%s:%d", Clean(p.File), p.Line), p.Text))
		} else {
			add("policy", joined(": ", Clean(p.File), p.Text))
		}
	}
	for _, r := range related {
		add("note", joined(": ", Clean(place(r.File, r.Range)), r.Message))
	}
	for _, n := range d.Notes {
		add("note", n)
	}
	add("help", d.Help)
	return all
}

// place is how editors and people name a place: file:line:column, or the file
// alone.
func place(file string, r dockerfile.Range) string {
	if r.IsZero() {
		return file
	}
	return fmt.Sprintf("%s:%d:%d", file, r.Start.Line, r.Start.Column)
}

// summary is the one line at the end of a run.
func summary(r *lint.Result) string {
	s := r.Summary
	files, inputs := plural(s.Files, "file"), plural(s.Inputs, "input")
	if len(r.Diagnostics) == 0 && s.Errors+s.Warnings+s.Infos == 0 {
		none := "No problems"
		if slices.ContainsFunc(r.Ignored, known) {
			none = "No new problems"
		}
		clean := fmt.Sprintf("%s found in %s (%s)", none, files, joined(", ", inputs, hidden(r)))
		if s.Unchecked > 0 {
			// Outside the brackets: such a run was not all that clean.
			clean += fmt.Sprintf(", %s not checked", plural(s.Unchecked, "input"))
		}
		return clean
	}
	if n := affected(r); n < s.Files {
		files = fmt.Sprintf("%d of %s", n, files)
	}
	return fmt.Sprintf("Found %s in %s (%s)", findings(s), files,
		joined(", ", inputs, counted(s.Unchecked, "not checked"), hidden(r)))
}

// known tells that a diagnostic is hidden for being there before, and not for
// being an exception.
func known(d lint.Diagnostic) bool {
	return d.Ignored != nil && (d.Ignored.By == lint.ByBaseline || d.Ignored.By == lint.ByRevision)
}

// hidden counts the diagnostics that are not shown by what hides them.
func hidden(r *lint.Result) string {
	listed, unchanged, since := 0, 0, "unchanged"
	for i := range r.Ignored {
		switch ig := r.Ignored[i].Ignored; {
		case ig == nil:
		case ig.By == lint.ByBaseline:
			listed++
		case ig.By == lint.ByRevision:
			unchanged++
			if ig.Reason != "" {
				since = Clean(ig.Reason)
			}
		}
	}
	return joined(", ", counted(r.Summary.Ignored-listed-unchanged, "ignored"), counted(listed, "known"), counted(unchanged, since))
}

// findings counts by severity, the gravest first: "2 errors, 1 warning and 1 info".
func findings(s lint.Summary) string {
	var parts []string
	for _, c := range []struct {
		n    int
		noun string
	}{{s.Errors, "error"}, {s.Warnings, "warning"}, {s.Infos, "info"}} {
		if c.n > 0 {
			parts = append(parts, plural(c.n, c.noun))
		}
	}
	if last := len(parts) - 1; last > 0 {
		return strings.Join(parts[:last], ", ") + " and " + parts[last]
	}
	return strings.Join(parts, "")
}

// affected counts the files that have diagnostics.
func affected(r *lint.Result) int {
	files := map[string]bool{}
	for i := range r.Diagnostics {
		if name := r.Diagnostics[i].File; name != "" {
			files[name] = true
		}
	}
	return len(files)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// counted is a count that goes without saying where it is zero.
func counted(n int, what string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s", n, what)
}

// joined joins the parts that are not empty.
func joined(sep string, parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, sep)
}

// severityName is what a diagnostic is printed as. One without a severity is a
// mistake of ours and must not look harmless.
func severityName(s lint.Severity) string {
	if name := s.String(); name != "" {
		return name
	}
	return lint.Error.String()
}

// ruleID is the ID of a diagnostic's rule, "" for none.
func ruleID(d *lint.Diagnostic) string {
	if d.Rule == nil {
		return ""
	}
	return d.Rule.ID
}
