package rego

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/types"
	"github.com/opencontainers/go-digest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// function is one of Buildx's own functions (policy/funcs.go). An error makes
// the call undefined, as OPA does for builtins that are not strict.
type function struct {
	decl     *rego.Function
	register func(*rego.Rego)
}

func (p *Policy) functions() []function {
	s, a, b := types.S, types.A, types.B
	return []function{
		function1("load_json", types.NewFunction(types.Args(s), a), loadJSON),
		function2("verify_git_signature", types.NewFunction(types.Args(a, s), b), verifyGitSignature),
		function3("verify_http_pgp_signature", types.NewFunction(types.Args(a, s, s), b), verifyHTTPSignature),
		function2("pin_image", types.NewFunction(types.Args(a, s), b), pinImage),
		function2("artifact_attestation", types.NewFunction(types.Args(a, s), a), artifactAttestation),
		function2("github_attestation", types.NewFunction(types.Args(a, s), a), githubAttestation),
	}
}

func function1(name string, t *types.Function, f func(*evaluation, ast.Value) (*ast.Term, error)) function {
	decl := &rego.Function{Name: name, Decl: t, Memoize: true}
	return function{decl, rego.Function1(decl, func(c rego.BuiltinContext, x *ast.Term) (*ast.Term, error) {
		return f(evaluationOf(c.Context), x.Value)
	})}
}

func function2(name string, t *types.Function, f func(*evaluation, ast.Value, string) (*ast.Term, error)) function {
	decl := &rego.Function{Name: name, Decl: t}
	return function{decl, rego.Function2(decl, func(c rego.BuiltinContext, x, y *ast.Term) (*ast.Term, error) {
		text, ok := y.Value.(ast.String)
		if !ok {
			return nil, fmt.Errorf("%s: expected string, got %T", name, y.Value)
		}
		return f(evaluationOf(c.Context), x.Value, string(text))
	})}
}

func function3(name string, t *types.Function, f func(*evaluation, ast.Value, string, string) (*ast.Term, error)) function {
	decl := &rego.Function{Name: name, Decl: t}
	return function{decl, rego.Function3(decl, func(c rego.BuiltinContext, x, y, z *ast.Term) (*ast.Term, error) {
		first, ok := y.Value.(ast.String)
		second, ok2 := z.Value.(ast.String)
		if !ok || !ok2 {
			return nil, fmt.Errorf("%s: expected strings", name)
		}
		return f(evaluationOf(c.Context), x.Value, string(first), string(second))
	})}
}

// isInput refuses an argument that is not the very document judged.
func (ev *evaluation) isInput(v ast.Value) error {
	if _, ok := v.(ast.Object); !ok {
		return fmt.Errorf("expected object, got %T", v)
	}
	if ev.object == nil || v.Compare(ev.object) != 0 {
		return fmt.Errorf("first argument is not the same as input %s", ev.doc.kind)
	}
	return nil
}

// Sizes beyond which files are cut, as in Buildx.
const (
	maxJSON   = 4 << 20
	maxGitKey = 128 << 10
	maxPGP    = 512 << 10
	maxBundle = 8 << 20
)

// readFile reads a file below the root, at most limit bytes of it.
func (p *Policy) readFile(name string, limit int64) ([]byte, error) {
	if p.root == nil {
		return nil, errNoRoot
	}
	f, err := p.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("failed opening file %q: %w", name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil, fmt.Errorf("failed reading %q: %w", name, err)
	}
	return data, nil
}

func loadJSON(ev *evaluation, arg ast.Value) (*ast.Term, error) {
	name, ok := arg.(ast.String)
	if !ok {
		return nil, fmt.Errorf("load_json: expected string path, got %T", arg)
	}
	data, err := ev.policy.readFile(string(name), maxJSON)
	if err != nil {
		return nil, err
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("load_json: invalid JSON in %q: %w", name, err)
	}
	value, err := ast.InterfaceToValue(v)
	if err != nil {
		return nil, err
	}
	return ast.NewTerm(value), nil
}

// pinImage records the digest to use instead. It is a side effect: a body that
// fails afterwards has pinned all the same.
func pinImage(ev *evaluation, image ast.Value, text string) (*ast.Term, error) {
	if ev.doc.kind != "image" {
		return ast.BooleanTerm(false), nil
	}
	if err := ev.isInput(image); err != nil {
		return nil, err
	}
	d, err := digest.Parse(text)
	if err != nil {
		return nil, err
	}
	if ev.doc.fields["checksum"] != d.String() {
		ev.pins[d.String()] = true
	}
	return ast.BooleanTerm(true), nil
}

// pinned is the identifier of an image with another digest.
func pinned(src source.Source, d string) (string, error) {
	rest, ok := cutImageScheme(src.Identifier())
	if !ok {
		return "", fmt.Errorf("cannot pin non-image source: %q", src.Identifier())
	}
	img, err := source.ParseReference(rest)
	if err != nil {
		return "", err
	}
	name := img.Name()
	if img.Tag() != "" {
		name += ":" + img.Tag()
	}
	return source.ImageScheme + name + "@" + d, nil
}
