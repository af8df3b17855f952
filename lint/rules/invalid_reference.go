package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

func invalidReference() *lint.Rule {
	return &lint.Rule{
		ID:       "invalid-reference",
		Summary:  "text that is no valid image reference",
		Severity: lint.Error,
		Doc: "A reference is `[registry/]name[:tag][@digest]`, the name in lower case, a sha256\n" +
			"digest with 64 hexadecimal digits. BuildKit refuses anything else, also in a stage\n" +
			"that is never built.",
		Bad:  "FROM alpine@sha256:abc123\n",
		Good: "FROM alpine@sha256:" + "beefdbd8a1da6d2915566fde36db9db0b524eb737fc57cd1367effd16dc0d06d\n",
		Check: func(p *lint.Pass) {
			undefined := inputsWith(p, dockerfile.UndefinedProblem)
			for _, problem := range p.Problems {
				if problem.Kind != dockerfile.ReferenceProblem || problem.Input < 0 || explained(p, problem.Input, undefined) {
					continue
				}
				in := &p.Inputs[problem.Input]
				help := referenceHelp(in.Value)
				if in.NearStage != "" && in.Instruction == "FROM" {
					help = "if you mean the stage, write `FROM " + in.NearStage + "`"
				}
				p.ReportInput(problem.Input, lint.Diagnostic{
					Message: fmt.Sprintf("%q is no valid image reference: %s", in.Value, in.Err),
					Help:    help,
				})
			}
		},
	}
}

// explained tells whether another rule gives the cause of what BuildKit says of
// an input: a variable without a value. undefined are the inputs that use one
// which nothing defines.
func explained(p *lint.Pass, input int, undefined map[int]bool) bool {
	if !p.Inputs[input].Unknown.IsZero() {
		return p.Active("unresolved-input")
	}
	return undefined[input] && p.Active("undefined-arg")
}

// inputsWith are the inputs that have problems of some kinds.
func inputsWith(p *lint.Pass, kinds ...dockerfile.ProblemKind) map[int]bool {
	inputs := map[int]bool{}
	for _, problem := range p.Problems {
		if problem.Input >= 0 && slices.Contains(kinds, problem.Kind) {
			inputs[problem.Input] = true
		}
	}
	return inputs
}

// referenceHelp names the commonest slips.
func referenceHelp(value string) string {
	name, digest, hasDigest := strings.Cut(value, "@")
	switch lower := strings.ToLower(value); {
	case hasDigest && !strings.Contains(digest, ":"):
		return "a digest names its algorithm: `" + name + "@sha256:<64 hexadecimal digits>`"
	case hasDigest && strings.HasPrefix(digest, "sha256:") && len(digest) != len("sha256:")+64:
		return fmt.Sprintf("a sha256 digest has 64 hexadecimal digits, this one %d: copy it again", len(digest)-len("sha256:"))
	case strings.HasSuffix(value, ":"):
		return "write a tag behind the colon, or drop it"
	case strings.Contains(value, "://"):
		return "a reference has no scheme: drop what stands before ://"
	case lower != value && !hasDigest:
		return "names are in lower case: `" + lower + "`"
	}
	return ""
}
