package approval

import (
	"fmt"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// Excess is what scanners found above a limit.
type Excess struct {
	catalog.Counts
	// Again are the findings among them that were accepted once, and are no more.
	Again []string
}

// Total is how many there are.
func (e Excess) Total() int {
	return e.Critical + e.High + e.Medium + e.Low + e.Negligible + e.Unknown
}

// Over is what one scanner found that is graver than may remain. accepted tells
// of a finding that was set aside whether that still holds.
func Over(e *catalog.Evidence, limits level.Limits, accepted func(id string) bool) Excess {
	counts := e.Findings
	if limits.FixAvailableOnly.Value {
		counts = e.Fixable
	}
	var out Excess
	for _, a := range e.SetAside {
		if a.VEX == "not_affected" || a.VEX == "fixed" || accepted(a.ID) || limits.FixAvailableOnly.Value && !a.Fixable {
			continue
		}
		if grave(a.Severity, limits) {
			out.Again = append(out.Again, a.ID)
		}
		*of(&counts, a.Severity)++
	}
	for _, severity := range severities() {
		if grave(severity, limits) {
			*of(&out.Counts, severity) = *of(&counts, severity)
		}
	}
	return out
}

// grave tells whether findings of a severity may not remain.
func grave(severity catalog.Severity, limits level.Limits) bool {
	if severity == catalog.Unknown {
		severity = limits.UnknownAs.Value
	}
	return severity > limits.MaxSeverity.Value
}

// severities are those that findings have, the gravest first.
func severities() []catalog.Severity {
	return []catalog.Severity{catalog.Critical, catalog.High, catalog.Medium, catalog.Low, catalog.Negligible, catalog.Unknown}
}

// of is the count of a severity.
func of(c *catalog.Counts, severity catalog.Severity) *int {
	switch severity {
	case catalog.Critical:
		return &c.Critical
	case catalog.High:
		return &c.High
	case catalog.Medium:
		return &c.Medium
	case catalog.Low:
		return &c.Low
	case catalog.Negligible:
		return &c.Negligible
	}
	return &c.Unknown
}

// Add counts one finding of a severity.
func Add(c *catalog.Counts, severity catalog.Severity) { *of(c, severity)++ }

// counted names counts: "2 critical and 1 high findings".
func counted(c catalog.Counts) string {
	var parts []string
	total := 0
	for _, severity := range severities() {
		if n := *of(&c, severity); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, severity))
			total += n
		}
	}
	if total == 1 {
		return parts[0] + " finding"
	}
	return listed(parts) + " findings"
}

// count is a number of things.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// most is how many items fit a message.
const most = 5

// listed names items, as many as fit: "a, b and c".
func listed(items []string) string {
	shown := items
	if more := len(items) - most; more > 0 {
		return strings.Join(items[:most], ", ") + fmt.Sprintf(" and %d more", more)
	}
	if len(shown) < 2 {
		return strings.Join(shown, "")
	}
	return strings.Join(shown[:len(shown)-1], ", ") + " and " + shown[len(shown)-1]
}
