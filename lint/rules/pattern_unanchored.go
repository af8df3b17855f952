package rules

import "github.com/imgpolicy/imgpolicy/lint"

func patternUnanchored() *lint.Rule {
	return &lint.Rule{
		ID:               "pattern-unanchored",
		Summary:          "whitelist pattern that is not tied to the beginning",
		Severity:         lint.Warning,
		SecuritySeverity: "7.5",
		Flaws:            true,
		Doc: `A pattern matches anywhere in the name of an image: ` + "`gcr\\.io/acme/`" + ` allows ` + "`evil.example/gcr.io/acme/app`" + `
too, from a registry that belongs to somebody else. Write ` + "`^`" + ` in front.

Nothing is said of the blacklist, where a pattern without ` + "`^`" + ` only denies more, of patterns that begin
with ` + "`.*`" + `, and of those about tags and digests, such as ` + "`@sha256:[0-9a-f]{64}$`" + `. The fix is safe where
the pattern begins with a host.`,
		Bad: `{
  "whitelist": ["gcr\\.io/acme/"]
}
`,
		Good: `{
  "whitelist": ["^gcr\\.io/acme/"]
}
`,
	}
}
