package rules

import (
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

func licenseNotAllowed() *lint.Rule {
	return ofCatalogs(lint.Rule{
		ID:       approval.LicenseNotAllowed,
		Summary:  "approved image under a licence that a level does not allow",
		Severity: lint.Error,
		Doc: `` + "`licenses`" + ` of a level lists the licences that images may be under, as SPDX identifiers; those of an image
stand in the catalog. An image of which none is known is under none that is allowed.`,
		Bad:  exampleWith("licenses: [Apache-2.0]", exampleFields, exampleNode),
		Good: exampleWith("licenses: [Apache-2.0, MIT]", exampleFields, exampleNode),
	})
}
