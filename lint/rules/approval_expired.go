package rules

import (
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

func approvalExpired() *lint.Rule {
	return ofCatalogs(lint.Rule{
		ID:               approval.ApprovalExpired,
		Summary:          "approval that has ended",
		Severity:         lint.Error,
		SecuritySeverity: "6.0",
		Doc: `Approvals hold until a day, so that somebody looks again at what was found since. ` + "`expires`" + ` is the last
day on which one holds.`,
		Bad:  exampleApproved(`"expires": "2026-05-31"`, exampleNode),
		Good: exampleApproved(`"expires": "2026-09-30"`, exampleNode),
	})
}
