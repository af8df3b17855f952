package rego

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// further is the failure that was nearer to success, a where they are equal.
func further(a, b *failure) *failure {
	switch {
	case a == nil:
		return b
	case a.foreign != b.foreign:
		if a.foreign {
			return b
		}
		return a
	case b.index > a.index:
		return b
	}
	return a
}

// foreign tells whether a part of a rule is about other kinds of source only.
func foreign(x any, kind string) bool {
	other, own := false, false
	ast.WalkRefs(x, func(ref ast.Ref) bool {
		if len(ref) > 1 && ref.HasPrefix(ast.InputRootRef) {
			name, _ := ref[1].Value.(ast.String)
			_, known := kindNames[string(name)]
			own = own || string(name) == kind
			other = other || known && string(name) != kind
		}
		return false
	})
	return other && !own
}

// look collects the values known in a rule before its expression at end.
func (t *tracer) look(e topdown.Event, rule *ast.Rule, end int) place {
	at := place{input: e.Input(), locals: map[ast.Var]*ast.Term{}, terms: map[position]*ast.Term{}}
	local := func(term *ast.Term) bool {
		if v, ok := term.Value.(ast.Var); ok {
			if name, ok := t.rewritten[v]; ok && at.locals[name] == nil {
				if value := e.Plug(term); value.IsGround() {
					at.locals[name] = value
				}
			}
		}
		return false
	}
	ast.WalkTerms(rule.Head.Args, local)
	for i, expr := range rule.Body[:min(end+1, len(rule.Body))] {
		ast.WalkTerms(expr, local)
		if out := output(expr); i < end && out != nil && expr.Location != nil {
			if value := e.Plug(out); value.IsGround() {
				at.terms[positionOf(expr.Location)] = value
			}
		}
	}
	return at
}

// output is the variable that a generated expression computes, nil for others.
func output(expr *ast.Expr) *ast.Term {
	terms, ok := expr.Terms.([]*ast.Term)
	if !ok || !expr.Generated || len(terms) < 2 {
		return nil
	}
	out := terms[len(terms)-1]
	if expr.IsEquality() {
		out = terms[1]
	}
	if _, ok := out.Value.(ast.Var); !ok {
		return nil
	}
	return out
}
