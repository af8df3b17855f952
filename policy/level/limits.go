package level

import (
	"fmt"

	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// Limit is a value in force, and the level that sets it: nil for the default.
type Limit[T any] struct {
	Value T
	By    *Level
	Key   string // of configs, such as "min-scanners"
}

// Limits are what an approval has to meet at all levels together.
type Limits struct {
	MinScanners      Limit[int]
	MaxSeverity      Limit[catalog.Severity]
	FixAvailableOnly Limit[bool]
	UnknownAs        Limit[catalog.Severity]
	// The limits in days are 0 for none.
	MaxEvidenceAge, MaxApprovalDays, MaxExceptionDays Limit[int]
	// Licenses and Approvers are the lists of all levels that have one; each must
	// allow.
	Licenses, Approvers []Limit[[]string]
}

// LimitsOf are the strictest limits of levels, the highest first; where several
// are as strict the highest level sets it.
func LimitsOf(levels []Level) Limits {
	l := Limits{
		MinScanners: Limit[int]{Value: catalog.DefaultMinScanners},
		MaxSeverity: Limit[catalog.Severity]{Value: catalog.DefaultMaxSeverity},
		UnknownAs:   Limit[catalog.Severity]{Value: catalog.DefaultUnknownAs},
	}
	for i := range levels {
		by := &levels[i]
		t := &by.Terms
		more, fewer := func(a, b int) bool { return a > b }, func(a, b int) bool { return a < b }
		l.MinScanners.take("min-scanners", t.MinScanners, by, more)
		l.MaxSeverity.take("max-severity", t.MaxSeverity, by, func(a, b catalog.Severity) bool { return a < b })
		l.UnknownAs.take("unknown-as", t.UnknownAs, by, func(a, b catalog.Severity) bool { return a > b })
		l.MaxEvidenceAge.take("max-evidence-age", t.MaxEvidenceAge, by, fewer)
		l.MaxApprovalDays.take("max-approval-days", t.MaxApprovalDays, by, fewer)
		l.MaxExceptionDays.take("max-exception-days", t.MaxExceptionDays, by, fewer)
		if only := t.FixAvailableOnly; only != nil && (l.FixAvailableOnly.By == nil || l.FixAvailableOnly.Value && !*only) {
			l.FixAvailableOnly = Limit[bool]{*only, by, "fix-available-only"}
		}
		if t.Licenses != nil {
			l.Licenses = append(l.Licenses, Limit[[]string]{t.Licenses, by, "licenses"})
		}
		if t.Approvers != nil {
			l.Approvers = append(l.Approvers, Limit[[]string]{t.Approvers, by, "approvers"})
		}
	}
	return l
}

// take takes in what a level says, the zero value for nothing. The first level
// that says something replaces the default, which is no level's word.
func (l *Limit[T]) take(key string, value T, by *Level, stricter func(a, b T) bool) {
	var zero T
	if any(value) == any(zero) || l.By != nil && !stricter(value, l.Value) {
		return
	}
	*l = Limit[T]{value, by, key}
}

// Place is where a limit comes from, as messages add it: " (organization acme,
// org/.imgpolicy.yaml:4)".
func (l Limit[T]) Place() string {
	if l.By == nil {
		return " (the default)"
	}
	line := l.By.TermLines[l.Key]
	if line == 0 {
		return " (" + l.By.String() + ")"
	}
	place := fmt.Sprintf("%s:%d", l.By.File, line)
	if title := l.By.Title(); title != "" {
		place = title + ", " + place
	}
	return " (" + place + ")"
}

// String names the level and its file.
func (l *Level) String() string {
	title := l.Title()
	if title == "" {
		return l.place()
	}
	return title + ", " + l.place()
}

// Title names the level: "organization acme", "" for one without a rank.
func (l *Level) Title() string {
	switch {
	case l.Rank == Unranked:
		return ""
	case l.Name == "":
		return l.Rank.String()
	}
	return l.Rank.String() + " " + l.Name
}

func (l *Level) place() string {
	if l.Line == 0 {
		return l.File
	}
	return fmt.Sprintf("%s:%d", l.File, l.Line)
}

// rankNames are the names, by Rank.
func rankNames() []string {
	return []string{Application: "application", Project: "project", Program: "program", Organization: "organization", Machine: "machine"}
}

// String is the rank as configs write it, "" for none.
func (r Rank) String() string {
	if names := rankNames(); r > 0 && int(r) < len(names) {
		return names[r]
	}
	return ""
}

// ParseRank reads a rank that a config may give its level.
func ParseRank(text string) (Rank, error) {
	for r, name := range rankNames() {
		if name == text && name != "" && Rank(r) != Machine {
			return Rank(r), nil
		}
	}
	return 0, fmt.Errorf("no level (valid: organization, program, project, application)")
}

// Scopes are the scopes of approvals that builds below these levels may use:
// "organization" and, as far as the levels have names, "program:NAME",
// "project:NAME/NAME" and "application:NAME/NAME/NAME".
func Scopes(levels []Level) []string {
	names := map[Rank]string{}
	for i := range levels {
		names[levels[i].Rank] = levels[i].Name
	}
	scopes := []string{Organization.String()}
	path := ""
	for _, rank := range []Rank{Program, Project, Application} {
		if names[rank] == "" {
			break
		}
		if path != "" {
			path += "/"
		}
		path += names[rank]
		scopes = append(scopes, rank.String()+":"+path)
	}
	return scopes
}
