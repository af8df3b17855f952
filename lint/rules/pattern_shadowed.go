package rules

import "github.com/imgpolicy/imgpolicy/lint"

func patternShadowed() *lint.Rule {
	return &lint.Rule{
		ID:               "pattern-shadowed",
		Summary:          "pattern that never decides because another comes first",
		Severity:         lint.Warning,
		SecuritySeverity: "4.0",
		Flaws:            true,
		Doc: `The whitelist is asked first, then the blacklist, each from its beginning. A pattern never decides
where one that is asked before it matches all that it matches. On the blacklist that is most often a
mistake: ` + "`^corp/legacy:`" + ` denies nothing where the whitelist has ` + "`^corp/`" + `.

It is reported where it can be proved: the two patterns are the same, or the first is a plain text and
the other matches only what begins with it. The fix removes what decides nothing; a blacklist pattern
that the whitelist overrules has none, as it was meant to deny.`,
		Bad: `{
  "whitelist": ["^ghcr\\.io/acme/"],
  "blacklist": ["^ghcr\\.io/acme/legacy:"]
}
`,
		Good: `{
  "whitelist": ["^ghcr\\.io/acme/app:"],
  "blacklist": ["^ghcr\\.io/acme/legacy:"]
}
`,
	}
}
