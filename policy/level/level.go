// Package level holds the levels at which an organization governs what its
// builds may use, the highest first: each that says something must allow, and
// what a higher one finds only it, one above it or one it delegates to can waive.
//
// It does no I/O, and knows nothing of Dockerfiles or of how levels are written.
package level

import (
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// Rank is how high a level stands. The zero value is that of a file which names
// no level, below all others.
type Rank int

// The ranks, from the lowest up.
const (
	Unranked Rank = iota
	Application
	Project
	Program
	Organization
	// Machine is the policy of the machine that imgpolicy runs on.
	Machine
)

// Level is what one file of a chain says.
type Level struct {
	Rank Rank
	Name string // "payments"; "" for none
	// File is the file as people see it, Line that of `level:` (1 where there is
	// none).
	File string
	Line int
	// DryRun tells that what the level finds never fails a run.
	DryRun bool
	Terms  catalog.Terms
	// TermLines are the lines of the terms, by the keys of configs.
	TermLines map[string]int
	// Catalogs must each approve.
	Catalogs    []*catalog.Catalog
	Exceptions  []Exception
	Delegations []Delegation
}

// Exception waives what a rule finds about one source.
type Exception struct {
	Rule string // its ID
	// Source is an image with its digest, or the URL of a download or git source.
	Source             string
	Reason, By, Ticket string
	Until              catalog.Date // the last day; never zero
	File               string
	Line               int
}

// Delegation lets lower levels waive what rules find.
type Delegation struct {
	Rules []string // IDs
	To    Rank     // the lowest that may
	// MaxDays is how many days an exception may hold, 0 for no limit of its own.
	MaxDays int
	File    string
	Line    int
}
