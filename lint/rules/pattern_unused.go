package rules

import "github.com/imgpolicy/imgpolicy/lint"

func patternUnused() *lint.Rule {
	return &lint.Rule{
		ID:       "pattern-unused",
		Summary:  "pattern that matches nothing in the Dockerfiles of the run",
		Severity: lint.Info,
		Flaws:    true,
		Optional: true,
		Unused:   true,
		Doc: `A pattern that nothing needs allows what nobody looks at. Whether it is needed can only be told by a
run over all Dockerfiles that the policy is for, so the rule is on where a directory is searched that the
policies stand in, and else off unless it is enabled. Nothing is said where an input could not be checked.`,
		Bad: `-- policy.json --
{
  "whitelist": [
    "^(?:docker\\.io/library/)?alpine:",
    "^ghcr\\.io/acme/"
  ]
}
-- Dockerfile --
FROM alpine:3.20
`,
		Good: `-- policy.json --
{
  "whitelist": [
    "^(?:docker\\.io/library/)?alpine:"
  ]
}
-- Dockerfile --
FROM alpine:3.20
`,
	}
}
