package rego

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// Explanation tells how a policy came to its answer about one source, in one
// pass. Its texts have no credentials, and long values are cut, but control
// characters of the policy and the source are as they were.
type Explanation struct {
	// Outcome is what Check answers: allow, deny, unknown, convert, or error
	// where that returns one.
	Outcome  string    `json:"outcome"`
	Messages []Message `json:"messages"`
	// Why says for a denial what kept the policy from allowing the source, as
	// policy.Decision has it.
	Why []string `json:"why"`
	// Rules are the rules of the user's modules that were tried, by file and
	// line; what the decision does not need is not tried.
	Rules []RuleTrace `json:"rules"`
	// Printed are the lines of print, in order.
	Printed []string `json:"printed"`
}

// Message is a deny message and the rule it comes from.
type Message struct {
	Text string `json:"text"`
	File string `json:"file"`
	Line int    `json:"line"`
}

// RuleTrace is what became of one rule.
type RuleTrace struct {
	Name    string `json:"name"` // with its package where that is not docker
	File    string `json:"file"`
	Line    int    `json:"line"`
	Default bool   `json:"default"`
	// Outcome is true, false or undefined; a rule with another value is true.
	Outcome string `json:"outcome"`
	// Value is what the rule gave, as JSON, "" where Outcome says it all.
	Value string `json:"value"`
	// Failed is where a rule without a value stopped, of all its tries the one
	// that got furthest.
	Failed *Failed `json:"failed"`
}

// Failed is a condition that did not hold.
type Failed struct {
	Line   int    `json:"line"`
	Text   string `json:"text"`   // as written
	Reason string `json:"reason"` // in words
	// Values are those of the input in the condition, in its order.
	Values []Value `json:"values"`
}

// Value is a part of the input, as the policy names it.
type Value struct {
	Ref   string `json:"ref"`
	Value string `json:"value"` // as JSON; "undefined" without quotes where it has none
}

// Explain answers as Check does, and tells how the policy came to it. The error
// is Check's; the explanation goes as far as the evaluation did.
func (p *Policy) Explain(ctx context.Context, r policy.Request) (Explanation, error) {
	out := Explanation{Outcome: "error", Messages: []Message{}, Why: []string{}, Rules: []RuleTrace{}, Printed: []string{}}
	c, err := p.Check(ctx, r)
	for _, line := range c.Printed {
		out.Printed = append(out.Printed, source.Redact(hideDigest(line)))
	}
	x, failed := p.explainer(ctx, r)
	if failed == nil {
		out.Rules = x.rules()
	}
	if err != nil || failed != nil {
		return out, err
	}
	out.Outcome = c.Outcome.String()
	for i, by := range x.messagesBy(c.Messages) {
		out.Messages = append(out.Messages, Message{source.Redact(hideDigest(c.Messages[i])), by.File, by.Line})
	}
	if c.Outcome == policy.Deny {
		if _, why := x.why(); why != nil {
			out.Why = why
		}
	}
	return out, nil
}

// rules are the user's rules that were tried.
func (x *explainer) rules() []RuleTrace {
	var tried []*ast.Rule
	for r := range x.t.trials {
		if r.Location != nil && r.Location.File != helperName {
			tried = append(tried, r)
		}
	}
	slices.SortFunc(tried, x.byPlace)
	out := make([]RuleTrace, len(tried))
	for i, r := range tried {
		out[i] = x.ruleTrace(r, x.t.trials[r])
	}
	return out
}

func (x *explainer) ruleTrace(r *ast.Rule, t *trial) RuleTrace {
	out := RuleTrace{
		Name: strings.TrimPrefix(strings.TrimPrefix(r.Ref().GroundPrefix().String(), "data."), "docker."),
		File: r.Location.File, Line: r.Location.Row, Default: r.Default, Outcome: "undefined",
	}
	switch {
	case len(t.given) > 0:
		out.Outcome = "true"
		value := t.given[0]
		if r.Head.RuleKind() == ast.MultiValue {
			value = ast.SetTerm(t.given...)
		} else if len(r.Head.Args) > 0 && len(t.given) > 1 {
			return out // it depends on the arguments
		}
		if value.Equal(ast.BooleanTerm(false)) {
			out.Outcome = "false"
		} else if !value.Equal(ast.BooleanTerm(true)) {
			out.Value = x.showTerm(value)
		}
	case t.failed != nil:
		out.Failed = x.failedTrace(t.failed)
	}
	return out
}

func (x *explainer) failedTrace(f *failure) *Failed {
	out := &Failed{Line: x.where(f).Row, Reason: x.phrase(f, 0), Text: written(f.expr), Values: []Value{}}
	expr, module := x.condition(f)
	if expr == nil {
		return out
	}
	out.Text = written(expr)
	s := condition{x, f.place, module, f, 0}
	seen := map[string]bool{}
	ast.WalkTerms(expr, func(t *ast.Term) bool {
		ref, ok := t.Value.(ast.Ref)
		if !ok || seen[ref.String()] || !s.fromInput(t) {
			return false
		}
		seen[ref.String()] = true
		value := Value{Ref: written(t), Value: "undefined"}
		if v := s.value(t); v != nil {
			value.Value = s.shown(t, v)
		}
		out.Values = append(out.Values, value)
		return false
	})
	return out
}

// Text is the explanation for people, in lines.
func (e Explanation) Text() string {
	var b strings.Builder
	for _, r := range e.Rules {
		name := r.Name
		if r.Default {
			name = "default " + name
		}
		value := r.Outcome
		if r.Value != "" {
			value = r.Value
		}
		fmt.Fprintf(&b, "%s:%d: %s is %s\n", r.File, r.Line, name, value)
		if f := r.Failed; f != nil {
			fmt.Fprintf(&b, "  %d: %s\n", f.Line, f.Reason)
		}
	}
	for _, line := range e.Printed {
		fmt.Fprintf(&b, "print: %s\n", line)
	}
	for _, m := range e.Messages {
		fmt.Fprintf(&b, "%s:%d: message: %s\n", m.File, m.Line, m.Text)
	}
	for _, w := range e.Why {
		fmt.Fprintf(&b, "why: %s\n", w)
	}
	fmt.Fprintf(&b, "outcome: %s\n", e.Outcome)
	return b.String()
}
