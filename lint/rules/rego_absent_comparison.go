package rules

import "github.com/imgpolicy/imgpolicy/lint"

func regoAbsentComparison() *lint.Rule {
	return &lint.Rule{
		ID:       "rego-absent-comparison",
		Summary:  "comparison with a field that is absent when empty",
		Severity: lint.Warning,
		Flaws:    true,
		Doc: `Buildx leaves out of a policy's input what is false, "" or empty. A comparison with
an absent field is undefined, neither true nor false: ` + "`== false` and `== \"\"`" + ` never hold, and
` + "`!= \"x\"`" + ` does not hold where the field is absent. Write the comparison under ` + "`not`" + `, which
an undefined condition satisfies, and name the kind of source beside it.

Fields that are always there (` + "`input.image.host`" + `) are not reported, nor ` + "`!=`" + ` where the policy
tests the field's presence itself.`,
		Bad: `package docker

default allow := false

allow if input.local

allow if {
	input.image.host == "docker.io"
	input.image.tag != "latest"
}

decision := {"allow": allow}
`,
		Good: `package docker

default allow := false

allow if input.local

allow if {
	input.image.host == "docker.io"
	not input.image.tag == "latest"
}

decision := {"allow": allow}
`,
	}
}
