package rules

import (
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

func tooFewScanners() *lint.Rule {
	return ofCatalogs(lint.Rule{
		ID:               approval.TooFewScanners,
		Summary:          "approved version that too few scanners have looked at",
		Severity:         lint.Error,
		SecuritySeverity: "6.0",
		Doc: `Scanners have different databases and blind spots, so an approval wants several: ` + "`min-scanners`" + ` of the
levels, 2 where none says so. Several reports of one scanner count once.`,
		Bad:  exampleApproved(`"evidence": [{"scanner": "trivy", "findings": {}}]`, exampleNode),
		Good: exampleApproved(`"evidence": [{"scanner": "grype", "findings": {}}, {"scanner": "trivy", "findings": {}}]`, exampleNode),
	})
}
