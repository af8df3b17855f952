package rules

import (
	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

func undefinedArg() *lint.Rule {
	return &lint.Rule{
		ID:       "undefined-arg",
		Summary:  "variable that nothing defines",
		Severity: lint.Error,
		Doc: "A variable that nothing defines expands to nothing, silently: `FROM alpine:$VERION`\n" +
			"becomes `alpine:`, a URL loses its version. `FROM` sees only ARGs from before the\n" +
			"first FROM; a stage sees its own ARGs and ENVs, and those of the stages it starts\n" +
			"from.\n\nFound in `FROM`, `--platform`, defaults of ARGs before the first FROM, and in stages\n" +
			"that start from `scratch`. Elsewhere the base image may set the variable, and\n" +
			"`unresolved-input` speaks. `${NAME:-default}` and its kin are fine.",
		Bad:  "FROM scratch\nADD --checksum=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 https://example.com/tool-$VERSION.tgz /\n",
		Good: "FROM scratch\nARG VERSION=1.4\nADD --checksum=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 https://example.com/tool-$VERSION.tgz /\n",
		Check: func(p *lint.Pass) {
			for _, problem := range p.Problems {
				switch {
				case problem.Kind != dockerfile.UndefinedProblem:
				case problem.Input < 0:
					p.Report(lint.Diagnostic{Message: problem.Message, Span: problem.Span})
				default:
					p.ReportInput(problem.Input, lint.Diagnostic{Message: problem.Message, Span: problem.Span})
				}
			}
		},
	}
}
