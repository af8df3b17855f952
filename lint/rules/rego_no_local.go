package rules

import "github.com/imgpolicy/imgpolicy/lint"

func regoNoLocal() *lint.Rule {
	return &lint.Rule{
		ID:       "rego-no-local",
		Summary:  "policy that denies the build context or the Dockerfile",
		Severity: lint.Error,
		Flaws:    true,
		Doc: `Every build reads ` + "`local://dockerfile` and `local://context`" + `, the latter even without ` + "`COPY`" + ` for its
.dockerignore. A policy that does not allow both lets no build pass.

Policies that let the build's arguments, labels or target decide are not judged.`,
		Bad: `package docker

default allow := false

allow if input.image.host == "docker.io"

decision := {"allow": allow}
`,
		Good: `package docker

default allow := false

allow if input.local

allow if input.image.host == "docker.io"

decision := {"allow": allow}
`,
	}
}
