package rego

import (
	"errors"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// dockerPackage is the package that holds the decision.
const dockerPackage = "docker"

// found is a rule with the module it stands in.
type found struct {
	module *module
	rule   *ast.Rule
}

// rulesOf are the rules of a name in package docker, as they are written.
func (in *inspector) rulesOf(name string) []found {
	var out []found
	for _, m := range in.modules {
		for _, r := range m.ast.Rules {
			if m.pkg == dockerPackage && ruleName(r) == name {
				out = append(out, found{m, r})
			}
		}
	}
	return out
}

// findNoDefault finds what is undefined where Buildx asks the policy what it can
// do, which ends the build.
func (in *inspector) findNoDefault() {
	if !errors.Is(in.policy.Probe(in.ctx, ask(nil).Env), errZeroResult) {
		return
	}
	decisions := in.rulesOf("decision")
	if len(decisions) == 0 {
		in.reportNoDecision()
		return
	}
	reported := false
	for _, name := range in.namesIn(decisions) {
		if in.defined(name) {
			continue
		}
		first := in.rulesOf(name)[0]
		reported = true
		in.report(first.module, first.rule.Head.Location, policy.Flaw{
			Rule: "rego-no-default",
			Message: fmt.Sprintf("%s has no default: before any source Buildx asks the policy with an input of env alone, "+
				"decision is undefined then, and the build fails", name),
			Help:  fmt.Sprintf("add `%s`", defaultRule(name)),
			Notes: []string{"the error is: failed to evaluate policy caps: policy returned zero result"},
		})
	}
	if !reported {
		d := decisions[0]
		in.report(d.module, d.rule.Head.Location, policy.Flaw{
			Rule:    "rego-no-default",
			Message: "decision is undefined for an input of env alone, with which Buildx asks before any source: the build fails",
			Help:    "add `default decision := {\"allow\": false}`, or give a default to what decision depends on",
		})
	}
}

func defaultRule(name string) string {
	switch name {
	case "allow":
		return "default allow := false"
	case "deny_msg":
		return "default deny_msg := []"
	}
	return fmt.Sprintf("default %s := …", name)
}

func (in *inspector) reportNoDecision() {
	if len(in.modules) == 0 {
		return
	}
	m := in.modules[0]
	f := policy.Flaw{Rule: "rego-no-default", Message: "nothing defines data.docker.decision, which is what Buildx reads: every build fails"}
	if m.pkg == dockerPackage {
		f.Help = "add `decision := {\"allow\": allow, \"deny_msg\": deny_msg}`"
	} else {
		f.Help = "write `package docker`"
	}
	path := m.ast.Package.Path
	in.report(m, path[len(path)-1].Location, f)
}

// namesIn are the rules of package docker without a default that rules mention
// and that have one value each, in order.
func (in *inspector) namesIn(rules []found) []string {
	var names []string
	for _, f := range rules {
		ast.WalkTerms(f.rule, func(t *ast.Term) bool {
			v, ok := t.Value.(ast.Var)
			if ok && !slices.Contains(names, string(v)) && in.isSingle(string(v)) {
				names = append(names, string(v))
			}
			return false
		})
	}
	return names
}

// isSingle tells whether a name is that of rules that together have one value
// or none.
func (in *inspector) isSingle(name string) bool {
	rules := in.rules[dockerPackage][name]
	return len(rules) > 0 && !slices.ContainsFunc(rules, func(r *ast.Rule) bool {
		return r.Default || len(r.Head.Args) > 0 || r.Head.Key != nil || len(r.Head.Ref()) != 1
	})
}

// defined tells whether a rule has a value in Buildx's probe.
func (in *inspector) defined(name string) bool {
	ev := &evaluation{policy: in.policy, doc: &document{}, asked: map[string]bool{}, pins: map[string]bool{}}
	input, err := ast.InterfaceToValue(ev.doc.value(envDocument(ask(nil).Env, true)))
	if err != nil {
		return true
	}
	program, _ := in.policy.programFor("data." + dockerPackage + "." + name)
	prepared, err := program.PrepareForEval(in.ctx)
	if err != nil {
		return true
	}
	result, err := prepared.Eval(evaluationContext(in.ctx, ev), rego.EvalParsedInput(input))
	return err != nil || len(result) > 0
}

// findNoLocal finds policies that refuse the build context or the Dockerfile,
// which every build sends. A policy that lets the build's arguments decide is
// left alone: they are not known here.
func (in *inspector) findNoLocal() {
	if in.asks("env.args") || in.asks("env.labels") || in.asks("env.target") {
		return
	}
	for _, name := range []string{"dockerfile", "context"} {
		c, err := in.policy.Check(in.ctx, ask(source.Local{Name: name}))
		if err != nil || c.Outcome != policy.Deny {
			continue
		}
		m, loc := in.placeOfLocal()
		if m == nil {
			return
		}
		f := policy.Flaw{
			Rule:    "rego-no-local",
			Message: fmt.Sprintf("nothing allows local://%s, which every build reads, even without COPY: no build can pass", name),
			Help:    "add `allow if input.local`",
		}
		if len(c.Messages) > 0 {
			f.Message = fmt.Sprintf("local://%s is denied, which every build reads, even without COPY: no build can pass", name)
			f.Notes = []string{"the policy says: " + c.Messages[0]}
			f.Help = "let `input.local` pass"
		}
		in.report(m, loc, f)
		return
	}
}

// placeOfLocal is where the policy speaks of local sources, or else of allowing.
func (in *inspector) placeOfLocal() (*module, *ast.Location) {
	if m, loc := in.placeOf("local"); m != nil && in.asks("local") {
		return m, loc
	}
	for _, name := range []string{"allow", "decision"} {
		if rules := in.rulesOf(name); len(rules) > 0 {
			return rules[0].module, rules[0].rule.Head.Location
		}
	}
	return nil, nil
}
