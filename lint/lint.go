// Package lint turns Dockerfiles, rules and policies into diagnostics.
//
// It reads through the functions it is given and prints nothing: formats are
// in lint/report, the rules in lint/rules.
package lint

import (
	"context"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/policy"
)

// Linter lints Dockerfiles. It is safe for concurrent use once filled in.
type Linter struct {
	// Rules are all the rules there are.
	Rules []*Rule
	// Disabled names the rules that do not run. Mandatory rules run anyway.
	Disabled map[string]bool
	// Policies gives the policies in force for a Dockerfile, by its Name; all
	// must allow an input. nil has none.
	Policies func(file string) ([]policy.Policy, error)
	// Options are the facts about the build.
	Options dockerfile.Options
	// Jobs is how many files are linted at once, 0 for as many as there are
	// processors.
	Jobs int
}

// File is a Dockerfile to lint.
type File struct {
	// Name is the path as shown to people.
	Name string
	// Read returns the text.
	Read func() ([]byte, error)
}

// Pass is what a rule sees of one Dockerfile.
type Pass struct {
	File     *dockerfile.File
	Inputs   []dockerfile.Input
	Problems []dockerfile.Problem
}

// Failure is why a file could not be checked. A run with failures is never
// clean.
type Failure struct {
	File string
	Err  error
}

func (f Failure) Error() string { return f.File + ": " + f.Err.Error() }

// Lint lints files in parallel. Diagnostics come sorted by file in the order
// given, then by offset, rule and message. Files that could not be read or
// judged are in the second result, in order; the rest is linted all the same.
func (l *Linter) Lint(ctx context.Context, files []File) (*Result, []Failure) {
	panic("being written")
}
