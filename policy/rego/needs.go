package rego

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

// needs finds the unknown fields that Buildx would ask for before it decides:
// those that partial evaluation leaves in its support modules
// (policy.collectUnknowns). What it leaves in its queries does not count.
func (p *Policy) needs(ctx context.Context, ev *evaluation, input ast.Value) ([]string, error) {
	if !p.mayAsk(ev.doc) {
		return nil, nil
	}
	prepared, err := p.preparePartial()
	if err != nil {
		return nil, err
	}
	stop, release := cancellation(ctx)
	defer release()
	result, err := prepared.Partial(ctx, rego.EvalParsedInput(input), rego.EvalParsedUnknowns(unknownTerms(ev.doc.unknown)), rego.EvalExternalCancel(stop))
	if err != nil {
		return nil, err
	}
	found := unknownRefs(result.Support, ev.doc.unknown)
	for _, need := range ev.runtimeNeeds() {
		if !slices.Contains(found, need) {
			found = append(found, need)
		}
	}
	return found, nil
}

// unknownTerms are references to fields; parsing them takes OPA longer than what
// it is for.
func unknownTerms(fields []string) []*ast.Term {
	out := make([]*ast.Term, len(fields))
	for i, field := range fields {
		ref := ast.Ref{ast.InputRootDocument}
		for name := range strings.SplitSeq(strings.TrimPrefix(field, "input."), ".") {
			name, index, isElement := strings.Cut(strings.TrimSuffix(name, "]"), "[")
			if ref = append(ref, ast.StringTerm(name)); isElement {
				ref = append(ref, ast.NumberTerm(json.Number(index)))
			}
		}
		out[i] = ast.NewTerm(ref)
	}
	return out
}

// mayAsk tells whether any module has a name that could ask for metadata of
// this source. Where none has, partial evaluation finds nothing, and its only
// trace would be that it prints once more.
func (p *Policy) mayAsk(d *document) bool {
	if len(d.unknown) == 0 {
		return false // and OPA would take the whole input as unknown
	}
	if p.mentions["print"] {
		return true
	}
	for _, u := range d.unknown {
		if p.mentions[u[strings.LastIndexByte(u, '.')+1:]] {
			return true
		}
	}
	return d.kind == "http" && p.mentions["http_functions"] || d.kind == "git" && p.mentions["verify_git_signature"]
}

// helperNames are the rules of the helper module, with the names they mention.
var helperNames = map[string][]string{
	"docker_github_builder":           {"hasProvenance", "signatures"},
	"docker_github_builder_tag":       {"hasProvenance", "signatures"},
	"docker_github_builder_signature": nil,
	"docker_github_builder_bundle":    {"http_functions"},
	"github_release_attestation":      {"http_functions"},
	"artifact_attestation":            {"http_functions"},
	"github_attestation":              {"http_functions"},
	"verify_http_pgp_signature":       {"http_functions"},
}

// mentioned collects every name and text of the modules.
func mentioned(modules []*ast.Module) map[string]bool {
	names := map[string]bool{}
	add := func(name string) {
		names[name] = true
		for _, n := range helperNames[name] {
			names[n] = true
		}
	}
	for _, m := range modules {
		ast.WalkTerms(m, func(t *ast.Term) bool {
			switch v := t.Value.(type) {
			case ast.String:
				add(string(v))
			case ast.Var:
				add(string(v))
			case ast.Ref:
				for _, part := range v {
					if s, ok := part.Value.(ast.String); ok {
						add(string(s))
					}
				}
			}
			return false
		})
	}
	return names
}

// runtimeNeeds are what the functions asked for while they ran.
func (ev *evaluation) runtimeNeeds() []string {
	var out []string
	for _, need := range []string{"git.commit", "http.checksum", "http.signature"} {
		if ev.asked[need] {
			out = append(out, need)
		}
	}
	return out
}

// unknownRefs are the references to unknown fields in modules, each cut to the
// field it belongs to, in the order they are met. References inside of others
// do not count.
func unknownRefs(modules []*ast.Module, unknown []string) []string {
	allowed := map[string]bool{}
	for _, u := range unknown {
		allowed[trimKey(u)] = true
	}
	var out []string
	seen := map[string]bool{}
	for _, m := range modules {
		ast.WalkRefs(m, func(ref ast.Ref) bool {
			if !ref.HasPrefix(ast.InputRootRef) {
				return true
			}
			key, ok := allowedOrParent(trimKey(ref.String()), allowed)
			if ok && !seen[key] && strings.Contains(key, ".") {
				seen[key] = true
				out = append(out, key)
			}
			return true
		})
	}
	return out
}

func allowedOrParent(key string, allowed map[string]bool) (string, bool) {
	if allowed[key] {
		return key, true
	}
	for i := len(key) - 1; i > 0; i-- {
		if (key[i] == '.' || key[i] == '[') && allowed[key[:i]] {
			return key[:i], true
		}
	}
	return key, false
}

// trimKey cuts a reference to its first two parts: input.image.labels.team is
// image.labels.
func trimKey(ref string) string {
	ref = strings.TrimPrefix(ref, "input.")
	if strings.HasPrefix(ref, "image.provenance.materials[") {
		return ref
	}
	parts := 0
	for i, c := range ref {
		if c == '.' || c == '[' {
			if parts++; parts == 2 {
				return ref[:i]
			}
		}
	}
	return ref
}
