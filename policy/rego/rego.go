// Package rego is the policy language of Buildx build policies: Rego modules of
// package docker whose data.docker.decision says what a build may fetch.
//
// It answers as `docker buildx build` does (github.com/docker/buildx/policy,
// v0.37 and v0.38) for the same source, platform and metadata, with the same
// messages, needs and errors. Modules are compiled once and evaluated many
// times; nothing is fetched, and files are read only below the root given.
package rego

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/imgpolicy/imgpolicy/policy"
)

// Versions that the package speaks as.
const (
	BuildxVersion    = "0.38"
	OldBuildxVersion = "0.37"
)

// DefaultTimeout bounds the evaluation of one source.
const DefaultTimeout = 10 * time.Second

// maxModule bounds the text of one module.
const maxModule = 1 << 20

// Options are the facts about the evaluation. The zero value speaks as the
// newest Buildx, with the default timeout.
type Options struct {
	// OldHost leaves input.http.host as it is written, as Buildx before v0.38.
	OldHost bool
	// Timeout bounds the evaluation of one source, 0 for DefaultTimeout.
	Timeout time.Duration
	// MemoryLimit is how many bytes the heap of the program may have while a source
	// is evaluated, 0 for DefaultMemoryLimit, below 0 for any.
	MemoryLimit int64
	// Now is the time that policies see, the zero value for that of the clock.
	Now time.Time
	// Verifier checks sigstore bundles, nil where nothing can: the builtins that
	// need one are then undefined.
	Verifier Verifier
}

// setDefaults sets the limits that are not given.
func (o *Options) setDefaults() {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MemoryLimit == 0 {
		o.MemoryLimit = DefaultMemoryLimit
	}
}

// Language is the language of "*.rego" policy files. It compiles a policy once
// for all the roots that it is loaded for, where nothing below the root matters
// to it.
func Language(opt Options) policy.Language {
	var shared rootless
	return policy.Language{
		Name:  "rego",
		Match: func(base string) bool { return strings.HasSuffix(strings.ToLower(base), ".rego") },
		Load: func(files []policy.File, root fs.FS) (policy.Policy, error) {
			return shared.load(files, root, opt)
		},
	}
}

// rootless are policies that read nothing below their root: they are the same
// for every directory of a tree.
type rootless struct {
	mu       sync.Mutex
	policies []*Policy
}

func (l *rootless) load(files []policy.File, root fs.FS, opt Options) (*Policy, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.policies {
		if slices.EqualFunc(p.files, files, func(a, b policy.File) bool { return a.Name == b.Name && bytes.Equal(a.Text, b.Text) }) {
			return p, nil
		}
	}
	p, err := Load(files, root, opt)
	if err == nil && !p.readsRoot() && len(l.policies) < maxShared {
		l.policies = append(l.policies, p)
	}
	return p, err
}

// maxShared bounds how many policies are kept for other roots.
const maxShared = 64

// readsRoot tells whether the policy may read files below its root: by an import
// or by a function.
func (p *Policy) readsRoot() bool {
	return len(p.modules) > len(p.files) || slices.ContainsFunc(readers, func(name string) bool { return p.mentions[name] })
}

// Policy is one policy of one or more modules, compiled. It is safe for
// concurrent use.
type Policy struct {
	files   []policy.File
	root    fs.FS
	opt     Options
	modules []*ast.Module
	// mentions are the names that any module could ask metadata by.
	mentions map[string]bool
	digests  []string // that a module names

	eval     rego.PreparedEvalQuery
	compiler *ast.Compiler // of eval; read only
	// preparePartial prepares the program for partial evaluation when that is
	// first needed: most policies never mention metadata.
	preparePartial func() (rego.PreparedPartialQuery, error)
	probes         probes
	remembered     remembered
}

// Load compiles a policy. Errors that point into a module are of type
// *policy.LoadError, with OPA's words.
func Load(files []policy.File, root fs.FS, opt Options) (*Policy, error) {
	opt.setDefaults()
	p := &Policy{files: files, root: root, opt: opt}
	for _, f := range files {
		if len(f.Text) > maxModule {
			return nil, &policy.LoadError{File: f.Name, Message: fmt.Sprintf("the policy has %d bytes; at most 1 MiB is read", len(f.Text))}
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), opt.Timeout)
	defer cancel()
	program, compiler := p.program()
	var err error
	p.eval, err = bounded(ctx, func() (rego.PreparedEvalQuery, error) { return program.PrepareForEval(ctx) })
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, &policy.LoadError{File: files[0].Name, Message: fmt.Sprintf("compiling it took too long: it was stopped after %s", opt.Timeout)}
	}
	if err != nil {
		return nil, loadError(files, err)
	}
	p.compiler, p.modules = compiler, userModules(compiler)
	p.mentions, p.digests = mentioned(p.modules), namedDigests(p.modules)
	p.preparePartial = sync.OnceValues(func() (rego.PreparedPartialQuery, error) {
		ctx, cancel := context.WithTimeout(context.Background(), opt.Timeout)
		defer cancel()
		program, _ := p.program()
		return program.PrepareForPartial(ctx)
	})
	return p, nil
}

// loadError points an error of OPA at the module it is about.
func loadError(files []policy.File, err error) error {
	first := firstError(err)
	if first == nil {
		return &policy.LoadError{File: files[0].Name, Message: err.Error(), Whole: err.Error()}
	}
	out := &policy.LoadError{File: files[0].Name, Message: first.Code + ": " + first.Message, Whole: err.Error()}
	if first.Location != nil && first.Location.File != "" {
		out.File, out.Line, out.Column = first.Location.File, max(1, first.Location.Row), max(1, first.Location.Col)
	}
	return out
}

// firstError is the first of OPA's errors in err, nil where there is none. OPA
// wraps them in two kinds of lists.
func firstError(err error) *ast.Error {
	var wrapped rego.Errors
	if errors.As(err, &wrapped) && len(wrapped) > 0 {
		err = wrapped[0]
	}
	var list ast.Errors
	if errors.As(err, &list) && len(list) > 0 {
		return list[0]
	}
	var one *ast.Error
	if errors.As(err, &one) {
		return one
	}
	return nil
}
