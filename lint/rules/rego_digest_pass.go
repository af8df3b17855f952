package rules

import "github.com/imgpolicy/imgpolicy/lint"

func regoDigestPass() *lint.Rule {
	return &lint.Rule{
		ID:       "rego-digest-pass",
		Summary:  "condition that fails when the image is asked about by digest",
		Severity: lint.Warning,
		Flaws:    true,
		Doc: `A build asks about every image with a tag twice: as ` + "`repo:tag`" + ` when it looks the image up, and as
` + "`repo:tag@sha256:…`" + ` when it loads it; both must be allowed. A comparison of the whole
` + "`input.image.ref`" + ` with a tag, or ` + "`not input.image.isCanonical`" + `, holds the first time only.

Reported where the policy, tried on such an image, allows the tag and denies any digest.`,
		Bad: `package docker

default allow := false

allow if input.local

allow if input.image.ref == "docker.io/library/alpine:3.20"

decision := {"allow": allow}
`,
		Good: `package docker

default allow := false

allow if input.local

allow if {
	input.image.fullRepo == "docker.io/library/alpine"
	input.image.tag == "3.20"
}

decision := {"allow": allow}
`,
	}
}
