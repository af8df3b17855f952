package rego

import (
	"strings"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
)

// call is a function call or comparison, with what stands around it.
type call struct {
	name    string
	args    []*ast.Term
	loc     *ast.Location
	negated bool
	// body is where it is a condition of its own; nil for a call within a term.
	body ast.Body
	expr *ast.Expr
}

// calls are the calls of a rule. What is judged with another input by `with` is
// left out.
func (s *scope) calls() []call {
	var out []call
	ast.WalkBodies(s.rule, func(b ast.Body) bool {
		for _, e := range b {
			if e.IsCall() && len(e.With) == 0 {
				out = append(out, call{e.Operator().String(), e.Operands(), e.Location, e.Negated, b, e})
			}
		}
		return false
	})
	s.walkTerms(func(t *ast.Term) {
		if c, ok := t.Value.(ast.Call); ok && len(c) > 1 {
			out = append(out, call{name: c[0].String(), args: c[1:], loc: t.Location})
		}
	})
	return out
}

// walkTerms calls f for the terms of the rule, those under `with` left out.
func (s *scope) walkTerms(f func(*ast.Term)) {
	visitor := ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.Expr:
			return len(x.With) > 0
		case *ast.Term:
			f(x)
		}
		return false
	})
	visitor.Walk(s.rule)
}

// The operators of comparisons.
const (
	opEqual  = "equal"
	opUnify  = "eq"
	opNot    = "neq"
	opMember = "internal.member_2"
)

// comparison is a field compared with plain values.
type comparison struct {
	field  field
	term   *ast.Term // the field as written
	op     string
	values []*ast.Term
}

func (s *scope) comparison(c call) (comparison, bool) {
	if len(c.args) != 2 {
		return comparison{}, false
	}
	left, right := c.args[0], c.args[1]
	f, ok := s.field(left)
	switch c.name {
	case opMember:
		return comparison{f, left, c.name, s.elements(right)}, ok
	case opEqual, opUnify, opNot:
		if !ok {
			left, right = right, left
			f, ok = s.field(left)
		}
		if !ok {
			return comparison{}, false
		}
		return comparison{f, left, c.name, s.literals(right)}, true
	}
	return comparison{}, false
}

// collectUse records which fields the rule names and which it tests for
// presence.
func (s *scope) collectUse() {
	s.walkTerms(func(t *ast.Term) {
		if _, ok := t.Value.(ast.Ref); !ok {
			return
		}
		if f, ok := s.field(t); ok {
			for n := 1; n <= len(f.keys); n++ {
				prefix := strings.Join(f.keys[:n], ".")
				if s.used[prefix] == nil {
					s.used[prefix] = t
				}
			}
		}
	})
	ast.WalkExprs(s.rule, func(e *ast.Expr) bool {
		if t, ok := e.Terms.(*ast.Term); ok {
			if f, ok := s.field(t); ok {
				s.tested[f.path()] = true
			}
		}
		return false
	})
}

// mentions tells whether anything in x names a field or what is below it.
func (s *scope) mentions(x any, path string) bool {
	found := false
	ast.WalkTerms(x, func(t *ast.Term) bool {
		if f, ok := s.field(t); ok {
			p := f.path()
			found = found || p == path || strings.HasPrefix(p, path+".")
		}
		return found
	})
	return found
}

// guarded tells whether another condition of the body holds only where a field
// is there.
func (s *scope) guarded(c call, path string) bool {
	for _, e := range c.body {
		if e != c.expr && !e.Negated && s.mentions(e, path) {
			return true
		}
	}
	return false
}

// maxShown is how many characters of an expression a message quotes.
const maxShown = 80

// shown is a text of the policy in one line, shortened where it is very long.
func shown(loc *ast.Location) string {
	text := strings.Join(strings.Fields(string(loc.Text)), " ")
	if utf8.RuneCountInString(text) > maxShown {
		text = string([]rune(text)[:maxShown]) + "…"
	}
	return text
}

// plain is the expression of a call without a `not` in front.
func (c call) plain() string {
	if c.negated {
		return strings.TrimSpace(strings.TrimPrefix(shown(c.loc), "not "))
	}
	return shown(c.loc)
}

// text is the string that a term is.
func text(t *ast.Term) (string, bool) {
	s, ok := t.Value.(ast.String)
	return string(s), ok
}
