package rules

import (
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

func approvedDigestMismatch() *lint.Rule {
	return ofCatalogs(lint.Rule{
		ID:               approval.ApprovedDigestMismatch,
		Summary:          "digest that is not the one approved for the tag",
		Severity:         lint.Error,
		SecuritySeverity: "8.0",
		Doc: `The tag is approved, and the digest written behind it is of other content than what was scanned and
approved. Either the tag has moved since, or the digest was never looked at. Approved are the digest of the index
and those of the manifests for its platforms.`,
		Bad:  exampleApproved(exampleFields, exampleSameTag),
		Good: exampleApproved(exampleFields, exampleNode),
	})
}
