package lint

import "github.com/imgpolicy/imgpolicy/policy"

// About makes a result of diagnostics about a file that is no Dockerfile, at their
// Span of its text, or about the file as a whole where there is no text, as every format can print it. Rules are those it tells of.
func About(rules []*Rule, file policy.File, all []Diagnostic) *Result {
	l := &Linter{Rules: rules, LineHashes: true}
	for i := range all {
		all[i].File = file.Name
		if all[i].Severity == 0 {
			all[i].Severity = all[i].Rule.Severity
		}
	}
	result := &Result{Rules: rules, Files: []string{file.Name}, Summary: Summary{Files: 1}}
	if file.Text == nil { // of which no place is known
		result.add(tidy(all))
		return result
	}
	result.add(l.settled(file, all))
	return result
}

// Merge adds what another result has.
func (r *Result) Merge(other *Result) {
	r.Files = append(r.Files, other.Files...)
	r.Summary.Files += other.Summary.Files
	r.add(other.Diagnostics)
}
