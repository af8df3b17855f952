package rules

import (
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

func findingsOverLimit() *lint.Rule {
	return ofCatalogs(lint.Rule{
		ID:               approval.FindingsOverLimit,
		Summary:          "approved version with graver findings than may remain",
		Severity:         lint.Error,
		SecuritySeverity: "7.0",
		Doc: `` + "`max-severity`" + ` of the levels is the highest severity of which findings may remain, high where none says
so. Findings that a VEX document rules out do not count, nor do those that the catalog accepts as long as it
does; with ` + "`fix-available-only`" + ` only those count for which there is a fix, and what nobody has graded counts as
` + "`unknown-as`" + `.`,
		Bad:  exampleApproved(`"evidence": [{"scanner": "grype", "findings": {}}, {"scanner": "trivy", "findings": {"critical": 1}}]`, exampleNode),
		Good: exampleApproved(`"evidence": [{"scanner": "grype", "findings": {}}, {"scanner": "trivy", "findings": {"high": 1}}]`, exampleNode),
	})
}
