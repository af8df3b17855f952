package rules

import "github.com/imgpolicy/imgpolicy/lint"

func patternOpenTag() *lint.Rule {
	return &lint.Rule{
		ID:               "pattern-open-tag",
		Summary:          "whitelist pattern that ends in the middle of a name or version",
		Severity:         lint.Warning,
		SecuritySeverity: "5.5",
		Flaws:            true,
		Doc: `What follows a pattern is free: ` + "`^ghcr\\.io/acme`" + ` allows ` + "`ghcr.io/acme-evil/x`" + `, ` + "`^ghcr\\.io`" + ` allows
` + "`ghcr.io.evil.example/x`" + `, and ` + "`^ghcr\\.io/acme/app:3\\.2`" + ` allows version 3.20. End it with ` + "`/`" + ` or ` + "`:`" + `, or
a tag with ` + "`$`" + `; ` + "`:`" + ` is enough for images with a digest, too.

Nothing is said of patterns that end with something else than a letter or a digit, such as ` + "`-`" + ` or
` + "`[a-z]+`" + `, nor of tags that end with a letter, which are the beginnings of versions often enough.`,
		Bad: `{
  "whitelist": ["^ghcr\\.io/acme"]
}
`,
		Good: `{
  "whitelist": ["^ghcr\\.io/acme/"]
}
`,
	}
}
