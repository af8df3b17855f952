package catalog

import "fmt"

// Severity grades what a scanner finds. The zero value is "not said".
type Severity int

// The severities, from mild to grave. None stands below all of them, as a limit
// under which nothing may remain.
const (
	None Severity = iota + 1
	Negligible
	Low
	Medium
	High
	Critical
	// Unknown is of findings that nobody has graded; Terms.UnknownAs says how they
	// count.
	Unknown
)

// severityNames are the names, by Severity.
func severityNames() []string {
	return []string{None: "none", Negligible: "negligible", Low: "low", Medium: "medium", High: "high", Critical: "critical", Unknown: "unknown"}
}

// String is the severity as catalogs and configs write it, "" for the zero value.
func (s Severity) String() string {
	if names := severityNames(); s > 0 && int(s) < len(names) {
		return names[s]
	}
	return ""
}

// ParseSeverity reads a severity as it is written.
func ParseSeverity(text string) (Severity, error) {
	for s, name := range severityNames() {
		if name == text && name != "" {
			return Severity(s), nil
		}
	}
	return 0, fmt.Errorf("%q is no severity (valid: none, negligible, low, medium, high, critical, unknown)", text)
}

// gradeForm is a severity that a finding can have.
var gradeForm = oneOf("negligible", "low", "medium", "high", "critical", "unknown")

// severity reads one.
func (s *scanner) severity() Severity {
	name := s.formed(gradeForm)
	if s.err != nil {
		return 0
	}
	severity, _ := ParseSeverity(name) // the form has checked it
	return severity
}
