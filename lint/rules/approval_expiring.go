package rules

import (
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

func approvalExpiring() *lint.Rule {
	return ofCatalogs(lint.Rule{
		ID:       approval.ApprovalExpiring,
		Summary:  "approval that ends within 14 days",
		Severity: lint.Warning,
		Doc:      `There is still time to have the version looked at again, or to move to another one.`,
		Bad:      exampleApproved(`"expires": "2026-06-10"`, exampleNode),
		Good:     exampleApproved(`"expires": "2026-09-30"`, exampleNode),
	})
}
