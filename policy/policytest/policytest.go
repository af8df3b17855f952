// Package policytest runs the unit tests of a Rego policy, *_test.rego, as
// `docker buildx policy test` does, and prints what they came to.
//
// Unlike Buildx it never asks a registry about an image that a test mocks: the
// input is what the test says. And tests of one name in different packages are
// different tests. Files are found and read by the caller.
package policytest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// Options say what to run.
type Options struct {
	Run      string // only tests whose name contains it
	Coverage bool   // count what the policy's rules come to
	Rego     rego.Options
}

// Report is what the tests came to.
type Report struct {
	Results []Result
	// Ignored are rules named as tests that nothing runs.
	Ignored []rego.Test
	// Coverage is nil where it was not asked for.
	Coverage []rego.RuleCoverage
}

// Result is what one test came to.
type Result struct {
	rego.Test
	rego.TestResult
	// Ambiguous tells that another package has a test of the same name.
	Ambiguous bool
}

// Title is the name of the test, with its package where that is needed.
func (r *Result) Title() string {
	if r.Ambiguous {
		return r.Package + "." + r.Name
	}
	return r.Name
}

// ErrNoTests says that there is nothing to run.
var ErrNoTests = errors.New("no tests found")

// Run runs the tests in files of the policy in main. root is what modules may
// import and read.
func Run(ctx context.Context, main policy.File, files []policy.File, root fs.FS, opt Options) (*Report, error) {
	tests, err := rego.LoadTests(main, files, root, opt.Rego)
	if err != nil {
		return nil, err
	}
	all := tests.All()
	packages := map[string]int{}
	for _, t := range all {
		packages[t.Name]++
	}
	report := &Report{Ignored: tests.Ignored()}
	var coverage *rego.Coverage
	if opt.Coverage {
		coverage = tests.NewCoverage()
	}
	for _, t := range all {
		if !strings.Contains(t.Name, opt.Run) {
			continue
		}
		result := Result{Test: t, TestResult: tests.Run(ctx, t, coverage), Ambiguous: packages[t.Name] > 1}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		report.Results = append(report.Results, result)
	}
	switch {
	case len(report.Results) > 0:
	case len(all) > 0:
		return nil, fmt.Errorf("%w: none of the %d tests has %q in its name", ErrNoTests, len(all), opt.Run)
	default:
		return nil, fmt.Errorf("%w: a test is a rule whose name begins with test_, as in test_name if { … }", ErrNoTests)
	}
	if coverage != nil {
		report.Coverage = coverage.Rules()
	}
	return report, nil
}

// Failed counts the tests that did not pass.
func (r *Report) Failed() int {
	n := 0
	for i := range r.Results {
		if !r.Results[i].Pass {
			n++
		}
	}
	return n
}

// Errors are the tests that could not be evaluated.
func (r *Report) Errors() []error {
	var all []error
	for i := range r.Results {
		if t := &r.Results[i]; t.Err != nil {
			all = append(all, fmt.Errorf("%s:%d: %s: %w", t.File, t.Line, t.Title(), t.Err))
		}
	}
	return all
}

// Format is an output format.
type Format struct {
	Name, Summary string
	Write         func(w io.Writer, r *Report, verbose bool) error
}

// Formats are the output formats; the first is the default.
func Formats() []Format {
	return []Format{
		{"text", "Buildx's lines", writeText},
		{"json", "for programs", writeJSON},
		{"junit", "JUnit's XML, for CI systems", writeJUnit},
	}
}
