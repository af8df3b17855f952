package rules

import (
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

func outOfScope() *lint.Rule {
	return ofCatalogs(lint.Rule{
		ID:               approval.OutOfScope,
		Summary:          "version that is approved for others",
		Severity:         lint.Error,
		SecuritySeverity: "6.0",
		Doc: `An approval names who may use the version: the organization, or some of its programs, projects and
applications. The levels of the configs say which of them a Dockerfile belongs to.`,
		Bad:  exampleApproved(`"scope": ["program:payments"]`, exampleNode),
		Good: exampleApproved(`"scope": ["organization"]`, exampleNode),
	})
}
