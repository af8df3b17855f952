package rules

import "github.com/imgpolicy/imgpolicy/lint"

func regoConflictingMetadata() *lint.Rule {
	return &lint.Rule{
		ID:       "rego-conflicting-metadata",
		Summary:  "policies that need different metadata of one image",
		Severity: lint.Error,
		Flaws:    true,
		Doc: `Buildx fetches an image's config (labels, user and the like) or its attestations
(provenance, signatures), whichever a policy needs, and then asks all policies
again with that alone. Two policies that each need one never have both: the build
ends with "too many policy requests". What one policy needs is fetched together.

Reported at the policy that is asked later, where both do ask for the same image:
one that anybody may use, or one whose name or host stands in the policies.`,
		Bad: `-- a.rego --
package docker

default allow := false

allow if input.local

allow if input.image.labels.team == "core"

decision := {"allow": allow}
-- b.rego --
package docker

default allow := false

allow if input.local

allow if input.image.hasProvenance

decision := {"allow": allow}
`,
		Good: `package docker

default allow := false

allow if input.local

allow if {
	input.image.labels.team == "core"
	input.image.hasProvenance
}

decision := {"allow": allow}
`,
	}
}
