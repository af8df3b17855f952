package rego

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/imgpolicy/imgpolicy/policy"
)

// Tests are the unit tests of a policy, compiled together with it as Buildx's
// `policy test` does (policy/tester.go).
type Tests struct {
	policy   *Policy // the root, the options and the functions; it is never asked
	compiler *ast.Compiler
	own      map[string]*ast.Module // the policy's modules as written, with Buildx's helper
	tests    map[string]*ast.Module // the test modules as written
	main     string                 // the name of the policy's own module
}

// Test is one unit test: the rules of a name in a package.
type Test struct {
	Package string // without "data."
	Name    string
	File    string // where the first of its rules stands
	Line    int
}

// LoadTests compiles a policy of one file together with its tests. root is what
// both may import and read. Errors that point into a module are of type
// *policy.LoadError.
func LoadTests(main policy.File, files []policy.File, root fs.FS, opt Options) (*Tests, error) {
	opt.setDefaults()
	t := &Tests{
		policy: &Policy{files: []policy.File{main}, root: root, opt: opt},
		own:    map[string]*ast.Module{}, tests: map[string]*ast.Module{}, main: main.Name,
	}
	helper := policy.File{Name: helperName, Text: []byte(helperModule)}
	if err := parseInto(t.own, main, helper); err != nil {
		return nil, err
	}
	if err := parseInto(t.tests, files...); err != nil {
		return nil, err
	}
	modules := maps.Clone(t.own)
	maps.Copy(modules, t.tests)
	t.compiler = ast.NewCompiler().
		WithCapabilities(capabilities(t.policy.functions())).
		WithKeepModules(true).
		WithEnablePrintStatements(true).
		WithModuleLoader(t.loadImports)
	if t.compiler.Compile(modules); t.compiler.Failed() {
		return nil, loadError(t.policy.files, t.compiler.Errors)
	}
	return t, nil
}

func parseInto(modules map[string]*ast.Module, files ...policy.File) error {
	for _, f := range files {
		if len(f.Text) > maxModule {
			return &policy.LoadError{File: f.Name, Message: fmt.Sprintf("the module has %d bytes; at most 1 MiB is read", len(f.Text))}
		}
		module, err := ast.ParseModuleWithOpts(f.Name, string(f.Text), ast.ParserOptions{RegoVersion: ast.RegoV1})
		if err != nil {
			return loadError([]policy.File{f}, err)
		}
		modules[f.Name] = module
	}
	return nil
}

// loadImports loads what is imported, as in a build, but for packages that the
// modules declare themselves: a test may import the package it tests.
func (t *Tests) loadImports(resolved map[string]*ast.Module) (map[string]*ast.Module, error) {
	declared := map[string]bool{}
	for _, m := range resolved {
		declared[m.Package.Path.String()] = true
	}
	missing := make(map[string]*ast.Module, len(resolved))
	for name, m := range resolved {
		bare := *m
		bare.Imports = slices.DeleteFunc(slices.Clone(m.Imports), func(i *ast.Import) bool {
			return declared[i.Path.Value.String()]
		})
		missing[name] = &bare
	}
	return t.policy.loadImports(missing)
}

// All are the tests, sorted by name and package: rules without arguments whose
// name begins with test_ and whose value is a boolean. Tests of one name in
// different packages are different tests; Buildx runs only one of them.
func (t *Tests) All() []Test {
	found, _ := t.find()
	return found
}

// Ignored are rules named as tests that are not run, here or by Buildx, because
// their value is computed.
func (t *Tests) Ignored() []Test {
	_, ignored := t.find()
	return ignored
}

func (t *Tests) find() (found, ignored []Test) {
	seen := map[Test]bool{}
	for _, file := range sortedKeys(t.tests) {
		m := t.tests[file]
		for _, rule := range m.Rules {
			name := string(rule.Head.Name)
			if len(rule.Head.Args) > 0 || !strings.HasPrefix(name, "test_") {
				continue
			}
			key := Test{Package: strings.TrimPrefix(m.Package.Path.String(), "data."), Name: name}
			at := Test{key.Package, name, file, rule.Location.Row}
			switch {
			case rule.Head.Value != nil && !isBoolean(rule.Head.Value):
				ignored = append(ignored, at)
			case !seen[key]:
				seen[key] = true
				found = append(found, at)
			}
		}
	}
	// A test is not ignored if another of its rules makes it one.
	ignored = slices.DeleteFunc(ignored, func(i Test) bool { return seen[Test{Package: i.Package, Name: i.Name}] })
	slices.SortStableFunc(found, func(a, b Test) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Package, b.Package)
	})
	return found, ignored
}

func isBoolean(t *ast.Term) bool {
	_, ok := t.Value.(ast.Boolean)
	return ok
}

// inPackage are the modules of a package.
func inPackage(modules map[string]*ast.Module, pkg string) []*ast.Module {
	var out []*ast.Module
	for _, name := range sortedKeys(modules) {
		if modules[name].Package.Path.String() == "data."+pkg {
			out = append(out, modules[name])
		}
	}
	return out
}

// input is what a test mocks: the object after `with input as` in its bodies.
// Buildx reads it from the text, so it must be written out and be the same
// everywhere; nil where there is none.
func (t *Tests) input(test Test) (*testInput, error) {
	var term *ast.Term
	for _, m := range inPackage(t.tests, test.Package) {
		for _, rule := range m.Rules {
			if string(rule.Head.Name) != test.Name {
				continue
			}
			for _, expr := range rule.Body {
				for _, w := range expr.With {
					if ref, ok := w.Target.Value.(ast.Ref); !ok || !ref.Equal(ast.InputRootRef) {
						continue
					}
					if term != nil && !term.Equal(w.Value) {
						return nil, fmt.Errorf("multiple input overrides for %s; write a test for each: Buildx takes one", test.Name)
					}
					term = w.Value
				}
			}
		}
	}
	if term == nil {
		return nil, nil
	}
	var in testInput
	err := ast.As(term.Value, &in)
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mistyped):
		// Go's words name our types.
		field := strings.TrimSuffix("input."+mistyped.Field, ".")
		return nil, fmt.Errorf("failed to decode test input for %s: %s cannot be a JSON %s", test.Name, field, mistyped.Value)
	case err != nil:
		return nil, fmt.Errorf("failed to decode test input for %s: %w; write out a JSON object after `with input as`: Buildx reads it from the text", test.Name, err)
	}
	return &in, nil
}

// evaluate evaluates one rule.
func (t *Tests) evaluate(ctx context.Context, ev *evaluation, query string, input ast.Value, more ...rego.EvalOption) (any, error) {
	ctx, cancel := t.policy.limited(ctx)
	defer cancel()
	ctx = context.WithValue(ctx, evaluationKey{}, ev)
	options := []func(*rego.Rego){
		rego.SetRegoVersion(ast.RegoV1),
		rego.Query(query),
		rego.Compiler(t.compiler),
		rego.EnablePrintStatements(true),
		rego.PrintHook(printer{}),
	}
	for _, f := range t.policy.functions() {
		options = append(options, f.register)
	}
	prepared, err := rego.New(options...).PrepareForEval(ctx)
	if err != nil {
		return nil, err
	}
	if input != nil {
		more = append(more, rego.EvalParsedInput(input))
	}
	result, err := prepared.Eval(ctx, more...)
	if err != nil {
		return nil, t.policy.evalError(ctx, err)
	}
	if len(result) == 0 || len(result[0].Expressions) == 0 {
		return nil, nil
	}
	return result[0].Expressions[0].Value, nil
}
