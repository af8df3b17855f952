package rego

import (
	"context"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// allowQuery holds where the policy allows; it is asked only where allow is what
// the decision says.
const allowQuery = "data.docker.allow == true"

// certainNote is added where Buildx asks for metadata that cannot change its
// answer.
const certainNote = "the policy allows this source whatever the answer is; Buildx asks for it all the same"

// certain is certainlyAllowed for every form that a build asks about a source in.
func (p *Policy) certain(ctx context.Context, r policy.Request, img source.Image, twice bool) bool {
	if !p.certainlyAllowed(ctx, r) {
		return false
	}
	if !twice {
		return true
	}
	pinned, err := img.WithDigest(anyDigest)
	r.Source = pinned
	return err == nil && p.certainlyAllowed(ctx, r)
}

// certainlyAllowed tells whether a source that Buildx would ask metadata about is
// allowed whatever that turns out to be: partial evaluation then leaves a way to
// allow without any condition. False is "not shown", not "denied".
func (p *Policy) certainlyAllowed(ctx context.Context, r policy.Request) bool {
	if !p.decidesByAllow() {
		return false
	}
	doc, err := p.newDocument(r)
	if err != nil {
		return false
	}
	ctx, cancel := p.limited(ctx)
	defer cancel()
	input, err := ast.InterfaceToValue(doc.value(envDocument(r.Env, false)))
	if err != nil {
		return false
	}
	program, _ := p.programFor(allowQuery)
	prepared, err := program.PrepareForPartial(ctx)
	if err != nil {
		return false
	}
	ev := &evaluation{policy: p, doc: doc, asked: map[string]bool{}, pins: map[string]bool{}}
	result, err := prepared.Partial(evaluationContext(ctx, ev), rego.EvalParsedInput(input), rego.EvalUnknowns(doc.unknown))
	if err != nil || len(ev.asked) > 0 || ev.unattested || ev.failed != nil || len(ev.pins) > 0 {
		return false
	}
	for _, q := range result.Queries {
		if len(q) == 0 {
			return true
		}
	}
	return false
}

// decidesByAllow tells whether the one decision is an object whose allow is the
// rule of that name, as nearly every policy writes it.
func (p *Policy) decidesByAllow() bool {
	found := 0
	byAllow := false
	for _, m := range p.compiler.ParsedModules() {
		for _, rule := range m.Rules {
			if m.Package.Path.String() != "data.docker" || rule.Head.Name != "decision" {
				continue
			}
			found++
			object, ok := rule.Head.Value.Value.(ast.Object)
			if !ok || rule.Else != nil {
				return false
			}
			allow := object.Get(ast.StringTerm("allow"))
			byAllow = allow != nil && allow.String() == "allow"
		}
	}
	return found == 1 && byAllow
}
