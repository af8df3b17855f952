package rules

import (
	"cmp"
	"fmt"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

func digestGone() *lint.Rule {
	return &lint.Rule{
		ID:       "digest-gone",
		Summary:  "digest that is there no more",
		Severity: lint.Error,
		Doc: "Found only with `--resolve`. Registries delete images that no tag names any more,\n" +
			"and a pin to one of them builds only as long as some cache still has it.",
		Bad:  "FROM alpine:3.20@" + examplePin + "\n",
		Good: "FROM alpine:3.20@sha256:1111111111111111111111111111111111111111111111111111111111111111\n",
		Check: func(p *lint.Pass) {
			for i, now := range p.Upstream {
				if now.Gone && p.Inputs[i].Source != nil {
					p.ReportInput(i, gone(p, i, now))
				}
			}
		},
	}
}

func gone(p *lint.Pass, index int, now lint.Upstream) lint.Diagnostic {
	in := &p.Inputs[index]
	_, pin := source.Unpin(in.Source)
	d := lint.Diagnostic{
		Message: fmt.Sprintf("%s is pinned to %s, which %s has no more", pinnedName(in.Source), short(pin), cmp.Or(now.From, "its server")),
	}
	if now.Digest != "" {
		d.Help, d.Fixes = takeToday(p, index, pin, now)
		d.Help = "what the name stands for today: " + d.Help
	}
	return d
}
