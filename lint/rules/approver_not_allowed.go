package rules

import (
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

func approverNotAllowed() *lint.Rule {
	return ofCatalogs(lint.Rule{
		ID:               approval.ApproverNotAllowed,
		Summary:          "version approved by somebody who may not",
		Severity:         lint.Error,
		SecuritySeverity: "6.0",
		Doc: `` + "`approvers`" + ` of a level lists the people who may approve. The catalog says who did: that is a claim, of
which the history of the policy repository is the proof.`,
		Bad:  exampleWith("approvers: [platform@example.com]", exampleFields, exampleNode),
		Good: exampleWith("approvers: [security@example.com]", exampleFields, exampleNode),
	})
}
