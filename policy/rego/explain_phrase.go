package rego

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// maxDepth is how far an explanation goes down into the rules that a rule needs.
const maxDepth = 4

// condition is where an expression is explained: a rule as written, with the values
// known there.
type condition struct {
	*explainer
	place
	module *ast.Module
	failed *failure // nil where the rule held
	depth  int
}

// phrase says what a failure is, without its place.
func (x *explainer) phrase(f *failure, depth int) string {
	expr, module := x.condition(f)
	if expr == nil {
		return written(f.expr) + " does not hold"
	}
	return condition{x, f.place, module, f, depth}.phrase(expr)
}

func (s condition) phrase(expr *ast.Expr) string {
	if expr.Negated {
		return s.negated(expr)
	}
	if gone := s.undefinedIn(expr); gone != nil {
		return s.undefined(gone, expr)
	}
	switch terms := expr.Terms.(type) {
	case *ast.SomeDecl:
		return s.some(expr, terms)
	case *ast.Every:
		return written(expr) + " is false" + s.values([]*ast.Term{terms.Domain})
	case *ast.Term:
		return written(expr) + " is false" + s.because(terms)
	case []*ast.Term:
		if text := s.shape(terms); text != "" {
			return text
		}
		if why := callFails(terms[0].String()); why != "" {
			return written(expr) + " does not hold" + why
		}
		return written(expr) + s.verdict(terms) + s.tries() + s.values(terms[1:])
	}
	return written(expr) + " does not hold"
}

// verdict is how a call or a comparison failed: what has a part whose value is
// not known may be false or undefined.
func (s condition) verdict(terms []*ast.Term) string {
	if s.isCall(terms) || slices.ContainsFunc(terms[1:], func(t *ast.Term) bool { return s.value(t) == nil }) {
		return " does not hold"
	}
	return " is false"
}

// shape says in words what does not hold of a value, "" where the condition is
// better shown as it is written.
func (s condition) shape(terms []*ast.Term) string {
	subject, object, words := 1, 2, ""
	switch terms[0].String() {
	case ast.Member.Name:
		words = ", not in "
	case ast.StartsWith.Name:
		words = ", which does not start with "
	case ast.EndsWith.Name:
		words = ", which does not end with "
	case ast.Contains.Name:
		words = ", which does not contain "
	case ast.RegexMatch.Name:
		subject, object, words = 2, 1, ", which does not match "
	case ast.GlobMatch.Name:
		subject, object, words = 3, 1, ", which does not match "
	}
	if words == "" || max(subject, object) >= len(terms) {
		return ""
	}
	a, b := terms[subject], terms[object]
	value := s.value(a)
	if value == nil || constant(a) || s.varies(a) || s.varies(b) {
		return ""
	}
	out := written(a) + " is " + s.shown(a, value) + words + written(b)
	if other := s.value(b); other != nil && !constant(b) {
		out += " " + s.shown(b, other)
	}
	return out
}

// negated explains a condition that fails because what it negates holds.
func (s condition) negated(expr *ast.Expr) string {
	out := written(expr) + " is false"
	if len(expr.With) > 0 {
		return out
	}
	switch terms := expr.Terms.(type) {
	case *ast.Term:
		out += s.values([]*ast.Term{terms})
	case []*ast.Term:
		out += s.tries() + s.values(terms[1:])
	}
	if r := s.held(expr); r != nil {
		out += " (" + at(r.Location) + ")"
	}
	return out
}

// held is the rule that makes a negated condition true, nil where none does or
// it is not known.
func (s condition) held(expr *ast.Expr) *ast.Rule {
	if s.failed != nil {
		for _, r := range s.failed.below {
			if !r.Default {
				return r
			}
		}
	}
	for _, t := range operands(expr) {
		ref, ok := t.Value.(ast.Ref)
		if v, isVar := t.Value.(ast.Var); isVar {
			ref, ok = ast.Ref{t}, s.locals[v] == nil
		}
		if full, resolved := s.resolve(ref); ok && resolved && full.HasPrefix(ast.DefaultRootRef) {
			for _, r := range s.rulesOf(full) {
				if tr := s.t.trials[r]; tr != nil && !r.Default && len(tr.given) > 0 {
					return r
				}
			}
		}
	}
	return nil
}

// some explains an iteration that finds nothing.
func (s condition) some(expr *ast.Expr, decl *ast.SomeDecl) string {
	out := written(expr) + " finds nothing"
	if len(decl.Symbols) != 1 {
		return out
	}
	if call, ok := decl.Symbols[0].Value.(ast.Call); ok {
		out += s.values(call[len(call)-1:])
	}
	return out
}

// undefined explains a term without a value.
func (s condition) undefined(t *ast.Term, expr *ast.Expr) string {
	out := written(t) + " is undefined" + neverEqual(t, expr)
	if path, ok := s.inputPath(t); ok {
		if why := s.whyUndefined(path); why != "" {
			out += ": " + why
		}
		return out
	}
	if because := s.because(t); because != "" {
		return out + because
	}
	if ref, ok := t.Value.(ast.Ref); ok {
		if head := s.valueOf(ref[:1]); head != nil {
			return out + ": " + written(ref[0]) + " is " + s.shown(ref[0], head)
		}
	}
	if call, ok := t.Value.(ast.Call); ok {
		return out + callFails(call[0].String()) + s.values(call[1:])
	}
	return out
}

// neverEqual says what a comparison of an absent field with an empty value
// would need: Buildx leaves out what is empty.
func neverEqual(t *ast.Term, expr *ast.Expr) string {
	terms, ok := expr.Terms.([]*ast.Term)
	if !ok || len(terms) != 3 || terms[0].String() != ast.Equal.Name {
		return ""
	}
	for i, other := range []*ast.Term{terms[2], terms[1]} {
		if terms[i+1].Equal(t) && (other.Equal(ast.BooleanTerm(false)) || other.Equal(ast.StringTerm(""))) {
			return fmt.Sprintf(", not %s", other)
		}
	}
	return ""
}

// because explains a reference to a rule, or a call of one, by what failed in
// that rule.
func (s condition) because(t *ast.Term) string {
	cause := s.cause(t)
	if cause == nil || s.depth >= maxDepth {
		return ""
	}
	inner := s.explainer.phrase(cause, s.depth+1)
	if strings.HasSuffix(inner, ")") && cause.cause != nil {
		return ": " + inner // it tells the place further down
	}
	return ": " + inner + " (" + at(s.where(cause)) + ")"
}

// callFails says why a function of Buildx has no value, where that is known.
func callFails(name string) string {
	switch name {
	case "load_json":
		return ": the file cannot be read below the context directory, or is no JSON"
	case "verify_git_signature", "verify_http_pgp_signature":
		return ": the signature does not hold, or the key cannot be read"
	case "pin_image":
		return ": it needs input.image and a digest"
	case "artifact_attestation", "github_attestation":
		return ": no valid attestation was found"
	}
	return ""
}
