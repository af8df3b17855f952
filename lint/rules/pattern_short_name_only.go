package rules

import "github.com/imgpolicy/imgpolicy/lint"

func patternShortNameOnly() *lint.Rule {
	return &lint.Rule{
		ID:       "pattern-short-name-only",
		Summary:  "pattern that docker-image-policy no longer matches since Docker 28.1",
		Severity: lint.Info,
		Flaws:    true,
		Doc: `Docker asks the plugin docker-image-policy about ` + "`alpine`" + ` before version 28.1 and about
` + "`docker.io/library/alpine`" + ` since, so that ` + "`^alpine:`" + ` matches nothing there any more: what it allows is
denied, what it denies is not. imgpolicy tries both spellings. ` + "`^(?:docker\\.io/library/)?alpine:`" + ` does
for all.

It is said once for a list, at its first such pattern. YAML and ` + "`.imgpolicy.json`" + ` are not read by the
plugin, and nothing is said of them.`,
		Bad: `{
  "whitelist": ["^alpine:"]
}
`,
		Good: `{
  "whitelist": ["^(?:docker\\.io/library/)?alpine:"]
}
`,
	}
}
