package approval

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/evidence"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

func TestRequest(t *testing.T) {
	t.Parallel()
	digest := func(c string) string { return "sha256:" + strings.Repeat(c, 64) }
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	today := catalog.DateOf(now)
	set := evidence.Set{Digest: digest("a"), Platforms: map[string]catalog.Platform{"linux/amd64": {Manifest: digest("b"), Config: digest("c")}, "linux/arm64": {Manifest: digest("d")}}}
	report := func(scanner string, change ...func(*evidence.Report)) *evidence.Report {
		r := &evidence.Report{File: scanner + ".json", Scanner: scanner, Digests: []string{digest("a")}, ScannedAt: now.Add(-time.Hour), SHA256: strings.Repeat("0", 64)}
		for _, c := range change {
			c(r)
		}
		return r
	}
	found := func(findings ...evidence.Finding) func(*evidence.Report) {
		return func(r *evidence.Report) { r.Findings = findings }
	}
	critical := evidence.Finding{ID: "CVE-1", Aliases: []string{"GHSA-1"}, Severity: catalog.Critical, Fixable: true}
	base := func() Request {
		return Request{
			Image: "docker.io/library/node", Tag: "20", Set: set, By: "a@example.com", Scope: []string{"organization"}, Now: now, Expires: today.Plus(90),
			Reports: []*evidence.Report{report("trivy"), report("grype")},
		}
	}
	tests := []struct {
		name   string
		change func(*Request, *level.Level, *catalog.Catalog)
		want   []string // parts of the flaws, in order
		notes  []string
		aside  int
	}{
		{name: "met", change: func(*Request, *level.Level, *catalog.Catalog) {}},
		{name: "one scanner", change: func(r *Request, _ *level.Level, _ *catalog.Catalog) { r.Reports = r.Reports[:1] }, want: []string{"too-few-scanners: node:20 was looked at by 1 scanner (trivy), and 2 are needed (the default)"}},
		{
			name: "one scanner twice", change: func(r *Request, _ *level.Level, _ *catalog.Catalog) {
				r.Reports[1] = report("trivy", func(r *evidence.Report) { r.File = "other.json" })
			},
			want: []string{"too-few-scanners"}, notes: []string{"trivy.json and other.json are both by trivy, which counts once"},
		},
		{
			name: "another image", change: func(r *Request, _ *level.Level, _ *catalog.Catalog) { r.Reports[1].Digests = []string{digest("e")} },
			want: []string{"evidence-mismatch: the report is about another image: it names " + digest("e") + ", and node:20 is " + digest("a"), "too-few-scanners"},
		},
		{
			name: "no digest", change: func(r *Request, _ *level.Level, _ *catalog.Catalog) { r.Reports[1].Digests = nil },
			want: []string{"evidence-mismatch: the report names no digest", "too-few-scanners"},
		},
		{
			name: "asserted", change: func(r *Request, _ *level.Level, _ *catalog.Catalog) {
				r.Reports[1].Digests, r.AssertSubject = nil, true
			},
			notes: []string{"grype.json names no digest: that it is about node:20 is asserted"},
		},
		{
			name: "one platform", change: func(r *Request, _ *level.Level, _ *catalog.Catalog) { r.Reports[1].Digests = []string{digest("c")} },
			notes: []string{"grype.json covers linux/amd64, and not linux/arm64"},
		},
		{
			name: "over the limit", change: func(r *Request, _ *level.Level, _ *catalog.Catalog) { found(critical)(r.Reports[0]) },
			want: []string{"findings-over-limit: node:20 has 1 critical finding by trivy, and high is the highest severity that may remain (the default) [CVE-1; to accept one for a time: `imgpolicy catalog accept CVE-1 --image docker.io/library/node --until DATE --reason TEXT --by NAME`]"},
		},
		{
			name: "accepted by its alias", aside: 1, change: func(r *Request, _ *level.Level, c *catalog.Catalog) {
				found(critical)(r.Reports[0])
				c.Accept(catalog.Accepted{ID: "GHSA-1", Reason: "x", By: "y", Until: today})
			},
		},
		{
			name: "accepted until yesterday", change: func(r *Request, _ *level.Level, c *catalog.Catalog) {
				found(critical)(r.Reports[0])
				c.Accept(catalog.Accepted{ID: "GHSA-1", Reason: "x", By: "y", Until: today.Plus(-1)})
			}, want: []string{"findings-over-limit"},
		},
		{
			name: "ruled out", aside: 1, change: func(r *Request, _ *level.Level, _ *catalog.Catalog) {
				f := critical
				f.VEX = "not_affected"
				found(f)(r.Reports[0])
			},
		},
		{
			name: "no fix", change: func(r *Request, l *level.Level, _ *catalog.Catalog) {
				yes := true
				l.Terms.FixAvailableOnly = &yes
				f := critical
				f.Fixable = false
				found(f)(r.Reports[0])
			},
		},
		{
			name: "too old", change: func(r *Request, l *level.Level, _ *catalog.Catalog) {
				l.Terms.MaxEvidenceAge = 3
				r.Reports[0].ScannedAt = now.AddDate(0, 0, -4)
			}, want: []string{"evidence-stale: the scan of node:20 by trivy is of 2026-11-22, 4 days old, and 3 days are the most"},
		},
		{
			name: "too long", change: func(_ *Request, l *level.Level, _ *catalog.Catalog) { l.Terms.MaxApprovalDays = 30 },
			want: []string{"approval-expired: the approval of node:20 would hold until 2027-02-24, 90 days, and 30 are the most"},
		},
		{
			name: "for ever", change: func(r *Request, l *level.Level, _ *catalog.Catalog) {
				l.Terms.MaxApprovalDays = 30
				r.Expires = catalog.Date{}
			}, want: []string{"approval-expired: the approval of node:20 would never expire, and 30 days are the most"},
		},
		{
			name: "licence", change: func(r *Request, l *level.Level, _ *catalog.Catalog) {
				l.Terms.Licenses = []string{"MIT"}
				r.Reports[0].Licenses = []evidence.License{{Name: "GPL-3.0", Package: "bash"}, {Name: "MIT", Package: "x"}}
			}, want: []string{"license-not-allowed: node:20 is under GPL-3.0, and only MIT are allowed"},
		},
		{
			name: "approver", change: func(_ *Request, l *level.Level, _ *catalog.Catalog) { l.Terms.Approvers = []string{"b@example.com"} },
			want: []string{"approver-not-allowed: node:20 was approved by a@example.com, who is not one of b@example.com"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, c := base(), &catalog.Catalog{}
			levels := []level.Level{{Rank: level.Organization, File: "org.yaml", Line: 1, Catalogs: []*catalog.Catalog{c}}}
			tt.change(&r, &levels[0], c)
			j := NewJudge(levels, today)
			o := j.Request(j.Books[0], &r)
			var got []string
			for _, f := range o.Flaws {
				text := f.Rule + ": " + f.Message
				if len(f.Notes) > 0 {
					text += " [" + strings.Join(f.Notes, "; ") + "]"
				}
				got = append(got, text)
			}
			matches(t, "flaws", got, tt.want)
			matches(t, "notes", o.Notes, tt.notes)
			aside := 0
			for _, e := range o.Version.Evidence {
				aside += len(e.SetAside)
			}
			if aside != tt.aside {
				t.Errorf("%d findings are set aside, want %d", aside, tt.aside)
			}
			if len(o.Flaws) == 0 {
				c.Put(o.Image, o.Version)
				if again := NewJudge(levels, today); len(again.Flaws(again.Books[0], c.Find(r.Image), c.Find(r.Image).Tagged("20")[0], "")) > 0 {
					t.Errorf("what was approved has flaws at once")
				}
			}
		})
	}
}

func matches(t *testing.T, what string, got, want []string) {
	t.Helper()
	ok := len(got) == len(want)
	for i := 0; ok && i < len(got); i++ {
		ok = strings.Contains(got[i], want[i])
	}
	if !ok {
		t.Errorf("the %s are %s, want %s", what, fmt.Sprintf("%q", got), fmt.Sprintf("%q", want))
	}
}
