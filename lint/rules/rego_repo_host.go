package rules

import "github.com/imgpolicy/imgpolicy/lint"

func regoRepoHost() *lint.Rule {
	return &lint.Rule{
		ID:       "rego-repo-host",
		Summary:  "repository name that input.image.repo never is",
		Severity: lint.Warning,
		Flaws:    true,
		Doc: `` + "`input.image.repo`" + ` is the name as people write it: ` + "`alpine` or `myorg/app`" + ` on Docker Hub, and with its
host elsewhere: ` + "`ghcr.io/myorg/app`" + `. It is never ` + "`library/alpine`, nor `docker.io/…`" + `.
` + "`input.image.fullRepo`" + ` always has the host: ` + "`docker.io/library/alpine`" + `.`,
		Bad: `package docker

default allow := false

allow if input.local

allow if input.image.repo == "library/alpine"

decision := {"allow": allow}
`,
		Good: `package docker

default allow := false

allow if input.local

allow if input.image.repo == "alpine"

decision := {"allow": allow}
`,
	}
}
