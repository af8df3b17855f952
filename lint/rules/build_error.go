package rules

import (
	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

func buildError() *lint.Rule {
	return &lint.Rule{
		ID:       "build-error",
		Summary:  "instruction that BuildKit refuses to build",
		Severity: lint.Error,
		Doc: "The file can be read, and still BuildKit stops: a stage that copies from itself, a\n" +
			"`--target` that does not exist, a variable in `COPY --from`, a mount with a key it\n" +
			"does not know. The message is BuildKit's own.",
		Bad:  "FROM scratch AS a\nCOPY --from=a /x /y\n",
		Good: "FROM scratch AS a\nFROM scratch\nCOPY --from=a /x /y\n",
		Check: func(p *lint.Pass) {
			undefined := inputsWith(p, dockerfile.UndefinedProblem)
			for _, problem := range p.Problems {
				switch {
				case problem.Kind != dockerfile.BuildProblem:
				case problem.Input < 0:
					p.Report(lint.Diagnostic{Message: problem.Message, Span: problem.Span})
				case !explained(p, problem.Input, undefined):
					p.ReportInput(problem.Input, lint.Diagnostic{Message: problem.Message})
				}
			}
		},
	}
}
