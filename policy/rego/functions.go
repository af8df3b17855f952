package rego

import (
	"context"
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
// the call undefined, as OPA does for builtins that are not strict, and so does
// no result; the texts are Buildx's nevertheless, since a trace shows them.
type function struct {
	decl     *rego.Function
	register func(*rego.Rego)
}

// implementation computes a function. Nothing about the arguments is checked
// before it: which check comes first decides between false and undefined.
type implementation func(ctx context.Context, ev *evaluation, args []ast.Value) (*ast.Term, error)

// The names of the functions.
const (
	nameLoadJSON            = "load_json"
	nameVerifyGitSignature  = "verify_git_signature"
	nameVerifyHTTPSignature = "verify_http_pgp_signature"
	namePinImage            = "pin_image"
	nameArtifactAttestation = "artifact_attestation"
	nameGithubAttestation   = "github_attestation"
)

// readers are the names by which a policy reads files.
var readers = []string{
	nameLoadJSON, nameVerifyGitSignature, nameVerifyHTTPSignature, nameArtifactAttestation,
	"docker_github_builder_bundle", // of the helper module
}

func (p *Policy) functions() []function {
	s, a, b := types.S, types.A, types.B
	return []function{
		newFunction(nameLoadJSON, types.NewFunction(types.Args(s), a), loadJSON),
		newFunction(nameVerifyGitSignature, types.NewFunction(types.Args(a, s), b), verifyGitSignature),
		newFunction(nameVerifyHTTPSignature, types.NewFunction(types.Args(a, s, s), b), verifyHTTPSignature),
		newFunction(namePinImage, types.NewFunction(types.Args(a, s), b), pinImage),
		newFunction(nameArtifactAttestation, types.NewFunction(types.Args(a, s), a), artifactAttestation),
		newFunction(nameGithubAttestation, types.NewFunction(types.Args(a, s), a), githubAttestation),
	}
}

func newFunction(name string, t *types.Function, f implementation) function {
	decl := &rego.Function{Name: name, Decl: t, Memoize: name == nameLoadJSON}
	return function{decl, rego.FunctionDyn(decl, func(c rego.BuiltinContext, terms []*ast.Term) (*ast.Term, error) {
		args := make([]ast.Value, len(terms))
		for i, t := range terms {
			args[i] = t.Value
		}
		return f(c.Context, evaluationOf(c.Context), args)
	})}
}

// isInput refuses an argument that is not the very document judged.
func (ev *evaluation) isInput(name string, v ast.Value) error {
	if _, ok := v.(ast.Object); !ok {
		return fmt.Errorf("%s: expected object, got %T", name, v)
	}
	if ev.object == nil || v.Compare(ev.object) != 0 {
		return fmt.Errorf("%s: first argument is not the same as input %s", name, ev.doc.kind)
	}
	return nil
}

// argument is an argument that must be a string.
func argument(name, what string, v ast.Value) (string, error) {
	s, ok := v.(ast.String)
	if !ok {
		return "", fmt.Errorf("%s: expected %s, got %T", name, what, v)
	}
	return string(s), nil
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

func loadJSON(_ context.Context, ev *evaluation, args []ast.Value) (*ast.Term, error) {
	name, err := argument(nameLoadJSON, "string path", args[0])
	if err != nil {
		return nil, err
	}
	data, err := ev.policy.readFile(name, maxJSON)
	if err != nil {
		return nil, err
	}
	for _, d := range digestPattern().FindAll(data, maxDigests) {
		ev.loaded = append(ev.loaded, string(d))
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("%s: invalid JSON in %q: %w", nameLoadJSON, name, err)
	}
	value, err := ast.InterfaceToValue(v)
	if err != nil {
		return nil, fmt.Errorf("%s: failed converting JSON from %q: %w", nameLoadJSON, name, err)
	}
	return ast.NewTerm(value), nil
}

// pinImage records the digest to use instead. It is a side effect: a body that
// fails afterwards has pinned all the same.
func pinImage(_ context.Context, ev *evaluation, args []ast.Value) (*ast.Term, error) {
	if ev.doc.kind != "image" {
		return ast.BooleanTerm(false), nil
	}
	if err := ev.isInput(namePinImage, args[0]); err != nil {
		return nil, err
	}
	name, err := argument(namePinImage, "string path", args[1])
	if err != nil {
		return nil, err
	}
	d, err := digest.Parse(name)
	if err != nil {
		return nil, fmt.Errorf("%s: invalid digest: %w", namePinImage, err)
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
