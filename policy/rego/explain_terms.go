package rego

import (
	"github.com/open-policy-agent/opa/v1/ast"
)

// constant tells whether a term is the same in every evaluation.
func constant(t *ast.Term) bool {
	found := false
	ast.WalkTerms(t, func(t *ast.Term) bool {
		switch t.Value.(type) {
		case ast.Var, ast.Ref, ast.Call, *ast.ArrayComprehension, *ast.SetComprehension, *ast.ObjectComprehension, *ast.TemplateString:
			found = true
		}
		return found
	})
	return !found
}

// value is what a term of the policy was in the evaluation, nil where it is
// undefined or not known.
func (s condition) value(t *ast.Term) *ast.Term {
	if constant(t) {
		return t
	}
	if t.Location != nil {
		if v := s.terms[positionOf(t.Location)]; v != nil {
			return v
		}
	}
	switch v := t.Value.(type) {
	case ast.Var:
		if local := s.locals[v]; local != nil {
			return local
		}
		return s.valueOf(ast.Ref{t})
	case ast.Ref:
		return s.valueOf(v)
	}
	return nil
}

// valueOf is the value of a reference.
func (s condition) valueOf(ref ast.Ref) *ast.Term {
	full, ok := s.resolve(ref)
	if !ok {
		return nil
	}
	switch head := full[0]; {
	case full.HasPrefix(ast.InputRootRef):
		if s.place.input != nil {
			return findIn(s.place.input.Value, full[1:])
		}
		return findIn(s.explainer.input, full[1:])
	case full.HasPrefix(ast.DefaultRootRef):
		for n := len(full); n > 1; n-- {
			if v := s.ruleValue(full[:n]); v != nil {
				return findIn(v.Value, full[n:])
			}
		}
		return nil
	case s.locals[varOf(head)] != nil:
		return findIn(s.locals[varOf(head)].Value, full[1:])
	}
	return nil
}

func varOf(t *ast.Term) ast.Var {
	v, _ := t.Value.(ast.Var)
	return v
}

func findIn(v ast.Value, path ast.Ref) *ast.Term {
	found, err := v.Find(path)
	if err != nil {
		return nil
	}
	return ast.NewTerm(found)
}

// resolve writes a reference as OPA does: what an import or the package gives
// is below input or data, and keys are values. It fails where a key has none.
func (s condition) resolve(ref ast.Ref) (ast.Ref, bool) {
	if len(ref) == 0 {
		return nil, false
	}
	head, _ := ref[0].Value.(ast.Var)
	out := ast.Ref{ref[0]}
	switch imported := s.imported(head); {
	case head == ast.InputRootDocument.Value || head == ast.DefaultRootDocument.Value || s.locals[head] != nil:
	case imported != nil:
		out = append(ast.Ref{}, imported...)
	case s.module != nil:
		out = append(append(ast.Ref{}, s.module.Package.Path...), ast.StringTerm(string(head)))
	}
	for _, part := range ref[1:] {
		if constant(part) {
			out = append(out, part)
			continue
		}
		value := s.value(part)
		if value == nil {
			return nil, false
		}
		out = append(out, value)
	}
	return out, true
}

// imported is what a name stands for by an import, nil where it is none.
func (s condition) imported(name ast.Var) ast.Ref {
	if s.module == nil {
		return nil
	}
	for _, i := range s.module.Imports {
		if i.Name() == name {
			if ref, ok := i.Path.Value.(ast.Ref); ok {
				return ref
			}
		}
	}
	return nil
}

// ruleValue is what the rules of a reference gave, nil where nothing.
func (x *explainer) ruleValue(ref ast.Ref) *ast.Term {
	var fallback *ast.Term
	var elements []*ast.Term
	isSet := false
	for _, r := range x.rulesOf(ref) {
		tr := x.t.trials[r]
		if tr == nil || len(r.Head.Args) > 0 || !r.Ref().Equal(ref) {
			continue
		}
		switch {
		case r.Head.RuleKind() == ast.MultiValue:
			isSet = true
			elements = append(elements, tr.given...)
		case len(tr.given) == 0:
		case r.Default:
			fallback = tr.given[0]
		default:
			return tr.given[0]
		}
	}
	if isSet {
		return ast.SetTerm(elements...)
	}
	return fallback
}

// inputPath is where below input a term is found, in whatever way it is named.
func (s condition) inputPath(t *ast.Term) ([]string, bool) {
	ref, ok := t.Value.(ast.Ref)
	if !ok {
		if _, isVar := t.Value.(ast.Var); !isVar {
			return nil, false
		}
		ref = ast.Ref{t}
	}
	full, ok := s.resolve(ref)
	if !ok {
		return nil, false
	}
	var path []string
	if local := s.locals[varOf(full[0])]; local != nil {
		// A variable or a parameter that is the very document of the source.
		whole, ok := s.explainer.input.(ast.Object)
		if !ok {
			return nil, false
		}
		if one := whole.Get(ast.StringTerm(s.doc.kind)); one != nil && one.Equal(local) {
			path = append(path, s.doc.kind)
		} else if local.Value.Compare(s.explainer.input) != 0 {
			return nil, false
		}
	} else if !full.HasPrefix(ast.InputRootRef) {
		return nil, false
	}
	for _, part := range full[1:] {
		if text, ok := part.Value.(ast.String); ok {
			path = append(path, string(text))
		} else {
			path = append(path, part.String())
		}
	}
	return path, true
}

// shown writes a value. Build args may be secrets: whole lists of them are not
// shown.
func (s condition) shown(t, value *ast.Term) string {
	if path, ok := s.inputPath(t); ok {
		if _, isObject := value.Value.(ast.Object); isObject && (len(path) == 0 || path[0] == "env") {
			return "an object"
		}
	}
	return s.showTerm(value)
}
