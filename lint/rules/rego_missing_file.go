package rules

import "github.com/imgpolicy/imgpolicy/lint"

func regoMissingFile() *lint.Rule {
	return &lint.Rule{
		ID:       "rego-missing-file",
		Summary:  "file that a policy reads and that is not there",
		Severity: lint.Error,
		Flaws:    true,
		Doc: `Where ` + "`load_json`" + ` or a function that takes a key, signature or bundle cannot read its file, the
call is undefined and says nothing: a condition fails, and a condition under ` + "`not`" + ` holds
for everything. Paths are relative to the root of the build context, and nothing outside of it
is read.

Paths that are written out are checked, and that the file is JSON, a key, a signature.`,
		Bad: `package docker

default allow := false

allow if input.local

allow if {
	input.image
	not input.image.repo in load_json("blocked.json")
}

decision := {"allow": allow}
`,
		Good: `-- Dockerfile.rego --
package docker

default allow := false

allow if input.local

allow if {
	input.image
	not input.image.repo in load_json("blocked.json")
}

decision := {"allow": allow}
-- blocked.json --
["node"]
`,
	}
}
