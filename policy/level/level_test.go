package level

import (
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

func date(t *testing.T, text string) catalog.Date {
	t.Helper()
	d, err := catalog.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestLimitsOf(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	levels := []Level{
		{Rank: Organization, Terms: catalog.Terms{MinScanners: 1, MaxSeverity: catalog.Critical, MaxEvidenceAge: 30, FixAvailableOnly: &yes, Licenses: []string{"MIT"}}},
		{Rank: Program, Terms: catalog.Terms{MinScanners: 3, MaxSeverity: catalog.Medium, MaxEvidenceAge: 60, FixAvailableOnly: &no, Licenses: []string{"MIT", "BSD"}}},
		{Rank: Project, Terms: catalog.Terms{MinScanners: 2, MaxSeverity: catalog.High}},
	}
	got := LimitsOf(levels)
	if got.MinScanners != (Limit[int]{3, &levels[1], "min-scanners"}) || got.MaxSeverity != (Limit[catalog.Severity]{catalog.Medium, &levels[1], "max-severity"}) {
		t.Errorf("the scanners are %v and the severity %v, want the program's", got.MinScanners, got.MaxSeverity)
	}
	if got.MaxEvidenceAge != (Limit[int]{30, &levels[0], "max-evidence-age"}) {
		t.Errorf("the age is %v, want the organization's", got.MaxEvidenceAge)
	}
	if got.FixAvailableOnly != (Limit[bool]{false, &levels[1], "fix-available-only"}) {
		t.Errorf("only what can be fixed: %v, want that all counts, by the program", got.FixAvailableOnly)
	}
	if len(got.Licenses) != 2 {
		t.Errorf("%d lists of licences, want both", len(got.Licenses))
	}
	if one := LimitsOf(levels[:1]); one.MinScanners.Value != 1 || one.MinScanners.By != &levels[0] {
		t.Errorf("the scanners are %v: a level may ask for fewer than the default", one.MinScanners)
	}
	if none := LimitsOf(nil); none.MinScanners.Value != 2 || none.MaxSeverity.Value != catalog.High || none.UnknownAs.Value != catalog.Medium || none.MinScanners.By != nil {
		t.Errorf("without levels: %+v, want the defaults", none)
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		levels []Level
		want   string
	}{
		{nil, "organization"},
		{[]Level{{Rank: Organization, Name: "acme"}, {Rank: Program, Name: "payments"}, {Rank: Project, Name: "checkout"}, {Rank: Application, Name: "api"}}, "organization program:payments project:payments/checkout application:payments/checkout/api"},
		{[]Level{{Rank: Organization}, {Rank: Project, Name: "checkout"}}, "organization"},
		{[]Level{{Rank: Program, Name: "payments"}}, "organization program:payments"},
	}
	for _, tt := range tests {
		if got := strings.Join(Scopes(tt.levels), " "); got != tt.want {
			t.Errorf("Scopes() = %s, want %s", got, tt.want)
		}
	}
}

func TestWaive(t *testing.T) {
	t.Parallel()
	const source = "docker.io/library/node@sha256:1"
	exception := Exception{Rule: "other-version", Source: source, Until: date(t, "2026-12-01"), File: "x.yaml", Line: 7}
	with := func(e Exception, rank Rank) []Level {
		levels := []Level{{Rank: Organization, Name: "acme", File: "org.yaml", Line: 1}, {Rank: Program, File: "program.yaml", Line: 1}, {Rank: Project, File: "project.yaml", Line: 1}}
		for i := range levels {
			if levels[i].Rank == rank {
				levels[i].Exceptions = []Exception{e}
			}
		}
		return levels
	}
	delegated := func(d Delegation) func(*[]Level) { return func(l *[]Level) { (*l)[0].Delegations = []Delegation{d} } }
	revoked := exception
	revoked.Rule = RevokedImage
	tests := []struct {
		name    string
		levels  []Level
		change  func(*[]Level)
		rule    string
		of      int // the index of the level, -1 for none
		today   string
		waived  bool
		because string
	}{
		{name: "at its own level", levels: with(exception, Organization), today: "2026-12-01", waived: true},
		{name: "above it", levels: with(exception, Organization), of: 1, today: "2026-11-01", waived: true},
		{name: "of no level", levels: with(exception, Project), of: -1, today: "2026-11-01", waived: true},
		{name: "expired", levels: with(exception, Organization), today: "2026-12-02", because: "the exception of x.yaml:7 expired on 2026-12-01"},
		{name: "below it", levels: with(exception, Project), today: "2026-11-01", because: "the exception of x.yaml:7 does not count: it is a finding of the organization acme, org.yaml:1, which does not delegate other-version to it"},
		{name: "delegated", levels: with(exception, Project), change: delegated(Delegation{Rules: []string{"other-version"}, To: Project}), today: "2026-11-01", waived: true},
		{name: "delegated to a higher one", levels: with(exception, Project), change: delegated(Delegation{Rules: []string{"other-version"}, To: Program}), today: "2026-11-01", because: "does not delegate"},
		{name: "delegated for fewer days", levels: with(exception, Project), change: delegated(Delegation{Rules: []string{"other-version"}, To: Project, MaxDays: 10, File: "org.yaml", Line: 4}), today: "2026-11-20", because: "org.yaml:4 delegates other-version for at most 10 days, and it holds until 2026-12-01"},
		{name: "revoked, by the organization", levels: with(revoked, Organization), rule: RevokedImage, of: 1, today: "2026-11-01", waived: true},
		{name: "revoked, by a program", levels: with(revoked, Program), rule: RevokedImage, of: 1, today: "2026-11-01", because: "only the organization waives revoked-image"},
		{name: "another rule", levels: with(exception, Organization), rule: "out-of-scope", today: "2026-11-01"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.change != nil {
				tt.change(&tt.levels)
			}
			f := Finding{Rule: "other-version", Sources: []string{source}}
			if tt.rule != "" {
				f.Rule = tt.rule
			}
			if tt.of >= 0 {
				f.Of = &tt.levels[tt.of]
			}
			by, why := Waive(tt.levels, f, date(t, tt.today))
			if (by != nil) != tt.waived {
				t.Errorf("Waive() = %v, %q", by, why)
			}
			if tt.because == "" && why != nil || tt.because != "" && !slices.ContainsFunc(why, func(s string) bool { return strings.Contains(s, tt.because) }) {
				t.Errorf("it says %q, want %q", why, tt.because)
			}
		})
	}
}
