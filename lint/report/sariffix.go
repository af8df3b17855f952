package report

import (
	"strings"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/lint"
)

type (
	sarifFix struct {
		Description sarifText     `json:"description"`
		Changes     []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		Artifact     sarifArtifact      `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	// sarifReplacement without inserted content only deletes; no string of SARIF
	// may be empty.
	sarifReplacement struct {
		Deleted  sarifRegion `json:"deletedRegion"`
		Inserted *sarifText  `json:"insertedContent,omitempty"`
	}
	sarifSuppression struct {
		Kind          string         `json:"kind"`
		Status        string         `json:"status"`
		Justification string         `json:"justification,omitempty"`
		Location      *sarifLocation `json:"location,omitempty"`
	}
)

// fixes are those of a diagnostic that JSON can hold: a text that is not UTF-8
// would come out as another. A region that ends at the first column of a line
// takes in the line break before it (SARIF 3.30.2).
func (s *sariffer) fixes(d *lint.Diagnostic) []sarifFix {
	artifact := s.location(d.File, d.Range)[0].Physical.Artifact
	var out []sarifFix
	for _, f := range d.Fixes {
		change := sarifChange{Artifact: artifact}
		valid := true
		for _, e := range f.Edits {
			r := sarifReplacement{Deleted: sarifRegion{e.Range.Start.Line, e.Range.Start.Column, e.Range.End.Line, e.Range.End.Column}}
			if e.New != "" {
				r.Inserted = &sarifText{Text: e.New}
			}
			change.Replacements = append(change.Replacements, r)
			valid = valid && utf8.ValidString(e.New) && !e.Range.IsZero()
		}
		if valid && len(f.Edits) > 0 {
			out = append(out, sarifFix{sarifText{Text: fixTitle(f)}, []sarifChange{change}})
		}
	}
	return out
}

// fixTitle is what a fix is offered as.
func fixTitle(f lint.Fix) string {
	title := sentence(plain(f.Title))
	if f.Safe {
		return title
	}
	return strings.TrimSuffix(title, ".") + " (not safe: look at what changes)."
}

// suppressed is the result of a diagnostic that something hides: to SARIF one
// with an accepted suppression.
func (s *sariffer) suppressed(d *lint.Diagnostic) sarifResult {
	out := s.result(d)
	if ig := d.Ignored; ig != nil {
		out.Suppressions = []sarifSuppression{s.suppression(d.File, ig)}
	}
	return out
}

func (s *sariffer) suppression(file string, ig *lint.Ignore) sarifSuppression {
	out := sarifSuppression{Kind: "external", Status: "accepted", Justification: plain(ignoreReason(ig))}
	if ig.By == lint.ByDirective {
		out.Kind = "inSource"
		if !ig.Range.IsZero() {
			out.Location = &s.location(file, ig.Range)[0]
		}
	}
	return out
}

// ignoreReason says why a diagnostic is not reported, "" for a directive that
// does not tell.
func ignoreReason(ig *lint.Ignore) string {
	reason := strings.TrimSpace(ig.Reason)
	switch {
	case reason != "":
	case ig.By == lint.ByBaseline:
		reason = "the baseline has it"
	case ig.By == lint.ByRevision:
		reason = "the change did not bring it: the older revision has it, too"
	}
	if ig.Until != "" {
		return joined(" ", reason, "(until "+ig.Until+")")
	}
	return reason
}
