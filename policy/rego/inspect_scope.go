package rego

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// anyKey stands in a field's path for a key that is no text: an index, or a
// variable.
const anyKey = "[]"

// field is a place in the input document: image, labels, team. terms are the
// keys as written; those of an alias are nil.
type field struct {
	keys  []string
	terms []*ast.Term
}

func (f field) path() string { return strings.Join(f.keys, ".") }

// String is the field as it is written in a policy.
func (f field) String() string {
	ref := ast.Ref{ast.VarTerm("input")}
	for _, k := range f.keys {
		ref = append(ref, ast.StringTerm(k))
	}
	return strings.ReplaceAll(ref.String(), `["`+anyKey+`"]`, "[_]")
}

func inputField(base *field, keys []*ast.Term) field {
	var f field
	if base != nil {
		f.keys = append(f.keys, base.keys...)
		f.terms = make([]*ast.Term, len(base.keys))
	}
	for _, t := range keys {
		key := anyKey
		if s, ok := t.Value.(ast.String); ok {
			key = string(s)
		}
		f.keys = append(f.keys, key)
		f.terms = append(f.terms, t)
	}
	return f
}

// scope is one rule with what its names mean.
type scope struct {
	*inspector
	module *module
	rule   *ast.Rule
	// values are the terms that variables are set to, nil for more than one or
	// none that is known; members are the collections they run through.
	values, members map[string]*ast.Term
}

// eachScope calls f for every rule, until time is up.
func (in *inspector) eachScope(f func(*scope)) {
	for _, m := range in.modules {
		for _, r := range m.ast.Rules {
			if in.ctx.Err() != nil {
				return
			}
			f(in.newScope(m, r))
		}
	}
}

func (in *inspector) newScope(m *module, r *ast.Rule) *scope {
	s := &scope{inspector: in, module: m, rule: r, values: map[string]*ast.Term{}, members: map[string]*ast.Term{}}
	for _, arg := range r.Head.Args {
		ast.WalkVars(arg, func(v ast.Var) bool { s.values[string(v)] = nil; return false })
	}
	ast.WalkExprs(r, func(e *ast.Expr) bool {
		switch {
		case e.IsSome():
			s.declare(e.Terms.(*ast.SomeDecl))
		case e.IsEvery():
			every := e.Terms.(*ast.Every)
			s.set(every.Value, nil, every.Domain)
			s.set(every.Key, nil, nil)
		case e.IsAssignment():
			s.set(e.Operand(0), e.Operand(1), nil)
		}
		return false
	})
	return s
}

// declare takes in `some x, y` and `some x in list`.
func (s *scope) declare(d *ast.SomeDecl) {
	for _, symbol := range d.Symbols {
		call, ok := symbol.Value.(ast.Call)
		switch {
		case !ok:
			s.set(symbol, nil, nil)
		case len(call) == 3:
			s.set(call[1], nil, call[2])
		case len(call) == 4:
			s.set(call[1], nil, nil)
			s.set(call[2], nil, call[3])
		}
	}
}

func (s *scope) set(variable, value, domain *ast.Term) {
	if variable == nil {
		return
	}
	v, ok := variable.Value.(ast.Var)
	if !ok {
		ast.WalkVars(variable, func(v ast.Var) bool { s.values[string(v)] = nil; return false })
		return
	}
	name := string(v)
	if _, again := s.values[name]; again {
		value, domain = nil, nil
	}
	s.values[name], s.members[name] = value, domain
}

// field is the input field that a term names, through imports, variables and
// rules that only give it another name.
func (s *scope) field(t *ast.Term) (field, bool) { return s.fieldWithin(t, 4) }

func (s *scope) fieldWithin(t *ast.Term, depth int) (field, bool) {
	if t == nil || depth == 0 {
		return field{}, false
	}
	var keys ast.Ref
	head, ok := t.Value.(ast.Var)
	if ref, isRef := t.Value.(ast.Ref); isRef && len(ref) > 0 {
		keys = ref[1:]
		head, ok = ref[0].Value.(ast.Var)
	}
	if !ok {
		return field{}, false
	}
	if head == "input" {
		return inputField(nil, keys), true
	}
	name := string(head)
	value, local := s.values[name]
	if !local {
		if base, ok := s.module.aliases[name]; ok {
			return inputField(&base, keys), true
		}
		value = s.constant(name)
	}
	if value == nil {
		return field{}, false
	}
	base, ok := s.fieldWithin(value, depth-1)
	return inputField(&base, keys), ok
}

// constant is the value of the rule of a name in the module's package, where it
// has just one.
func (s *scope) constant(name string) *ast.Term {
	rules := s.rules[s.module.pkg][name]
	if len(rules) != 1 || !isConstant(rules[0]) {
		return nil
	}
	return rules[0].Head.Value
}

// literals are the texts and other plain values that a term may stand for: its
// own, those of the collection it runs through or is. It is empty where any is
// not known.
func (s *scope) literals(t *ast.Term) []*ast.Term {
	switch v := t.Value.(type) {
	case ast.String, ast.Boolean, ast.Null, ast.Number:
		return []*ast.Term{t}
	case ast.Var:
		value, local := s.values[string(v)]
		if members := s.members[string(v)]; members != nil {
			return s.elements(members)
		}
		if !local {
			value = s.constant(string(v))
		}
		if value != nil && value != t {
			if _, again := value.Value.(ast.Var); !again {
				return s.literals(value)
			}
		}
	}
	return nil
}

// elements are the plain values in a collection.
func (s *scope) elements(t *ast.Term) []*ast.Term {
	if v, ok := t.Value.(ast.Var); ok {
		value, local := s.values[string(v)]
		if !local {
			value = s.constant(string(v))
		}
		if value == nil {
			return nil
		}
		t = value
	}
	var out []*ast.Term
	take := func(e *ast.Term) {
		if _, ok := e.Value.(ast.String); ok {
			out = append(out, e)
		}
	}
	switch v := t.Value.(type) {
	case *ast.Array:
		v.Foreach(take)
	case ast.Set:
		v.Foreach(take)
	}
	return out
}

// moduleOf is the module that a term of this scope is written in: a constant may
// come from another file of the policy.
func (s *scope) moduleOf(t *ast.Term) *module {
	for _, m := range s.modules {
		if t.Location != nil && m.file.Name == t.Location.File {
			return m
		}
	}
	return s.module
}
