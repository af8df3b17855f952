package rules

import "github.com/imgpolicy/imgpolicy/lint"

func regoNoDefault() *lint.Rule {
	return &lint.Rule{
		ID:       "rego-no-default",
		Summary:  "policy without a decision in Buildx's probe",
		Severity: lint.Error,
		Flaws:    true,
		Doc: `Before any source Buildx asks a policy with an input of ` + "`env`" + ` alone. If ` + "`data.docker.decision`" + ` is
undefined then, most often because ` + "`allow`" + ` has no default, the build ends with "policy returned
zero result". ` + "`docker buildx policy eval` and `policy test`" + ` do not show this.`,
		Bad: `package docker

allow if input.local

allow if input.image

decision := {"allow": allow}
`,
		Good: `package docker

default allow := false

allow if input.local

allow if input.image

decision := {"allow": allow}
`,
	}
}
