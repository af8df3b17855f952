package rules

import (
	"fmt"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

func movedTag() *lint.Rule {
	return &lint.Rule{
		ID:       "moved-tag",
		Summary:  "tag that stands for something else than it is pinned to",
		Severity: lint.Info,
		Doc: "Found only with `--resolve`. What is built does not change, since the digest counts:\n" +
			"there is a newer image under the tag, and with it perhaps the fixes you want.\n\n" +
			"A git ref that moved is another matter: BuildKit refuses one whose commit is not\n" +
			"its checksum, so the next build fails.",
		Bad:  "FROM alpine:3.20@" + examplePin + "\n",
		Good: "FROM alpine@" + examplePin + "\n",
		Check: func(p *lint.Pass) {
			for i, now := range p.Upstream {
				if src := p.Inputs[i].Source; now.Digest != "" && src != nil && !now.Gone {
					checkMoved(p, i, now)
				}
			}
		},
	}
}

func checkMoved(p *lint.Pass, index int, now lint.Upstream) {
	in := &p.Inputs[index]
	name, pin := source.Unpin(in.Source)
	if name == "" || pin == "" || pin == now.Digest || in.Platform != "" && pin == now.Platforms[in.Platform] {
		return
	}
	d := lint.Diagnostic{}
	d.Help, d.Fixes = takeToday(p, index, pin, now)
	d.Help = "to follow it, " + d.Help
	switch src := in.Source.(type) {
	case source.Image:
		d.Message = fmt.Sprintf("%s has the digest %s today, and is pinned to %s", pinnedName(src), short(now.Digest), short(pin))
	case source.Git:
		d.Message = fmt.Sprintf("%s is at the commit %s today, not at %s: the build fails", pinnedName(src), short(now.Digest), short(pin))
	default:
		return // a download has no tag
	}
	p.ReportInput(index, d)
}
