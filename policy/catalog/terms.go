package catalog

// Terms are what an approval has to meet. The zero value of each says nothing;
// Default has what holds then.
type Terms struct {
	MinScanners int // distinct scanners
	// MaxSeverity is the highest severity of which findings may remain.
	MaxSeverity Severity
	// FixAvailableOnly counts only findings for which there is a fix; nil says
	// nothing.
	FixAvailableOnly *bool
	// UnknownAs is the severity that findings count as which nobody has graded.
	UnknownAs Severity
	// MaxEvidenceAge is how many days old a scan may be, MaxApprovalDays how many
	// days an approval may hold, MaxExceptionDays how many an exception or an
	// accepted finding.
	MaxEvidenceAge, MaxApprovalDays, MaxExceptionDays int
	// Licenses and Approvers are those that are allowed; nil allows all.
	Licenses, Approvers []string
}

// The terms where nothing is said.
const (
	DefaultMinScanners = 2
	DefaultMaxSeverity = High
	DefaultUnknownAs   = Medium
)
