package rules

import (
	"fmt"

	"github.com/imgpolicy/imgpolicy/lint"
)

func staleLock() *lint.Rule {
	const entry = `    {
      "identifier": "docker-image://docker.io/library/alpine:%s",
      "digest": "` + examplePin + `",
      "resolvedAt": "2026-03-31T12:00:00Z",
      "source": "the registry"
    }`
	example := func(tag string) string {
		return "-- Dockerfile --\nFROM alpine:3.20@" + examplePin + "\n" +
			"-- imgpolicy.lock --\n{\n  \"version\": 1,\n  \"entries\": [\n" + fmt.Sprintf(entry, tag) + "\n  ]\n}\n"
	}
	return &lint.Rule{
		ID:       "stale-lock",
		Summary:  "entry of imgpolicy.lock that nothing uses",
		Severity: lint.Warning,
		Doc: "An entry that no Dockerfile needs any more is a digest that nobody looks at, and\n" +
			"the first to be believed when its tag comes back. `imgpolicy lock` removes it.\n\n" +
			"It is reported where a run looks at everything that the lock is for: the directory\n" +
			"it stands in, without flags that change what is built, and with every input known.",
		Bad:  example("3.19"),
		Good: example("3.20"),
		CheckLock: func(p *lint.LockPass) {
			for _, e := range p.Unused {
				p.Report(lint.Diagnostic{
					Span: e.Span, Message: "nothing uses " + e.Name,
					Help: "`imgpolicy lock` removes it",
				})
			}
		},
	}
}
