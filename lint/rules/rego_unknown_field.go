package rules

import "github.com/imgpolicy/imgpolicy/lint"

func regoUnknownField() *lint.Rule {
	return &lint.Rule{
		ID:       "rego-unknown-field",
		Summary:  "input field that does not exist",
		Severity: lint.Warning,
		Flaws:    true,
		Doc: `A field that no input has is undefined and says nothing: a condition on it never holds, and
under ` + "`not`" + ` always. What there is: ` + "`imgpolicy eval --print`" + ` shows the input of a source.`,
		Bad: `package docker

default allow := false

allow if input.local

allow if input.image.registry == "docker.io"

decision := {"allow": allow}
`,
		Good: `package docker

default allow := false

allow if input.local

allow if input.image.host == "docker.io"

decision := {"allow": allow}
`,
	}
}
