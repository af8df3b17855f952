package rules

import (
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

func imageNotApproved() *lint.Rule {
	return ofCatalogs(lint.Rule{
		ID:               approval.ImageNotApproved,
		Summary:          "image that the catalog of approved images does not have",
		Severity:         lint.Error,
		SecuritySeverity: "7.0",
		Doc: `A catalog is in force, and this image is not in it, under neither its public name nor that of a private
copy. Images below the ` + "`internal`" + ` prefixes of the catalog are the organization's own and are not judged;
frontends (` + "`# syntax`" + `) are images like all others.`,
		Bad:  exampleApproved(exampleFields, exampleStranger),
		Good: exampleApproved(exampleFields, exampleNode),
	})
}
