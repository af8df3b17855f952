package rules

import (
	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

func parseError() *lint.Rule {
	return &lint.Rule{
		ID:        "parse-error",
		Summary:   "text that BuildKit cannot read as a Dockerfile",
		Severity:  lint.Error,
		Mandatory: true,
		Doc: "BuildKit refuses the whole file for one instruction it cannot read, whatever the\n" +
			"target. Every such instruction is reported, and the inputs of the others are\n" +
			"checked all the same. This rule cannot be disabled: what could not be read is not\n" +
			"clean.",
		Bad:  "FROM scratch\nCOPPY a /b\n",
		Good: "FROM scratch\nCOPY a /b\n",
		Check: func(p *lint.Pass) {
			for _, problem := range p.Problems {
				if problem.Kind == dockerfile.ParseProblem {
					p.Report(lint.Diagnostic{Message: problem.Message, Span: problem.Span, Notes: otherFrontend(p)})
				}
			}
		},
	}
}

// otherFrontend says that a frontend of its own may read what docker/dockerfile
// cannot.
func otherFrontend(p *lint.Pass) []string {
	for i := range p.Inputs {
		if in := &p.Inputs[i]; in.Instruction == "syntax" && len(in.Notes) > 0 {
			return []string{"the frontend " + in.Value + " may read this; imgpolicy reads files as docker/dockerfile does"}
		}
	}
	return nil
}
