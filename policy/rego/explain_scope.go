package rego

import (
	"github.com/open-policy-agent/opa/v1/ast"
)

// condition finds the condition of a rule as written that a failure is of, and
// the module it stands in; nil for a rule that no module has.
func (x *explainer) condition(f *failure) (*ast.Expr, *ast.Module) {
	source, ok := x.sources[key(f.rule.Location)]
	if !ok || f.expr.Location == nil {
		return nil, nil
	}
	rule := source.rule
	head := rule.Head.Value
	if rule.Head.RuleKind() == ast.MultiValue || head == nil {
		head = rule.Head.Key
	}
	var found *ast.Expr
	for _, expr := range rule.Body {
		if expr.Location == nil || !before(f.expr.Location, expr.Location) {
			found = expr
		}
	}
	if head != nil && head.Location != nil && (found == nil || onlyTrue(rule.Body)) {
		return asExpr(head), source.module
	}
	return found, source.module
}

// where is the place of a failure.
func (x *explainer) where(f *failure) *ast.Location {
	if expr, _ := x.condition(f); expr != nil && expr.Location != nil {
		return expr.Location
	}
	return f.rule.Location
}

func before(a, b *ast.Location) bool {
	return a.Row < b.Row || a.Row == b.Row && a.Col < b.Col
}

// onlyTrue tells whether a body is the one of a rule that has none.
func onlyTrue(body ast.Body) bool {
	if len(body) != 1 {
		return false
	}
	t, ok := body[0].Terms.(*ast.Term)
	return ok && t.Equal(ast.BooleanTerm(true))
}

// asExpr is a term as a condition.
func asExpr(t *ast.Term) *ast.Expr {
	if call, ok := t.Value.(ast.Call); ok {
		return &ast.Expr{Terms: []*ast.Term(call), Location: t.Location}
	}
	return &ast.Expr{Terms: t, Location: t.Location}
}

// operands are the terms a condition is about.
func operands(part any) []*ast.Term {
	switch v := part.(type) {
	case *ast.Expr:
		switch terms := v.Terms.(type) {
		case *ast.Term:
			return []*ast.Term{terms}
		case []*ast.Term:
			return terms[1:]
		case *ast.Every:
			return []*ast.Term{terms.Domain}
		case *ast.SomeDecl:
			if len(terms.Symbols) == 1 {
				if call, ok := terms.Symbols[0].Value.(ast.Call); ok {
					return call[len(call)-1:]
				}
			}
		}
	case *ast.Term:
		if call, ok := v.Value.(ast.Call); ok {
			return call[1:]
		}
	}
	return nil
}

// undefinedIn finds the part of a condition that has no value, nil where all
// have one.
func (s condition) undefinedIn(expr *ast.Expr) *ast.Term {
	if s.failed != nil && output(s.failed.expr) != nil {
		if t := termAt(expr, s.failed.expr.Location); t != nil {
			return t
		}
	}
	var find func(terms []*ast.Term) *ast.Term
	find = func(terms []*ast.Term) *ast.Term {
		for _, t := range terms {
			if s.value(t) != nil {
				continue
			}
			if inner := find(operands(t)); inner != nil {
				return inner
			}
			if ref, ok := t.Value.(ast.Ref); ok && (s.fromInput(t) || s.isRule(ref)) {
				return t
			}
		}
		return nil
	}
	if t := find(operands(expr)); t != nil {
		return t
	}
	// A call of a rule is no builtin: it is undefined where no body holds.
	if terms, ok := expr.Terms.([]*ast.Term); ok && s.failed != nil && s.failed.cause != nil && s.isCall(terms) {
		return &ast.Term{Value: ast.Call(terms), Location: expr.Location}
	}
	if t, ok := expr.Terms.(*ast.Term); ok && s.value(t) == nil {
		return t
	}
	return nil
}

func (s condition) fromInput(t *ast.Term) bool {
	_, ok := s.inputPath(t)
	return ok
}

func (s condition) isRule(ref ast.Ref) bool {
	full, ok := s.resolve(ref)
	return ok && full.HasPrefix(ast.DefaultRootRef) && len(s.rulesOf(full)) > 0
}

// isCall tells whether terms call a rule.
func (s condition) isCall(terms []*ast.Term) bool {
	ref, ok := terms[0].Value.(ast.Ref)
	return ok && s.isRule(ref)
}

// cause is what failed in the rules that a term refers to or calls.
func (s condition) cause(t *ast.Term) *failure {
	if s.failed != nil && s.failed.cause != nil {
		return s.failed.cause
	}
	ref, ok := t.Value.(ast.Ref)
	if !ok {
		return nil
	}
	full, ok := s.resolve(ref)
	if !ok || !full.HasPrefix(ast.DefaultRootRef) {
		return nil
	}
	// A rule's value is computed once: other rules may have asked for it first.
	var best *failure
	for _, r := range s.rulesOf(full) {
		if tr := s.t.trials[r]; tr != nil && tr.failed != nil && len(r.Head.Args) == 0 {
			best = further(best, tr.failed)
		}
	}
	if best == s.failed {
		return nil
	}
	return best
}

// termAt finds the outermost term that stands at a place.
func termAt(expr *ast.Expr, l *ast.Location) *ast.Term {
	var found *ast.Term
	for _, t := range operands(expr) {
		ast.WalkTerms(t, func(t *ast.Term) bool {
			if found == nil && t.Location != nil && positionOf(t.Location) == positionOf(l) {
				found = t
			}
			return found != nil
		})
	}
	return found
}
