package rules

import (
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

// ForApprovals are the rules of approve and catalog: all, and those that only an
// approval can report.
func ForApprovals() []*lint.Rule {
	all := append(All(), evidenceMismatch())
	slices.SortFunc(all, func(a, b *lint.Rule) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func evidenceMismatch() *lint.Rule {
	return &lint.Rule{
		ID:               approval.EvidenceMismatch,
		Summary:          "report that is not about the image it is to be evidence for",
		Severity:         lint.Error,
		SecuritySeverity: "8.0",
		Doc: `A report counts for an image whose digest it names: that of its index, of a manifest in it, or of the
config of one. This one names none of them, so what it found says nothing about the image; or the file with what the
scanners found is not what the catalog knows it by.`,
	}
}
