package rules

import (
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

func deprecatedImage() *lint.Rule {
	return ofCatalogs(lint.Rule{
		ID:       approval.DeprecatedImage,
		Summary:  "approved version that gives way to another one",
		Severity: lint.Warning,
		Doc: `The version may still be used, and will not be for long. The diagnostic says why, and what takes its
place.`,
		Bad:  exampleApproved(`"status": "deprecated", "reason": "end of life", "replacedBy": "22.1.0"`, exampleNode),
		Good: exampleApproved(exampleFields, exampleNode),
	})
}
