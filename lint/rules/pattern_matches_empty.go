package rules

import "github.com/imgpolicy/imgpolicy/lint"

func patternMatchesEmpty() *lint.Rule {
	return &lint.Rule{
		ID:               "pattern-matches-empty",
		Summary:          "pattern that matches everything because it matches the empty text",
		Severity:         lint.Error,
		SecuritySeverity: "8.0",
		Flaws:            true,
		Doc: `A pattern that is content with no characters at all matches everything: an empty string, ` + "`x*`" + `, or
` + "`alpine|`" + `, whose second alternative is empty. On the whitelist it allows every image, and the blacklist
has no say; on the blacklist it denies all that the whitelist does not allow.

` + "`.*`" + ` says what it does and is not reported.`,
		Bad: `{
  "whitelist": ["^ghcr\\.io/acme/|"]
}
`,
		Good: `{
  "whitelist": ["^ghcr\\.io/acme/"]
}
`,
	}
}
