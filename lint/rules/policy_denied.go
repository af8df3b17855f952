package rules

import (
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy"
)

func policyDenied() *lint.Rule {
	return &lint.Rule{
		ID:               "policy-denied",
		Summary:          "source that a policy does not allow",
		Severity:         lint.Error,
		SecuritySeverity: "8.0",
		Doc: "A policy in force says no: a `--policy` file, the lists or `policies` of a config, or\n" +
			"the `Dockerfile.rego` beside the Dockerfile. The diagnostic names the entry that decided, with its\n" +
			"file and line. With several policies all must allow.",
		Bad:  "FROM docker:27@sha256:" + "beefdbd8a1da6d2915566fde36db9db0b524eb737fc57cd1367effd16dc0d06d\n",
		Good: "FROM alpine:3.20@sha256:" + "beefdbd8a1da6d2915566fde36db9db0b524eb737fc57cd1367effd16dc0d06d\n",
		Check: func(p *lint.Pass) {
			reportLocalDenials(p)
			for i, decisions := range p.Decisions {
				for _, d := range decisions {
					if d.Outcome == policy.Deny {
						reportDenial(p, i, d)
					}
				}
			}
		},
	}
}

// reportLocalDenials reports once for the file that a policy lets no build read
// its own directory: the commonest slip of a first build policy.
func reportLocalDenials(p *lint.Pass) {
	reported := map[string]bool{}
	for _, l := range p.LocalDecisions {
		d := l.Decision
		if d.Outcome != policy.Deny || reported[d.By.File] {
			continue
		}
		reported[d.By.File] = true
		message := "the policy denies local://" + l.Name + ", which every build reads"
		if len(d.Messages) > 0 {
			message += ": " + strings.Join(d.Messages, "; ")
		}
		p.Report(lint.Diagnostic{
			Message: message, Span: firstInstruction(p), Whole: true, Notes: slices.Concat(d.Why, d.Notes),
			Policy: &lint.PolicyEntry{File: d.By.File, Line: d.By.Line, Text: d.By.Text},
			Denial: &lint.Denial{Source: "local://" + l.Name, Messages: d.Messages},
			Help:   "write `allow if input.local` in the policy",
		})
	}
}

func reportDenial(p *lint.Pass, input int, d policy.Decision) {
	messages := d.Messages
	if len(messages) == 0 {
		messages = []string{judged(p, input) + " is denied by the build policy"}
	}
	for i, message := range messages {
		by := d.By
		if i < len(d.MessagesBy) {
			by = d.MessagesBy[i]
		}
		out := lint.Diagnostic{Message: message, Help: d.Help, Notes: slices.Concat(d.Why, d.Notes)}
		out.Denial = denial(&p.Inputs[input], d)
		if by.File != "" {
			out.Policy = &lint.PolicyEntry{File: by.File, Line: by.Line, Text: by.Text}
		}
		p.ReportInput(input, out)
	}
}

// denial tells what a build would be told. Only images have a name beside their
// identifier there, and the frontend has none: no instruction names it.
func denial(in *dockerfile.Input, d policy.Decision) *lint.Denial {
	out := &lint.Denial{Source: in.Source.Identifier(), Messages: d.Messages}
	if in.Kind == source.KindImage && in.Instruction != "syntax" {
		out.Name = in.Value
	}
	return out
}
