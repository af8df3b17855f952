package rego

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown/print"
)

const (
	query = "data.docker.decision"
	// helperName is the name of the module that Buildx adds to every policy; it
	// shows in its messages.
	helperName = "builtin/buildx_defaults.rego"
)

//go:embed helper.rego
var helperModule string

// program is the policy as Buildx puts it together (policy.regoBaseOpts), and the
// compiler that has the modules once it is prepared.
func (p *Policy) program() (*rego.Rego, *ast.Compiler) { return p.programFor(query) }

func (p *Policy) programFor(query string) (*rego.Rego, *ast.Compiler) {
	functions := p.functions()
	compiler := ast.NewCompiler().
		WithCapabilities(capabilities(functions)).
		WithKeepModules(true).
		WithEnablePrintStatements(true).
		WithModuleLoader(p.loadImports)
	options := []func(*rego.Rego){
		rego.SetRegoVersion(ast.RegoV1),
		rego.Query(query),
		rego.SkipPartialNamespace(true),
		rego.Compiler(compiler),
		rego.Module(helperName, helperModule),
		rego.EnablePrintStatements(true),
		rego.PrintHook(printer{}),
	}
	for _, f := range functions {
		options = append(options, f.register)
	}
	for _, f := range p.files {
		options = append(options, rego.Module(f.Name, string(f.Text)))
	}
	return rego.New(options...), compiler
}

// loadImports loads the module that an import of data.a.b names, a/b.rego below
// the root, whatever package it declares itself.
func (p *Policy) loadImports(resolved map[string]*ast.Module) (map[string]*ast.Module, error) {
	loaded := map[string]*ast.Module{}
	for _, name := range sortedKeys(resolved) {
		for _, imported := range resolved[name].Imports {
			path, ok := strings.CutPrefix(imported.Path.Value.String(), "data.")
			if !ok {
				continue
			}
			file := strings.ReplaceAll(path, ".", "/") + ".rego"
			if resolved[file] != nil || loaded[file] != nil {
				continue
			}
			module, err := p.loadModule(name, path, file)
			if err != nil {
				return nil, err
			}
			loaded[file] = module
		}
	}
	return loaded, nil
}

func (p *Policy) loadModule(from, path, file string) (*ast.Module, error) {
	if p.root == nil {
		return nil, fmt.Errorf("no policy FS defined for import data.%s", path)
	}
	if _, err := fs.Stat(p.root, file); err != nil {
		return nil, fmt.Errorf("import data.%s not found for module %s: %w", path, from, err)
	}
	text, err := p.readFile(file, maxModule+1)
	if err != nil {
		return nil, fmt.Errorf("failed to read imported policy file %s for module %s: %w", file, from, err)
	}
	if len(text) > maxModule {
		return nil, fmt.Errorf("imported policy file %s is larger than 1 MiB", file)
	}
	module, err := ast.ParseModule(file, string(text))
	if err != nil {
		return nil, fmt.Errorf("failed to parse imported policy file %s for module %s: %w", file, from, err)
	}
	ref := ast.Ref{module.Package.Path[0]}
	for part := range strings.SplitSeq(path, ".") {
		ref = append(ref, ast.StringTerm(part))
	}
	module.Package = &ast.Package{Path: ref}
	return module, nil
}

// userModules are the modules as they are written, imported ones too (a prepared
// query knows only of those it was given), but for the helper.
func userModules(c *ast.Compiler) []*ast.Module {
	all := c.ParsedModules()
	var out []*ast.Module
	for _, name := range sortedKeys(all) {
		if name != helperName {
			out = append(out, all[name])
		}
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// printer hands print() lines to the evaluation they come from.
type printer struct{}

func (printer) Print(c print.Context, message string) error {
	if ev := evaluationOf(c.Context); ev != nil {
		ev.printed = append(ev.printed, c.Location.Format("%s", message))
	}
	return nil
}

var errNoRoot = errors.New("no policy FS defined for reading context files")
