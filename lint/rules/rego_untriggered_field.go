package rules

import "github.com/imgpolicy/imgpolicy/lint"

func regoUntriggeredField() *lint.Rule {
	return &lint.Rule{
		ID:       "rego-untriggered-field",
		Summary:  "metadata that is read in a way that never fetches it",
		Severity: lint.Warning,
		Flaws:    true,
		Doc: `Buildx fetches an image's labels, provenance and the like where a rule below ` + "`decision`" + ` writes the
field out: ` + "`input.image.labels`" + `. Read with ` + "`object.get`" + `, by a key in a variable or by going through all
keys, the field is absent without a word; so it is where ` + "`decision`" + ` itself names it. ` + "`createdTime`" + `
is never fetched by itself.

Not reported where the policy asks for the same metadata elsewhere, or only names fields that
are known without it.`,
		Bad: `package docker

default allow := false

allow if input.local

allow if object.get(input.image, "hasProvenance", false)

decision := {"allow": allow}
`,
		Good: `package docker

default allow := false

allow if input.local

allow if input.image.hasProvenance

decision := {"allow": allow}
`,
	}
}
