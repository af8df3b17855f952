package rules

import (
	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

func policyError() *lint.Rule {
	return &lint.Rule{
		ID:        "policy-error",
		Summary:   "policy that fails instead of deciding",
		Severity:  lint.Error,
		Mandatory: true,
		Doc: "The policy loads, and then has no answer: its decision is undefined or of the wrong\n" +
			"type, rules contradict each other, or it takes too long or too much memory. Buildx\n" +
			"fails the build with the same words. The run ends with exit code 2, since what was\n" +
			"asked was not judged; all other diagnostics are printed as usual.\n\n" +
			"`--timeout` and `--memory-limit` are the limits; Buildx has none. The heap of the whole\n" +
			"program is looked at every 10 ms while a policy is evaluated: what one call of a builtin\n" +
			"takes at once is not caught, such as `concat` of very long texts, nor memory that is\n" +
			"not on the heap. Where policies are from strangers, let the container have a limit, too.",
		Bad:  "FROM alpine:3.20@sha256:" + exampleDigest + "\n",
		Good: "FROM scratch\n",
		Check: func(p *lint.Pass) {
			for _, e := range p.PolicyErrors {
				d := lint.Diagnostic{
					Message: "the policy fails: " + e.Err.Error(),
					Policy:  &lint.PolicyEntry{File: e.Err.By.File, Line: e.Err.By.Line, Text: e.Err.By.Text},
				}
				if e.Input >= 0 {
					p.ReportInput(e.Input, d)
					continue
				}
				d.Span, d.Whole = firstInstruction(p), true
				if e.Err.Whole {
					d.Notes = []string{"Buildx asks every policy what it can do before it asks about any source: no build gets through"}
				}
				p.Report(d)
			}
		},
	}
}

// firstInstruction is where to point for what concerns the whole build.
func firstInstruction(p *lint.Pass) dockerfile.Span {
	for i := range p.Inputs {
		if !p.Inputs[i].Span.Empty() {
			line := p.File.LineOf(p.Inputs[i].Span.Start)
			return p.File.Lines.Span(line)
		}
	}
	return p.File.Lines.Span(1)
}
