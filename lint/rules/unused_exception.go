package rules

import "github.com/imgpolicy/imgpolicy/lint"

func unusedException() *lint.Rule {
	return &lint.Rule{
		ID:       "unused-exception",
		Summary:  "exception of a level that waives nothing",
		Severity: lint.Warning,
		Flaws:    true,
		Configs:  true,
		Doc: `An exception that nothing needs waits for something to let through. Whether it is needed can only be told by
a run over all Dockerfiles that its config is for, so nothing is said unless a directory is searched that the config stands in,
nor where an input could not be checked.`,
		Bad: `-- .imgpolicy.yaml --
level: project
exceptions:
  - rule: untrusted-registry
    source: docker.io/library/node@sha256:` + exampleDigest + `
    reason: moves next month
    by: security@example.com
    until: 2026-12-31
-- Dockerfile --
FROM scratch
`,
		Good: `-- .imgpolicy.yaml --
level: project
registries: [registry.example.com]
exceptions:
  - rule: untrusted-registry
    source: docker.io/library/node@sha256:` + exampleDigest + `
    reason: moves next month
    by: security@example.com
    until: 2026-12-31
-- Dockerfile --
FROM node:20@sha256:` + exampleDigest + `
`,
	}
}
