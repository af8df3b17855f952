package rules

import (
	"fmt"

	"github.com/imgpolicy/imgpolicy/lint"
)

func latestTag() *lint.Rule {
	return &lint.Rule{
		ID:               "latest-tag",
		Summary:          "image with the tag latest, written or implied",
		Severity:         lint.Warning,
		SecuritySeverity: "4.0",
		Doc: `The tag ` + "`latest`" + ` is whatever was pushed last, and an image without a tag means
the same. Name the release you have tested.

This rule is for those who do without digests: it speaks only where
` + "`unpinned-image`" + ` is switched off, and never of an image with a digest.`,
		Bad:  "FROM alpine\n",
		Good: "FROM alpine:3.20\n",
		Check: func(p *lint.Pass) {
			if p.Active("unpinned-image") {
				return
			}
			for i := range p.Inputs {
				img, ok := buildImage(&p.Inputs[i])
				if !ok || img.Pinned() || img.Tag() != "latest" {
					continue
				}
				message := fmt.Sprintf("image %s follows the tag latest", img.Short())
				if img.TagImplied() {
					message = fmt.Sprintf("image %s has no tag, which means %s", img.ShortName(), img.Short())
				}
				p.ReportInput(i, lint.Diagnostic{Message: message, Help: fmt.Sprintf("name a release: `%s:<tag>`", img.ShortName())})
			}
		},
	}
}
