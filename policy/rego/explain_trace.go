package rego

import (
	"context"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// maxEvents bounds what a trace takes of time and memory. What comes later is
// not explained, so that the same policy is always explained the same way.
const maxEvents = 200_000

// maxGiven bounds the values kept of one rule.
const maxGiven = 100

// trial is what became of one rule in an evaluation, all its tries together.
type trial struct {
	rule   *ast.Rule   // compiled
	given  []*ast.Term // the distinct values or, for sets, elements it gave
	gave   *place      // at its first exit
	failed *failure    // the try that got furthest
}

// place is what was known at a point of the evaluation of a rule.
type place struct {
	input  *ast.Term             // other than the source's below `with`
	locals map[ast.Var]*ast.Term // by their names as written
	terms  map[position]*ast.Term
}

// position is where a term stands in its rule's file, with its text: a call of
// an operator starts where its first operand does. OPA evaluates parts of an
// expression on their own; their values are found again by it.
type position struct {
	row, col int
	text     string
}

func positionOf(l *ast.Location) position { return position{l.Row, l.Col, string(l.Text)} }

// failure is where a rule's body stopped.
type failure struct {
	place
	rule  *ast.Rule
	expr  *ast.Expr // compiled
	index int       // of expr in the compiled body
	times int       // that it failed at it in one try
	// cause is the failure of a rule that expr depends on, below the rules that
	// held there instead.
	cause *failure
	below []*ast.Rule
	// foreign tells that what failed is about another kind of source.
	foreign bool
	// varied are the local variables that had other values in other tries.
	varied map[ast.Var]bool
}

// frame is one query of the evaluation.
type frame struct {
	rule   *ast.Rule // nil for a comprehension, a negation and the like
	parent *frame
	failed *failure
	// cause and below are what happened in rules since the last expression.
	cause *failure
	below []*ast.Rule
}

// tracer follows an evaluation. It keeps what explanations need and no event.
type tracer struct {
	kind      string              // of the source
	rewritten map[ast.Var]ast.Var // names of local variables as written
	stop      func()
	events    int
	trials    map[*ast.Rule]*trial
	frames    map[uint64]*frame
}

// Enabled implements topdown.QueryTracer.
func (*tracer) Enabled() bool { return true }

// Config implements topdown.QueryTracer. Variables are looked up where they are
// needed: most events need none.
func (*tracer) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent implements topdown.QueryTracer.
func (t *tracer) TraceEvent(e topdown.Event) {
	if t.events++; t.events > maxEvents {
		t.stop()
		return
	}
	switch node := e.Node.(type) {
	case *ast.Rule:
		t.ruleEvent(e, node)
	case *ast.Expr:
		f := t.frames[e.QueryID]
		switch {
		case f == nil:
			if e.Op == topdown.EnterOp { // every
				t.enter(e, nil)
			}
		case e.Op == topdown.EvalOp:
			f.cause, f.below = nil, nil
		case e.Op == topdown.FailOp && f.rule != nil:
			t.fail(e, f, node)
		}
	default:
		if e.Op == topdown.EnterOp {
			t.enter(e, nil)
		}
	}
}

func (t *tracer) enter(e topdown.Event, rule *ast.Rule) {
	t.frames[e.QueryID] = &frame{rule: rule, parent: t.frames[e.ParentID]}
}

func (t *tracer) ruleEvent(e topdown.Event, rule *ast.Rule) {
	switch e.Op {
	case topdown.EnterOp:
		t.enter(e, rule)
		if t.trials[rule] == nil {
			t.trials[rule] = &trial{rule: rule}
		}
	case topdown.ExitOp:
		t.exit(e, rule)
	}
}

// exit records what a rule gave.
func (t *tracer) exit(e topdown.Event, rule *ast.Rule) {
	tr, f := t.trials[rule], t.frames[e.QueryID]
	if tr == nil || f == nil {
		return
	}
	f.eachParent(func(p *frame) {
		if len(p.below) < maxGiven {
			p.below = append(p.below, rule)
		}
	})
	if tr.gave == nil {
		at := t.look(e, rule, len(rule.Body))
		tr.gave = &at
	}
	head := rule.Head.Value
	if rule.Head.RuleKind() == ast.MultiValue {
		head = rule.Head.Key
	}
	if head == nil || len(tr.given) >= maxGiven {
		return
	}
	value := e.Plug(head)
	for _, old := range tr.given {
		if old.Equal(value) {
			return
		}
	}
	tr.given = append(tr.given, value)
}

// eachParent calls f for the query that a frame's rule was needed in, and for
// those around it that are part of the same rule.
func (f *frame) eachParent(visit func(*frame)) {
	for p := f.parent; p != nil; p = p.parent {
		visit(p)
		if p.rule != nil {
			return
		}
	}
}

// fail records where a rule's body stopped, where that is the furthest so far.
func (t *tracer) fail(e topdown.Event, f *frame, expr *ast.Expr) {
	if old := f.failed; old != nil && old.index >= expr.Index {
		if old.index == expr.Index && old.times < maxGiven {
			old.times++
			old.vary(t.look(e, f.rule, expr.Index))
		}
		return
	}
	failed := &failure{
		place: t.look(e, f.rule, expr.Index), rule: f.rule, expr: expr, index: expr.Index, times: 1,
		cause: f.cause, below: f.below, varied: map[ast.Var]bool{},
	}
	failed.foreign = !expr.Negated && foreign(expr, t.kind) || f.cause != nil && f.cause.foreign
	f.failed = failed
	f.eachParent(func(p *frame) { p.cause = further(p.cause, failed) })
	if tr := t.trials[f.rule]; tr != nil {
		tr.failed = further(tr.failed, failed)
	}
}

// vary notes which local variables differ from an earlier try.
func (f *failure) vary(other place) {
	for name, value := range f.locals {
		if now := other.locals[name]; now == nil || !now.Equal(value) {
			f.varied[name] = true
		}
	}
}

// trace evaluates the policy once more with every rule tried, and tells what
// happened until it ended or was stopped.
func (p *Policy) trace(ctx context.Context, doc *document, input ast.Value) *tracer {
	ctx, cancel := p.limited(ctx)
	defer cancel()
	t := &tracer{
		kind: doc.kind, rewritten: p.compiler.RewrittenVars, stop: cancel,
		trials: map[*ast.Rule]*trial{}, frames: map[uint64]*frame{},
	}
	ev := &evaluation{policy: p, doc: doc, asked: map[string]bool{}, pins: map[string]bool{}}
	if whole, ok := input.(ast.Object); ok {
		if one := whole.Get(ast.StringTerm(doc.kind)); one != nil {
			ev.object = one.Value
		}
	}
	ctx = evaluationContext(ctx, ev)
	ended, err := boundedFor(ctx, p, func() (bool, error) {
		// An error is that of the decision, which is known by now.
		_, _ = p.eval.Eval(ctx, rego.EvalParsedInput(input), rego.EvalQueryTracer(t),
			rego.EvalRuleIndexing(false), rego.EvalEarlyExit(false))
		return true, nil
	})
	if !ended || err != nil {
		return &tracer{kind: t.kind, rewritten: t.rewritten} // t is still being written to
	}
	return t
}
