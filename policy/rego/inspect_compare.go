package rego

import (
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/imgpolicy/imgpolicy/policy"
)

// findAbsentComparison finds comparisons that are undefined where they are
// meant to hold, because Buildx leaves out what is empty.
func (s *scope) findAbsentComparison(c call) {
	cmp, ok := s.comparison(c)
	if !ok || c.body == nil || len(cmp.values) != 1 || cmp.op == opMember || len(cmp.field.keys) < 2 {
		return
	}
	n, at := schema().find(cmp.field.keys)
	if at < len(cmp.field.keys) || strings.Contains(cmp.field.path(), anyKey) {
		return
	}
	empty := isEmpty(cmp.values[0])
	switch {
	case cmp.op != opNot && empty && !n.kept && !n.open:
		s.report(s.module, c.loc, s.neverEmpty(c, cmp))
	case cmp.op == opNot && !empty && !n.always && !s.handlesAbsence(c, cmp.field.path()):
		s.report(s.module, c.loc, s.differsAbsent(c, cmp))
	}
}

// isEmpty tells whether a value is one that is left out.
func isEmpty(t *ast.Term) bool {
	switch v := t.Value.(type) {
	case ast.Boolean:
		return !bool(v)
	case ast.String:
		return v == ""
	case ast.Null:
		return true
	}
	return false
}

// handlesAbsence tells whether the policy shows that it knows of the field's
// absence: it tests its presence, or another condition of the body needs it.
func (s *scope) handlesAbsence(c call, path string) bool {
	return s.tested[path] || s.guarded(c, path)
}

func (s *scope) neverEmpty(c call, cmp comparison) policy.Flaw {
	f := policy.Flaw{
		Rule:    "rego-absent-comparison",
		Message: fmt.Sprintf("%s never holds: Buildx leaves %s out of the input where it is empty or false", c.plain(), cmp.field),
		Help:    fmt.Sprintf("write `not %s`", shown(cmp.term.Location)),
	}
	if c.negated {
		f.Help = fmt.Sprintf("write `%s`", shown(cmp.term.Location))
		f.Notes = []string{"under `not` the condition always holds"}
		return f
	}
	f.Notes = s.otherKinds(c, cmp.field)
	return f
}

func (s *scope) differsAbsent(c call, cmp comparison) policy.Flaw {
	equal := fmt.Sprintf("%s == %s", shown(cmp.term.Location), shown(cmp.values[0].Location))
	f := policy.Flaw{
		Rule:    "rego-absent-comparison",
		Message: fmt.Sprintf("%s does not hold where %s is absent: the comparison is undefined then, not true", c.plain(), cmp.field),
		Help:    fmt.Sprintf("write `not %s`", equal),
	}
	if c.negated {
		f.Help = fmt.Sprintf("write `%s` if the field must be there", equal)
		return f
	}
	f.Notes = s.otherKinds(c, cmp.field)
	return f
}

// otherKinds warns that a negation also holds for sources of other kinds, where
// nothing else in the body asks for the field's own kind.
func (s *scope) otherKinds(c call, f field) []string {
	if f.keys[0] == "env" || s.guarded(c, f.keys[0]) {
		return nil
	}
	return []string{fmt.Sprintf("the negation holds for sources of other kinds, too: put `input.%s` beside it in the body", f.keys[0])}
}
