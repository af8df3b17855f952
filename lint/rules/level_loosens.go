package rules

import "github.com/imgpolicy/imgpolicy/lint"

func levelLoosens() *lint.Rule {
	return &lint.Rule{
		ID:       "level-loosens",
		Summary:  "setting of a level that is weaker than that of a higher one",
		Severity: lint.Warning,
		Flaws:    true,
		Configs:  true,
		Doc: `A level can only tighten what a higher one says: of each limit the strictest is in force. A weaker setting does
nothing, and whoever wrote it may believe it does.`,
		Bad: `-- org/.imgpolicy.yaml --
level: organization
min-scanners: 3
-- .imgpolicy.yaml --
extends: org/.imgpolicy.yaml
level: project
min-scanners: 2
-- Dockerfile --
FROM scratch
`,
		Good: `-- org/.imgpolicy.yaml --
level: organization
min-scanners: 2
-- .imgpolicy.yaml --
extends: org/.imgpolicy.yaml
level: project
min-scanners: 3
-- Dockerfile --
FROM scratch
`,
	}
}
