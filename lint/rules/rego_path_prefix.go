package rules

import "github.com/imgpolicy/imgpolicy/lint"

func regoPathPrefix() *lint.Rule {
	return &lint.Rule{
		ID:       "rego-path-prefix",
		Summary:  "prefix test that an address can be walked out of",
		Severity: lint.Warning,
		Flaws:    true,
		Doc: `` + "`input.git.remote`, `input.git.fullURL`, `input.http.url` and `input.http.path`" + ` are as written:
` + "`https://github.com/our-org/../evil/repo.git`" + ` begins with ` + "`https://github.com/our-org/`" + `, and
BuildKit fetches ` + "`github.com/evil/repo.git`" + `. A prefix that ends within the host is met by
longer hosts.

Not reported are prefixes of a whole host, and policies that look for ` + "`..`" + ` themselves.`,
		Bad: `package docker

default allow := false

allow if input.local

allow if startswith(input.git.remote, "https://github.com/our-org/")

decision := {"allow": allow}
`,
		Good: `package docker

default allow := false

allow if input.local

allow if {
	startswith(input.git.remote, "https://github.com/our-org/")
	not regex.match("(?i)[.][.]|%2e", input.git.remote)
}

decision := {"allow": allow}
`,
	}
}
