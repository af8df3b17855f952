package rules

import (
	"fmt"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy"
)

func policyUnknown() *lint.Rule {
	return &lint.Rule{
		ID:       "policy-unknown",
		Summary:  "source that a policy cannot decide about with what is known",
		Severity: lint.Error,
		Doc: "A policy asks for something that only the registry, the server or the repository\n" +
			"knows: labels, provenance, signatures, the digest behind a tag, the commit behind a\n" +
			"branch. Nothing is fetched without `--resolve`, so the decision is open, and what is\n" +
			"open is not clean. `--unknown warning` or `--unknown ignore` says otherwise.\n\n" +
			"Buildx asks for a field even where the decision no longer depends on it; the\n" +
			"diagnostic names the fields it would ask for.",
		Bad:  "FROM alpine:3.20@sha256:" + exampleDigest + "\n",
		Good: "FROM scratch\n",
		Check: func(p *lint.Pass) {
			for i, decisions := range p.Decisions {
				for _, d := range decisions {
					if d.Outcome == policy.Unknown {
						reportUnknown(p, i, d)
					}
				}
			}
		},
	}
}

const exampleDigest = "beefdbd8a1da6d2915566fde36db9db0b524eb737fc57cd1367effd16dc0d06d"

func reportUnknown(p *lint.Pass, input int, d policy.Decision) {
	out := lint.Diagnostic{
		Message: fmt.Sprintf("%s cannot be judged offline: the policy needs %s", judged(p, input), strings.Join(d.Needs, ", ")),
		Notes:   append([]string(nil), d.Notes...),
		Help:    "`--resolve` looks it up",
	}
	if d.LookupErr != nil {
		out.Message = fmt.Sprintf("%s cannot be judged: the policy needs %s", judged(p, input), strings.Join(d.Needs, ", "))
		out.Help = ""
		out.Notes = append(out.Notes, "that was not found out: "+d.LookupErr.Error())
	}
	if d.By.File != "" {
		out.Policy = &lint.PolicyEntry{File: d.By.File, Line: d.By.Line, Text: d.By.Text}
	}
	p.ReportInput(input, out)
}

// judged is the source as people write it.
func judged(p *lint.Pass, input int) string {
	in := &p.Inputs[input]
	if img, ok := buildImage(in); ok || in.Instruction == "syntax" && img.Ref() != "" {
		return img.Short()
	}
	return in.Source.Identifier()
}
