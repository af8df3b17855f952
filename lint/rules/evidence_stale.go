package rules

import (
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

func evidenceStale() *lint.Rule {
	return ofCatalogs(lint.Rule{
		ID:               approval.EvidenceStale,
		Summary:          "approved version whose scans are too old",
		Severity:         lint.Error,
		SecuritySeverity: "5.0",
		Doc: `A scan knows the vulnerabilities of its day. ` + "`max-evidence-age`" + ` of the levels is how many days old one may
be; without it none is too old. A scan that does not say when it was is.`,
		Bad: exampleWith("max-evidence-age: 30", `"evidence": [{"scanner": "grype", "scannedAt": "2026-05-20T08:00:00Z", "findings": {}},
      {"scanner": "trivy", "scannedAt": "2026-02-01T08:00:00Z", "findings": {}}]`, exampleNode),
		Good: exampleWith("max-evidence-age: 30", `"evidence": [{"scanner": "grype", "scannedAt": "2026-05-20T08:00:00Z", "findings": {}},
      {"scanner": "trivy", "scannedAt": "2026-05-20T08:00:00Z", "findings": {}}]`, exampleNode),
	})
}
