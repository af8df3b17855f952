package rego

import (
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// tries says that a condition failed for more than one value of its variables.
func (s condition) tries() string {
	if s.failed == nil || s.failed.times < 2 {
		return ""
	}
	return fmt.Sprintf(" in each of %d tries", s.failed.times)
}

// varies tells whether a term had other values in other tries.
func (s condition) varies(t *ast.Term) bool {
	if s.failed == nil {
		return false
	}
	found := false
	ast.WalkVars(t, func(v ast.Var) bool {
		found = found || s.failed.varied[v]
		return found
	})
	return found
}

// values lists the terms that are not constant, with their values.
func (s condition) values(terms []*ast.Term) string {
	var out []string
	for _, t := range terms {
		if constant(t) || s.varies(t) {
			continue
		}
		if path, ok := s.inputPath(t); ok && len(path) < 2 {
			continue // the whole document tells nothing
		}
		if value := s.value(t); value != nil {
			out = append(out, written(t)+" is "+s.shown(t, value))
			continue
		}
		for _, inner := range operands(t) {
			if text := s.values([]*ast.Term{inner}); text != "" {
				out = append(out, strings.TrimPrefix(text, ": "))
			}
		}
	}
	if len(out) == 0 {
		return ""
	}
	return ": " + strings.Join(out, ", ")
}
