package rego

import (
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/imgpolicy/imgpolicy/policy"
)

// messagesBy finds the rules that deny messages come from. A message whose rule
// cannot be told is at the place where the decision takes its messages.
func (x *explainer) messagesBy(messages []string) []policy.Entry {
	from := x.feeds("deny_msg")
	roots := from.rules
	if from.in != nil {
		roots = append([]*ast.Rule{from.in}, roots...)
	}
	depths := x.depths(roots)
	if from.in != nil {
		depths[from.in] = -1
	}
	fallback := x.decisionEntry()
	if from.term != nil && from.term.Location != nil {
		fallback = entry(from.term.Location)
	} else if len(from.rules) > 0 {
		fallback = entry(from.rules[0].Location)
	}
	out := make([]policy.Entry, len(messages))
	for i, m := range messages {
		out[i] = fallback
		if r := x.producer(m, depths); r != nil {
			out[i] = entry(r.Location)
		}
	}
	return out
}

// producer is the rule that gave a message: the one farthest from the decision
// of those with the message as an element, since the others hand it on; else the
// nearest whose value has it.
func (x *explainer) producer(message string, depths map[*ast.Rule]int) *ast.Rule {
	wanted := hideDigest(message)
	var best *ast.Rule
	bestRank := 0
	for r, depth := range depths {
		t := x.t.trials[r]
		if t == nil || depth < 0 || len(r.Head.Args) > 0 {
			continue
		}
		rank := 0
		for _, given := range t.given {
			switch {
			case messageText(given) == wanted && r.Head.RuleKind() == ast.MultiValue:
				rank = 1_000_000 + depth
			case rank == 0 && messageText(given) != wanted && holds(given, wanted):
				rank = 500_000 - depth
			case rank == 0 && messageText(given) == wanted:
				rank = 1
			}
		}
		if rank > bestRank || rank == bestRank && rank > 0 && x.byPlace(r, best) < 0 {
			best, bestRank = r, rank
		}
	}
	return best
}

// messageText is a message as the decision has it, with the digest that is not known
// as it is shown.
func messageText(t *ast.Term) string {
	if s, ok := t.Value.(ast.String); ok {
		return hideDigest(string(s))
	}
	return "\x00"
}

// holds tells whether a list or a set has a message.
func holds(t *ast.Term, message string) bool {
	found := false
	visit := func(e *ast.Term) { found = found || messageText(e) == message }
	switch v := t.Value.(type) {
	case *ast.Array:
		v.Foreach(visit)
	case ast.Set:
		v.Foreach(visit)
	}
	return found
}

// entry is a place as decisions have it.
func entry(l *ast.Location) policy.Entry {
	return policy.Entry{File: l.File, Line: l.Row}
}

// decisionEntry is the rule that makes the decision.
func (x *explainer) decisionEntry() policy.Entry {
	for _, r := range x.rulesOf(decisionRef()) {
		return entry(r.Location)
	}
	return policy.Entry{File: x.p.name()}
}
