package rego

import (
	"context"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/imgpolicy/imgpolicy/policy"
)

// maxWhy is how many ways to be allowed a decision tells of.
const maxWhy = 5

// explainer explains one evaluation.
type explainer struct {
	p       *Policy
	doc     *document
	fields  map[string]any // the input
	input   ast.Value      // the same
	t       *tracer
	sources map[string]asWritten
	secrets []string // never shown
}

// explainer evaluates the policy about a source again, with a trace.
func (p *Policy) explainer(ctx context.Context, r policy.Request) (*explainer, error) {
	doc, err := p.newDocument(r)
	if err != nil {
		return nil, err
	}
	fields := doc.value(envDocument(r.Env, false))
	input, err := ast.InterfaceToValue(fields)
	if err != nil {
		return nil, err
	}
	return &explainer{
		p: p, doc: doc, fields: fields, input: input, t: p.trace(ctx, doc, input),
		sources: sources(p.compiler.ParsedModules()), secrets: secretArgs(r.Env.Args),
	}, nil
}

// explainDenial adds to a denial which rules it comes from. A denial that cannot
// be explained is still one, so that there is no error.
func (p *Policy) explainDenial(ctx context.Context, d *policy.Decision, r policy.Request) {
	x, err := p.explainer(ctx, r)
	if err != nil {
		return
	}
	if len(d.Messages) > 0 {
		d.MessagesBy = x.messagesBy(d.Messages)
		d.By = d.MessagesBy[0]
		return
	}
	d.By, d.Why = x.why()
}

// reason is why one rule did not allow.
type reason struct {
	at      *ast.Location // of the condition
	rule    *ast.Location
	text    string
	passed  int  // conditions before it that held
	foreign bool // the rule is about another kind of source
}

// why tells what kept each rule that could allow from doing so, the nearest to
// success first, and the place of that rule, or of the default.
func (x *explainer) why() (policy.Entry, []string) {
	from := x.feeds("allow")
	if len(from.rules) == 0 && from.term == nil {
		e := x.decisionEntry()
		return e, []string{at(&ast.Location{File: e.File, Row: e.Line}) + ": the decision says nothing of allow"}
	}
	if !from.direct || len(from.rules) == 0 {
		return x.computed(from)
	}
	reasons, foreigners := x.reasons(from.rules)
	by := x.defaultEntry(from.rules)
	if len(reasons) == 0 {
		if foreigners > 0 {
			return by, []string{at(&ast.Location{File: by.File, Row: by.Line}) + ": no rule is about input." + x.doc.kind + ": the source is " + kindNames[x.doc.kind]}
		}
		return by, nil
	}
	var out []string
	for _, r := range reasons[:min(len(reasons), maxWhy)] {
		out = append(out, at(r.at)+": "+r.text)
	}
	return entry(reasons[0].rule), out
}

// reasons are those of the rules that are about this kind of source, and how
// many others there are.
func (x *explainer) reasons(rules []*ast.Rule) (out []reason, foreigners int) {
	for _, rule := range rules {
		r, ok := x.reason(rule)
		switch {
		case !ok:
		case r.foreign:
			foreigners++
		default:
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b reason) int {
		if d := b.passed - a.passed; d != 0 {
			return d
		}
		return x.comparePlaces(a.at, b.at)
	})
	return out, foreigners
}

// reason is why one rule did not allow; false for a default, and for a rule
// that is not what denied.
func (x *explainer) reason(rule *ast.Rule) (reason, bool) {
	t := x.t.trials[rule]
	if rule.Default || t == nil {
		return reason{}, false
	}
	r := reason{at: rule.Location, rule: rule.Location}
	switch {
	case len(t.given) > 0:
		if !t.given[0].Equal(ast.BooleanTerm(false)) {
			return reason{}, false
		}
		r.text, r.passed = x.givesFalse(rule, *t.gave), len(rule.Body)
	case t.failed == nil:
		r.text = "the rule does not apply"
	default:
		r.at, r.text, r.passed = x.where(t.failed), x.phrase(t.failed, 0), x.passed(t.failed)
		r.foreign = t.failed.foreign || foreign(positive(rule.Body), x.doc.kind)
	}
	return r, true
}

// positive are the conditions that ask for something to be there.
func positive(body ast.Body) ast.Body {
	var out ast.Body
	for _, expr := range body {
		if !expr.Negated {
			out = append(out, expr)
		}
	}
	return out
}

// passed counts the conditions as written that held before a failure.
func (x *explainer) passed(f *failure) int {
	seen := map[string]bool{}
	for _, expr := range f.rule.Body[:f.index] {
		g := *f
		g.expr = expr
		seen[key(x.where(&g))] = true
	}
	delete(seen, key(x.where(f)))
	return len(seen)
}

// givesFalse explains a rule that held and says no.
func (x *explainer) givesFalse(rule *ast.Rule, gave place) string {
	source, ok := x.sources[key(rule.Location)]
	if !ok || source.rule.Head.Value == nil || constant(source.rule.Head.Value) {
		return "the rule sets " + rule.Head.Ref().String() + " to false"
	}
	return condition{x, gave, source.module, nil, 0}.phrase(asExpr(source.rule.Head.Value))
}

// computed explains an allow that the decision computes from rules.
func (x *explainer) computed(from feed) (policy.Entry, []string) {
	if from.in == nil || x.t.trials[from.in] == nil || x.t.trials[from.in].gave == nil {
		return x.decisionEntry(), nil
	}
	source, ok := x.sources[key(from.in.Location)]
	if !ok {
		return x.decisionEntry(), nil
	}
	var term *ast.Term
	ast.WalkTerms(source.rule, func(t *ast.Term) bool {
		if o, ok := t.Value.(ast.Object); ok && term == nil {
			term = o.Get(ast.StringTerm("allow"))
		}
		return term != nil
	})
	if term == nil || term.Location == nil {
		return x.decisionEntry(), nil
	}
	text := "the decision sets allow to " + written(term)
	if !constant(term) {
		text = condition{x, *x.t.trials[from.in].gave, source.module, nil, 0}.phrase(asExpr(term))
	}
	return entry(term.Location), []string{at(term.Location) + ": " + text}
}

// defaultEntry is the default of rules, or their first.
func (x *explainer) defaultEntry(rules []*ast.Rule) policy.Entry {
	for _, r := range rules {
		if r.Default {
			return entry(r.Location)
		}
	}
	return entry(rules[0].Location)
}
