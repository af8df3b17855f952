package rules

import (
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

func revokedImage() *lint.Rule {
	return ofCatalogs(lint.Rule{
		ID:               approval.RevokedImage,
		Summary:          "version whose approval was taken back",
		Severity:         lint.Error,
		SecuritySeverity: "9.0",
		Doc: `Somebody has found that the version must not be used any more. No level below the organization can make
an exception.`,
		Bad:  exampleApproved(`"status": "revoked", "reason": "CVE-2026-1234"`, exampleNode),
		Good: exampleApproved(exampleFields, exampleNode),
	})
}
