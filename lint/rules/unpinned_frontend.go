package rules

import (
	"fmt"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

func unpinnedFrontend() *lint.Rule {
	return &lint.Rule{
		ID:               "unpinned-frontend",
		Summary:          "`# syntax=` frontend without a digest",
		Severity:         lint.Warning,
		SecuritySeverity: "5.0",
		Unpinned:         true,
		Doc: "The image named by `# syntax=` reads the Dockerfile and decides what the build\n" +
			"does: it is a program that runs in every build. A tag lets its registry replace\n" +
			"that program. Pin it, or drop the line: without it the builder's own frontend\n" +
			"is used.\n\nA frontend given by the build arg `BUILDKIT_SYNTAX` is judged in its place.",
		Bad: "# syntax=docker/dockerfile:1\nFROM scratch\n",
		Good: "# syntax=docker/dockerfile:1@sha256:" +
			"4c68376a702446fc3c79af22de146a148bc3367e73c25a5803d453b6b3f722fb\nFROM scratch\n",
		Check: func(p *lint.Pass) {
			for i := range p.Inputs {
				in := &p.Inputs[i]
				img, ok := in.Source.(source.Image)
				if !ok || in.Instruction != "syntax" || img.Pinned() {
					continue
				}
				digest, _ := digestOf(p, i)
				p.ReportInput(i, lint.Diagnostic{
					Message: fmt.Sprintf("frontend %s has no digest: whoever moves the tag runs code in this build", img.Short()),
					Help:    fmt.Sprintf("write `# syntax=%s`%s", withDigest(in.Value, img, digest), howToInspect(p, i, img)),
					Fixes:   pinImage(p, i, img),
				})
			}
		},
	}
}
