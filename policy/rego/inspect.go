package rego

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// inspector looks for flaws in the modules as they are written: the compiled
// ones have lost what the user would recognise. What a module means is not
// guessed where it can be asked: whether a source is allowed is evaluated.
//
// A finding must be right to be of use, so whatever cannot be followed (values
// that pass through functions, say) is taken to be fine.
type inspector struct {
	policy  *Policy
	ctx     context.Context
	modules []*module
	// rules are those of each package by name, over all modules.
	rules map[string]map[string][]*ast.Rule
	// tested are the fields that any module asks the presence of, by path.
	tested map[string]bool
	// used are all fields that any module names, by path.
	used map[string]*ast.Term
	// minds tells that some module looks for ".." itself.
	minds bool
	flaws []policy.Flaw
}

// module is one file, parsed.
type module struct {
	file    policy.File
	ast     *ast.Module
	pkg     string
	aliases map[string]field // imports of input.…
}

// Inspect finds the flaws of the policy; the policies in before are asked before
// it in the same build.
func (p *Policy) Inspect(ctx context.Context, before []policy.Policy) []policy.Flaw {
	ctx, cancel := p.limited(ctx)
	defer cancel()
	in := p.newInspector(ctx)
	in.findNoDefault()
	in.findNoLocal()
	in.findDenyMessages()
	in.findUnknownImports()
	in.eachScope(func(s *scope) {
		s.findUnknownFields()
		s.findUntriggered()
		s.findNotCanonical()
		for _, c := range s.calls() {
			s.findAbsentComparison(c)
			s.findUntriggeredCall(c)
			s.findRepoHost(c)
			s.findMissingFile(c)
			s.findPathPrefix(c)
			s.findDigestPass(c)
		}
	})
	in.findConflicts(before)
	return in.sorted()
}

func (in *inspector) sorted() []policy.Flaw {
	order := map[string]int{}
	for i, m := range in.modules {
		order[m.file.Name] = i
	}
	slices.SortStableFunc(in.flaws, func(a, b policy.Flaw) int {
		return cmp.Or(cmp.Compare(order[a.File.Name], order[b.File.Name]), cmp.Compare(a.Start, b.Start),
			strings.Compare(a.Rule, b.Rule), strings.Compare(a.Message, b.Message))
	})
	return slices.CompactFunc(in.flaws, func(a, b policy.Flaw) bool {
		return a.Rule == b.Rule && a.File.Name == b.File.Name && a.Start == b.Start && a.End == b.End && a.Message == b.Message
	})
}

// report adds a flaw at a location. One whose place is not known exactly is
// dropped: it could only point at the wrong thing.
func (in *inspector) report(m *module, loc *ast.Location, f policy.Flaw) {
	if loc == nil {
		return
	}
	end := loc.Offset + len(loc.Text)
	if end > len(m.file.Text) || string(m.file.Text[loc.Offset:end]) != string(loc.Text) {
		return
	}
	f.File, f.Start, f.End = m.file, loc.Offset, end
	in.flaws = append(in.flaws, f)
}

// newInspector parses the files of the policy and what they import.
func (p *Policy) newInspector(ctx context.Context) *inspector {
	in := &inspector{
		policy: p, ctx: ctx,
		rules: map[string]map[string][]*ast.Rule{}, tested: map[string]bool{}, used: map[string]*ast.Term{},
	}
	seen := map[string]bool{}
	for _, f := range p.files {
		seen[f.Name] = true
		in.add(f, "")
	}
	for i := 0; i < len(in.modules); i++ {
		for _, imported := range in.modules[i].ast.Imports {
			path, ok := strings.CutPrefix(imported.Path.Value.String(), "data.")
			file := strings.ReplaceAll(path, ".", "/") + ".rego"
			if !ok || seen[file] {
				continue
			}
			seen[file] = true
			if text, err := p.readFile(file, maxModule); err == nil {
				in.add(policy.File{Name: file, Text: text}, path)
			}
		}
	}
	in.eachScope(func(s *scope) { s.collectUse() })
	in.minds = in.mindsPaths()
	return in
}

// add takes in a module. imported is the path it is imported by, which is its
// package then.
func (in *inspector) add(f policy.File, imported string) {
	parsed, err := ast.ParseModuleWithOpts(f.Name, string(f.Text), ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil || parsed == nil {
		return
	}
	m := &module{file: f, ast: parsed, pkg: strings.TrimPrefix(parsed.Package.Path.String(), "data."), aliases: map[string]field{}}
	if imported != "" {
		m.pkg = imported
	}
	for _, i := range parsed.Imports {
		if ref, ok := i.Path.Value.(ast.Ref); ok && ref.HasPrefix(ast.InputRootRef) && len(ref) > 1 {
			m.aliases[string(i.Name())] = inputField(nil, ref[1:])
		}
	}
	in.modules = append(in.modules, m)
	rules := in.rules[m.pkg]
	if rules == nil {
		rules = map[string][]*ast.Rule{}
		in.rules[m.pkg] = rules
	}
	for _, r := range parsed.Rules {
		name := ruleName(r)
		rules[name] = append(rules[name], r)
	}
}

// ruleName is the first part of a rule's reference.
func ruleName(r *ast.Rule) string {
	if ref := r.Head.Ref(); len(ref) > 0 {
		if v, ok := ref[0].Value.(ast.Var); ok {
			return string(v)
		}
	}
	return string(r.Head.Name)
}

// isConstant tells whether a rule is one value without a condition.
func isConstant(r *ast.Rule) bool {
	return !r.Default && r.Else == nil && len(r.Head.Args) == 0 && r.Head.Key == nil && r.Head.Value != nil &&
		len(r.Head.Ref()) == 1 && unconditional(r.Body)
}

func unconditional(b ast.Body) bool {
	return len(b) == 1 && !b[0].Negated && len(b[0].With) == 0 && isTrue(b[0].Terms)
}

func isTrue(terms any) bool {
	t, ok := terms.(*ast.Term)
	return ok && t.Value.Compare(ast.Boolean(true)) == 0
}

// ask is the request for a source as a plain build makes it.
func ask(src source.Source) policy.Request {
	return policy.Request{Source: src, Platform: "linux/amd64", Env: policy.Env{Filename: "Dockerfile"}}
}
