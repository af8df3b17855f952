package rego

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/imgpolicy/imgpolicy/policy"
)

// Buildx asks for metadata only where partial evaluation leaves a reference that
// names the field, so what reads a field in any other way finds it absent.

// findUntriggered finds keys of input.image and the like that are not written
// out, and fields that are never asked for.
func (s *scope) findUntriggered() {
	s.walkTerms(func(t *ast.Term) {
		f, ok := s.field(t)
		if _, isRef := t.Value.(ast.Ref); !ok || !isRef || len(f.keys) < 2 {
			return
		}
		if f.path() == "image.createdTime" {
			s.findCreatedTime(t)
			return
		}
		if groups := fetched[f.keys[0]]; f.keys[1] != anyKey || groups == nil || s.fetchesAll(f.keys[0]) {
			return
		}
		key := f.terms[1]
		if key == nil || !s.mayBeFetched(f.keys[0], key) {
			return
		}
		s.report(s.module, t.Location, untriggered(f.keys[0], shown(t.Location), "its key is not written out"))
	})
	s.findInDecision()
}

// mayBeFetched tells whether a key runs over fields that have to be asked for.
func (s *scope) mayBeFetched(kind string, key *ast.Term) bool {
	names := s.literals(key)
	if len(names) == 0 {
		return true
	}
	return slices.ContainsFunc(names, func(t *ast.Term) bool {
		name, _ := text(t)
		return s.unfetched(kind + "." + name)
	})
}

// unfetched tells whether a field has to be asked for and nothing in the policy
// asks for it, nor for what comes with it.
func (in *inspector) unfetched(path string) bool {
	kind, _, _ := strings.Cut(path, ".")
	for _, group := range fetched[kind] {
		if slices.Contains(group, path) {
			return !slices.ContainsFunc(group, in.asks)
		}
	}
	return false
}

func (in *inspector) asks(path string) bool { return in.used[path] != nil }

// fetchesAll tells whether the policy asks for every group of a kind somewhere.
func (in *inspector) fetchesAll(kind string) bool {
	return !slices.ContainsFunc(fetched[kind], func(group []string) bool { return !slices.ContainsFunc(group, in.asks) })
}

func untriggered(kind, what, why string) policy.Flaw {
	example := "image.labels"
	if kind != "image" {
		example = fetched[kind][0][0]
	}
	return policy.Flaw{
		Rule:    "rego-untriggered-field",
		Message: fmt.Sprintf("%s never makes Buildx fetch metadata: %s, so fields such as %s are absent", what, why, example),
		Help:    fmt.Sprintf("write out the fields the policy needs, such as `input.%s`", example),
	}
}

// wholeObject are functions that read an object as a whole. json.marshal is
// among them only as a condition: in messages it is fine.
var wholeObject = []string{"count", "object.keys", "json.marshal"}

// findUntriggeredCall finds functions that read fields by name or all at once.
func (s *scope) findUntriggeredCall(c call) {
	if len(c.args) == 0 {
		return
	}
	at := 0
	if c.name == "internal.member_3" {
		at = 2
	}
	f, ok := s.field(c.args[at])
	if !ok || len(f.keys) != 1 || fetched[f.keys[0]] == nil {
		return
	}
	kind := f.keys[0]
	switch {
	case c.name == "object.get" && len(c.args) == 3:
		s.findObjectGet(c, kind)
	case at == 2 && !s.fetchesAll(kind):
		if key := c.args[1]; len(s.literals(c.args[0])) == 0 || key == nil {
			s.report(s.module, c.loc, untriggered(kind, shown(c.loc), "it names no field"))
		}
	case slices.Contains(wholeObject, c.name) && !s.fetchesAll(kind) && s.isCondition(c):
		s.report(s.module, c.loc, untriggered(kind, shown(c.loc), "it names no field"))
	}
}

// isCondition tells whether a call decides something: it is, or stands in, a
// condition that neither prints nor sets a variable.
func (s *scope) isCondition(c call) bool {
	found := false
	ast.WalkExprs(s.rule, func(e *ast.Expr) bool {
		if !e.IsCall() || e.IsAssignment() {
			return false
		}
		switch e.Operator().String() {
		case opUnify, "print", "sprintf", "assign":
			return false
		}
		at, end := e.Location.Offset, e.Location.Offset+len(e.Location.Text)
		found = found || at <= c.loc.Offset && c.loc.Offset < end
		return found
	})
	return found
}

func (s *scope) findObjectGet(c call, kind string) {
	key := c.args[1]
	if path, ok := key.Value.(*ast.Array); ok && path.Len() > 0 {
		key = path.Elem(0)
	}
	names := s.literals(key)
	for _, t := range names {
		name, _ := text(t)
		if !s.unfetched(kind + "." + name) {
			continue
		}
		full := fmt.Sprintf("input.%s.%s", kind, name)
		s.report(s.module, c.loc, policy.Flaw{
			Rule:    "rego-untriggered-field",
			Message: fmt.Sprintf("%s never makes Buildx fetch %s: it asks only for fields that are written out, so this is always the default", shown(c.loc), full),
			Help:    fmt.Sprintf("write `%s`", full),
		})
		return
	}
}

// findCreatedTime finds the one field that comes with others and is never asked
// for itself.
func (s *scope) findCreatedTime(t *ast.Term) {
	if slices.ContainsFunc(configFields, s.asks) {
		return
	}
	s.report(s.module, t.Location, policy.Flaw{
		Rule:    "rego-untriggered-field",
		Message: "input.image.createdTime is never fetched by itself: it is absent unless the policy asks for another field of the image config",
		Notes:   []string{"input.image.labels, user, volumes, workingDir and env are such fields; name one in a rule of its own that decision depends on"},
	})
}

// findInDecision finds fields that are named where partial evaluation does not
// look: in a decision that has no default.
func (s *scope) findInDecision() {
	if s.module.pkg != dockerPackage || len(s.rule.Head.Ref()) != 1 || ruleName(s.rule) != "decision" ||
		slices.ContainsFunc(s.rules[dockerPackage]["decision"], func(r *ast.Rule) bool { return r.Default }) {
		return
	}
	s.walkTerms(func(t *ast.Term) {
		f, ok := s.field(t)
		if _, isRef := t.Value.(ast.Ref); !ok || !isRef || len(f.keys) < 2 {
			return
		}
		path := strings.Join(f.keys[:2], ".")
		if !slices.ContainsFunc(fetched[f.keys[0]], func(group []string) bool { return slices.Contains(group, path) }) {
			return
		}
		s.report(s.module, t.Location, policy.Flaw{
			Rule:    "rego-untriggered-field",
			Message: fmt.Sprintf("%s is not fetched for the decision itself: Buildx looks only into the rules below it", f),
			Help:    "put the condition in a rule of its own, such as `allow`, and give that to decision",
		})
	})
}
