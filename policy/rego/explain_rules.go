package rego

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// decisionRef is what Buildx asks a policy for.
func decisionRef() ast.Ref { return ast.MustParseRef(query) }

// asWritten is a rule before OPA compiled it.
type asWritten struct {
	rule   *ast.Rule
	module *ast.Module
}

// sources finds the rules as they are written, by their place.
func sources(modules map[string]*ast.Module) map[string]asWritten {
	out := map[string]asWritten{}
	for _, m := range modules {
		for _, r := range m.Rules {
			for ; r != nil; r = r.Else {
				out[key(r.Location)] = asWritten{r, m}
			}
		}
	}
	return out
}

func key(at *ast.Location) string {
	if at == nil {
		return ""
	}
	return at.File + ":" + strconv.Itoa(at.Row) + ":" + strconv.Itoa(at.Col)
}

// at is a place as people read it.
func at(l *ast.Location) string {
	if l == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d", l.File, l.Row)
}

// byPlace orders rules by file and line: the files in the order they were given.
func (x *explainer) byPlace(a, b *ast.Rule) int {
	return x.comparePlaces(a.Location, b.Location)
}

func (x *explainer) comparePlaces(a, b *ast.Location) int {
	rank := func(l *ast.Location) int {
		for i, f := range x.p.files {
			if f.Name == l.File {
				return i
			}
		}
		return len(x.p.files)
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	if d := strings.Compare(a.File, b.File); d != 0 {
		return d
	}
	if d := a.Row - b.Row; d != 0 {
		return d
	}
	return a.Col - b.Col
}

// rulesOf are the rules that a reference names, with their else branches, in
// the order of their places.
func (x *explainer) rulesOf(ref ast.Ref) []*ast.Rule {
	var out []*ast.Rule
	for _, r := range x.p.compiler.GetRules(ref.ConstantPrefix()) {
		for ; r != nil; r = r.Else {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, x.byPlace)
	return slices.Compact(out)
}

// feed is where a field of the decision comes from.
type feed struct {
	rules []*ast.Rule
	// direct tells that the field is the value of the rules, and not computed
	// from them; at is where it is computed, term how, and in which rule.
	direct bool
	term   *ast.Term
	in     *ast.Rule
}

// feeds finds what a field of the decision gets its value from.
func (x *explainer) feeds(field string) feed {
	out := feed{direct: true}
	seen := map[*ast.Rule]bool{}
	var object func(r *ast.Rule, t *ast.Term)
	object = func(r *ast.Rule, t *ast.Term) {
		switch v := t.Value.(type) {
		case ast.Object:
			if item := v.Get(ast.StringTerm(field)); item != nil {
				out.term, out.in = item, r
				x.collect(r, item, &out)
			}
		case ast.Var:
			for _, source := range assigned(r.Body, v) {
				object(r, source)
			}
		case ast.Ref:
			for _, next := range x.rulesOf(v) {
				if !seen[next] && v.HasPrefix(ast.DefaultRootRef) && next.Head.Value != nil {
					seen[next] = true
					object(next, next.Head.Value)
				}
			}
		}
	}
	base := decisionRef()
	for _, r := range x.rulesOf(base) {
		if ref := r.Ref(); len(ref) > len(base) { // decision.allow if …
			if ref[len(base)].Value.Compare(ast.String(field)) == 0 {
				out.rules = append(out.rules, r)
			}
			continue
		}
		if r.Head.Value != nil {
			object(r, r.Head.Value)
		}
	}
	slices.SortFunc(out.rules, x.byPlace)
	out.rules = slices.Compact(out.rules)
	return out
}

// collect adds the rules that a term of a rule takes its value from.
func (x *explainer) collect(r *ast.Rule, t *ast.Term, out *feed) {
	switch v := t.Value.(type) {
	case ast.Var:
		found := assigned(r.Body, v)
		if len(found) > 1 {
			out.direct = false
		}
		for _, source := range found {
			x.collect(r, source, out)
		}
	case ast.Ref:
		if v.HasPrefix(ast.DefaultRootRef) {
			out.rules = append(out.rules, x.rulesOf(v)...)
		}
	default:
		out.direct = false
		out.rules = append(out.rules, x.mentionedBy(t)...)
	}
}

// mentionedBy are the rules that a part of a policy refers to.
func (x *explainer) mentionedBy(part any) []*ast.Rule {
	var out []*ast.Rule
	ast.WalkRefs(part, func(ref ast.Ref) bool {
		if ref.HasPrefix(ast.DefaultRootRef) {
			out = append(out, x.rulesOf(ref)...)
		}
		return false
	})
	return out
}

// assigned are the terms that a variable of a body gets its value from: the
// other side of an equation, or the arguments of a call.
func assigned(body ast.Body, v ast.Var) []*ast.Term {
	var out []*ast.Term
	for _, expr := range body {
		terms, ok := expr.Terms.([]*ast.Term)
		if !ok || len(terms) < 3 {
			continue
		}
		switch {
		case expr.IsEquality() && terms[1].Value.Compare(v) == 0:
			out = append(out, terms[2])
		case expr.IsEquality() && terms[2].Value.Compare(v) == 0:
			out = append(out, terms[1])
		case !expr.IsEquality() && terms[len(terms)-1].Value.Compare(v) == 0:
			// The function itself may be a rule.
			out = append(out, terms[:len(terms)-1]...)
		}
	}
	return out
}

// depths are the rules that a set of rules needs, with how many steps away they
// are.
func (x *explainer) depths(from []*ast.Rule) map[*ast.Rule]int {
	out := map[*ast.Rule]int{}
	for depth := 0; len(from) > 0; depth++ {
		var next []*ast.Rule
		for _, r := range from {
			if _, ok := out[r]; !ok {
				out[r] = depth
				next = append(next, x.mentionedBy(r.Body)...)
			}
		}
		from = next
	}
	return out
}
