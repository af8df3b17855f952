// Package policy decides whether a build may fetch a source.
//
// It holds what all policy languages share; the languages themselves are in the
// packages below it, and the list of them is the program's. A policy decides
// about a source and never about a Dockerfile.
package policy

import (
	"context"
	"fmt"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// Outcome is a policy's answer. The zero value denies, so that a forgotten
// field fails closed.
type Outcome int

// The outcomes.
const (
	Deny Outcome = iota
	Unknown
	Allow
)

// String is the outcome in lower case.
func (o Outcome) String() string {
	switch o {
	case Allow:
		return "allow"
	case Unknown:
		return "unknown"
	default:
		return "deny"
	}
}

// Request is what a policy is asked about.
type Request struct {
	Source source.Source
	// Platform is the platform an image is fetched for, such as "linux/amd64";
	// "" where there is none.
	Platform string
}

// Entry is a place in a policy file.
type Entry struct {
	File string // as the user named it
	Line int    // 1-based; 0 for the file as a whole
	Text string // the entry as written, for instance "defaultAllow": false
}

// Decision is a policy's whole answer about one source.
type Decision struct {
	Outcome Outcome
	// Messages says why a source is denied, one sentence each without a
	// trailing period; never empty for a denial.
	Messages []string
	// Missing are the fields of the source's metadata that are needed first.
	Missing []string
	// By is the entry that decided.
	By Entry
	// Help says what the policy would allow instead, or is empty.
	Help string
	// Notes add what a reader of the decision should know.
	Notes []string
}

// Policy is one loaded policy. Decide is safe for concurrent use.
type Policy interface {
	Decide(ctx context.Context, r Request) (Decision, error)
}

// Language is a way to write policies.
type Language struct {
	Name string
	// Match tells whether a file of this base name is written in the language.
	Match func(base string) bool
	// Load compiles the text of a policy file. name is used in messages and
	// decisions. Errors that point into the text are of type *LoadError.
	Load func(name string, text []byte) (Policy, error)
}

// LoadError says where and why a policy file cannot be used.
type LoadError struct {
	File         string
	Line, Column int    // 1-based, columns in code points; 0 where unknown
	Entry        string // the entry as written, or ""
	Message      string
}

func (e *LoadError) Error() string {
	where := e.File
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
	}
	if e.Entry != "" {
		return fmt.Sprintf("%s: %s: %s", where, e.Message, e.Entry)
	}
	return where + ": " + e.Message
}
