package rules

import (
	"fmt"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

func unpinnedImage() *lint.Rule {
	return &lint.Rule{
		ID:               "unpinned-image",
		Summary:          "image reference without a digest",
		Severity:         lint.Error,
		SecuritySeverity: "5.5",
		Unpinned:         true,
		Doc: `A tag is a name that its registry can point at another image tomorrow; a digest
is the image itself. Without one, two builds of the same commit may not be the
same, and whoever can push the tag decides what you ship.

Write the digest behind the tag: ` + "`node:20@sha256:…`" + `. The build then uses the
digest, and the tag tells people and update tools which line it follows.

Images of ` + "`FROM`, `COPY --from` and `RUN --mount=from`" + ` are judged after variables
are expanded. Stages of the file and ` + "`scratch`" + ` are no images; frontends have their
own rule, ` + "`unpinned-frontend`" + `.`,
		Bad: "FROM alpine:3.20\n",
		Good: "FROM alpine:3.20@sha256:" +
			"beefdbd8a1da6d2915566fde36db9db0b524eb737fc57cd1367effd16dc0d06d\n",
		Check: func(p *lint.Pass) {
			for i := range p.Inputs {
				if img, ok := buildImage(&p.Inputs[i]); ok && !img.Pinned() {
					p.ReportInput(i, lint.Diagnostic{Message: unpinnedMessage(img), Help: pinHelp(p, i, img), Fixes: pinImage(p, i, img)})
				}
			}
		},
	}
}

// buildImage is the image an input fetches, frontends apart.
func buildImage(in *dockerfile.Input) (source.Image, bool) {
	img, ok := in.Source.(source.Image)
	return img, ok && in.Instruction != "syntax"
}

func unpinnedMessage(img source.Image) string {
	switch {
	case img.TagImplied():
		return fmt.Sprintf("image %s has no digest, and no tag either: it means %s", img.ShortName(), img.Short())
	case img.Tag() == "latest":
		return fmt.Sprintf("image %s has no digest, and latest moves with every release", img.Short())
	default:
		return fmt.Sprintf("image %s has no digest", img.Short())
	}
}

// pinHelp says what to write and, where nobody knows the digest, how to find it.
func pinHelp(p *lint.Pass, index int, img source.Image) string {
	if copied, from := copyOf(p, index); copied != "" {
		return "write `" + copied + "` (" + from + ")"
	}
	in := &p.Inputs[index]
	digest, known := digestOf(p, index)
	inspect := howToInspect(p, index, img)
	if in.Context != "" {
		return fmt.Sprintf("pin it where the build context %s is given: `--build-context %s=docker-image://%s@%s`%s",
			in.Context, in.Context, img.Short(), digest, inspect)
	}
	if in.NearStage != "" {
		return fmt.Sprintf("if you mean the stage, write `from=%s`; if you mean the image, write `%s`%s",
			in.NearStage, withDigest(in.Word, img, digest), inspect)
	}
	if v, ok := soleVariable(in); ok {
		return fmt.Sprintf("put the digest where %s gets its value: `%s@%s`%s", v.Name, img.Short(), digest, inspect)
	}
	if v, ok := tagVariable(p, in, img); ok && known {
		return fmt.Sprintf("put the digest where %s gets its value: `%s@%s`%s", v.Name, v.Value, digest, inspect)
	}
	return fmt.Sprintf("write `%s`%s", withDigest(in.Word, img, digest), inspect)
}

// soleVariable is the variable that a word consists of, where that is all.
func soleVariable(in *dockerfile.Input) (dockerfile.Variable, bool) {
	word := strings.Trim(in.Word, `"'`)
	for _, v := range in.Variables {
		if word == "$"+v.Name || word == "${"+v.Name+"}" {
			return v, true
		}
	}
	return dockerfile.Variable{}, false
}

// withDigest is a word with a digest behind its tag. A word that leaves the tag
// to chance gets it written out.
func withDigest(word string, img source.Image, digest string) string {
	if img.TagImplied() {
		digest = ":latest@" + digest
	} else {
		digest = "@" + digest
	}
	if inner, quoted := unquoted(word); quoted {
		return word[:1] + inner + digest + word[:1]
	}
	return word + digest
}
