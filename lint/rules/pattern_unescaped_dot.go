package rules

import "github.com/imgpolicy/imgpolicy/lint"

func patternUnescapedDot() *lint.Rule {
	return &lint.Rule{
		ID:               "pattern-unescaped-dot",
		Summary:          "whitelist pattern with a dot in its host that stands for any character",
		Severity:         lint.Warning,
		SecuritySeverity: "7.0",
		Flaws:            true,
		Doc: `In a pattern a ` + "`.`" + ` stands for any character: ` + "`^ghcr.io/acme/`" + ` allows ` + "`ghcrxio/acme/app`" + ` too, which is an image
of the Docker Hub user ghcrxio. Write ` + "`\\.`" + `, which in JSON is ` + "`\\\\.`" + `.

Only a whitelist pattern is looked at that matches an image or a URL of another host this way; the fix
escapes its other dots between letters and digits as well.`,
		Bad: `{
  "whitelist": ["^ghcr.io/acme/"]
}
`,
		Good: `{
  "whitelist": ["^ghcr\\.io/acme/"]
}
`,
	}
}
