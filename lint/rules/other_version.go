package rules

import (
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

func otherVersion() *lint.Rule {
	return ofCatalogs(lint.Rule{
		ID:               approval.OtherVersion,
		Summary:          "version of an approved image that is not approved itself",
		Severity:         lint.Error,
		SecuritySeverity: "7.0",
		Doc: `The image is in the catalog, but neither its tag nor its digest is that of an approved version. The
diagnostic lists the versions that may be used here and today, the nearest first: the same major version
before another one, then the same variant. The fix writes the nearest; it is not safe, since something else is built.`,
		Bad:  exampleApproved(exampleFields, exampleOtherNode),
		Good: exampleApproved(exampleFields, exampleNode),
	})
}
