package rego

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/types"

	"github.com/imgpolicy/imgpolicy/policy"
)

// findDenyMessages finds values of deny_msg that Buildx drops without a word.
func (in *inspector) findDenyMessages() {
	for _, d := range in.rulesOf("decision") {
		if ref := d.rule.Head.Ref(); len(ref) == 2 {
			if key, _ := text(ref[1]); key == "deny_msg" {
				in.checkMessages(d, d.rule.Head.Value)
			}
			continue
		}
		for r := d.rule; r != nil; r = r.Else {
			if r.Head.Value == nil {
				continue
			}
			if object, ok := r.Head.Value.Value.(ast.Object); ok {
				in.checkMessages(d, object.Get(ast.StringTerm("deny_msg")))
			}
		}
	}
}

// checkMessages judges what a decision gives as deny_msg: a value or the name
// of rules.
func (in *inspector) checkMessages(d found, value *ast.Term) {
	if value == nil {
		return
	}
	name, ok := value.Value.(ast.Var)
	if !ok {
		if what := notList(value); what != "" {
			in.report(d.module, value.Location, messagesFlaw(what, ""))
		}
		return
	}
	for _, f := range in.rulesOf(string(name)) {
		if f.rule.Default && isTextValue(f.rule.Head.Value, "") {
			continue
		}
		switch head := f.rule.Head; {
		case len(head.Args) > 0:
		case len(head.Ref()) > 1:
			in.report(f.module, head.Location, messagesFlaw("an object", string(name)))
		case head.Key != nil: // contains
			if _, isObject := head.Key.Value.(ast.Object); isObject {
				in.report(f.module, head.Key.Location, messagesFlaw("an object", ""))
			}
		default:
			for r := f.rule; r != nil; r = r.Else {
				if what := notList(r.Head.Value); what != "" {
					in.report(f.module, r.Head.Location, messagesFlaw(what, string(name)))
				}
			}
		}
	}
}

func isTextValue(t *ast.Term, want string) bool {
	s, ok := text(t)
	return ok && s == want
}

// notList says what a value is that is certainly no list of messages, or "".
func notList(t *ast.Term) string {
	if t == nil {
		return ""
	}
	switch v := t.Value.(type) {
	case ast.String, *ast.TemplateString:
		return "a string"
	case ast.Object, *ast.ObjectComprehension:
		return "an object"
	case ast.Call:
		for _, b := range allowedBuiltins() {
			if b.Name == v[0].String() && b.Decl != nil && b.Decl.Result() != nil && types.Compare(b.Decl.Result(), types.S) == 0 {
				return "a string"
			}
		}
	}
	return ""
}

func messagesFlaw(what, name string) policy.Flaw {
	f := policy.Flaw{
		Rule:    "rego-deny-msg-type",
		Message: fmt.Sprintf("deny_msg is %s here: Buildx reads a list or set of strings and drops anything else without a word", what),
		Help:    "put it in a list: `[message]`",
	}
	if name != "" {
		f.Help = fmt.Sprintf("write `%s contains message if { message := …; … }`", name)
	}
	return f
}
