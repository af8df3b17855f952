package approval

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/evidence"
)

// EvidenceMismatch is the rule of a report that is not about the image it is to be
// evidence for. Nothing but approvals reports it.
const EvidenceMismatch = "evidence-mismatch"

// Request is a version of an image that somebody wants to approve, or to renew the
// approval of, with what scanners found in it.
type Request struct {
	Image, Tag string // the full public name, and the tag
	// Set is what the image consists of: what reports are bound to.
	Set     evidence.Set
	Reports []*evidence.Report
	VEX     []*evidence.VEX
	// AssertSubject takes a report that names no digest for one about the image.
	AssertSubject bool

	Licenses          []string // nil for those that reports found
	Owner, By, Ticket string
	Scope             []string
	Private           string // where its copy is, "" for nowhere
	Expires           catalog.Date
	Now               time.Time
}

// Outcome is what becomes of a request.
type Outcome struct {
	Image   catalog.Image   // without versions
	Version catalog.Version // to put into the catalog, without details
	// Flaws are the conditions that are not met; with any of them nothing is to be
	// approved. File and Line are those of the report that a flaw is about, or of
	// the limit in a config; "" where there is none.
	Flaws []Flaw
	Notes []string
	// Found are the findings of each report that counts, parallel to
	// Version.Evidence.
	Found []*evidence.Report
}

// Request judges a request by a catalog: whether each report is about the image,
// and whether together they meet what the levels ask for.
func (j *Judge) Request(b *Book, r *Request) *Outcome {
	o := &Outcome{Image: catalog.Image{Name: r.Image, Owner: r.Owner, License: r.Licenses}}
	o.Version = catalog.Version{
		Tag: r.Tag, Digest: r.Set.Digest, Private: r.Private, Platforms: r.Set.Platforms, Status: catalog.Approved, Scope: slices.Clone(r.Scope),
		ApprovedBy: r.By, ApprovedAt: r.Now.UTC().Truncate(time.Second), Expires: r.Expires, Ticket: r.Ticket,
	}
	slices.Sort(o.Version.Scope)
	name := shortName(r.Image) + ":" + r.Tag
	for _, report := range r.Reports {
		o.take(j, b, r, report, name)
	}
	if o.Image.License == nil {
		o.Image.License = o.licenses()
	}
	if known := b.Find(r.Image); known != nil && o.Image.License == nil {
		o.Image.License = known.License
	}
	slices.SortStableFunc(o.Found, func(x, y *evidence.Report) int {
		return strings.Compare(x.Scanner+" "+x.SHA256, y.Scanner+" "+y.SHA256)
	})
	slices.SortStableFunc(o.Version.Evidence, func(x, y catalog.Evidence) int {
		return strings.Compare(x.Scanner+" "+x.SHA256, y.Scanner+" "+y.SHA256)
	})
	c := &check{Judge: j, book: b, image: &o.Image, version: &o.Version, name: name}
	c.scanners()
	c.age()
	c.findings()
	c.licenses()
	c.approver()
	c.duration(r.Now)
	c.again()
	for i := range c.flaws {
		c.flaws[i].File, c.flaws[i].Line, c.flaws[i].Entry = "", 0, "" // it is in no catalog yet
		if of := c.flaws[i].Of; of.TermLines[termOf[c.flaws[i].Rule]] > 0 {
			c.flaws[i].File, c.flaws[i].Line = of.File, of.TermLines[termOf[c.flaws[i].Rule]]
		}
		c.flaws[i].Notes = append(c.flaws[i].Notes, o.named(j, b, c.flaws[i])...)
	}
	o.Flaws = append(o.Flaws, c.flaws...)
	return o
}

// termOf is the key of configs that a rule holds versions against.
var termOf = map[string]string{
	TooFewScanners: "min-scanners", FindingsOverLimit: "max-severity", EvidenceStale: "max-evidence-age", ApprovalExpired: "max-approval-days",
	LicenseNotAllowed: "licenses", ApproverNotAllowed: "approvers",
}

// take takes in a report that is about the image.
func (o *Outcome) take(j *Judge, b *Book, r *Request, report *evidence.Report, name string) {
	binding, platforms := report.Bind(r.Set)
	switch {
	case binding == "" && len(report.Digests) == 0 && r.AssertSubject:
		binding = "asserted"
		o.Notes = append(o.Notes, fmt.Sprintf("%s names no digest: that it is about %s is asserted", report.File, name))
	case binding == "" && len(report.Digests) == 0:
		o.Flaws = append(o.Flaws, Flaw{
			Rule: EvidenceMismatch, Of: b.Of, File: report.File, Line: report.Line, Message: "the report names no digest of the image that it is about",
			Help: fmt.Sprintf("scan the image by its digest, %s@%s, or vouch for the report with --assert-subject", shortName(r.Image), r.Set.Digest),
		})
		return
	case binding == "":
		o.Flaws = append(o.Flaws, Flaw{
			Rule: EvidenceMismatch, Of: b.Of, File: report.File, Line: report.Line,
			Message: fmt.Sprintf("the report is about another image: it names %s, and %s is %s", listed(report.Digests), name, r.Set.Digest),
			Help:    fmt.Sprintf("scan %s@%s", shortName(r.Image), r.Set.Digest),
		})
		return
	}
	for _, other := range o.Found {
		if other.Scanner == report.Scanner {
			o.Notes = append(o.Notes, fmt.Sprintf("%s and %s are both by %s, which counts once", other.File, report.File, report.Scanner))
		}
	}
	if missing := uncovered(r.Set, platforms); len(missing) > 0 && len(platforms) > 0 {
		o.Notes = append(o.Notes, fmt.Sprintf("%s covers %s, and not %s", report.File, listed(platforms), listed(missing)))
	}
	e := catalog.Evidence{
		Scanner: report.Scanner, Version: report.Version, DB: report.DB, ScannedAt: report.ScannedAt, Format: report.Format,
		Binding: binding, Platforms: platforms, OS: report.OS, SHA256: report.SHA256,
	}
	for i := range report.Findings {
		o.count(&e, &report.Findings[i], j, b, r)
	}
	o.Found = append(o.Found, report)
	o.Version.Evidence = append(o.Version.Evidence, e)
}

func uncovered(set evidence.Set, platforms []string) []string {
	var missing []string
	for name := range set.Platforms {
		if !slices.Contains(platforms, name) {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return missing
}

// count counts a finding, or sets it aside.
func (o *Outcome) count(e *catalog.Evidence, f *evidence.Finding, j *Judge, b *Book, r *Request) {
	ids := f.IDs()
	status := f.VEX
	for _, vex := range r.VEX {
		if said := vex.Status(ids, r.Set.Digests()); said != "" {
			status = said
		}
	}
	if status == "not_affected" || status == "fixed" {
		e.SetAside = append(e.SetAside, catalog.SetAside{ID: f.ID, Severity: f.Severity, Fixable: f.Fixable, VEX: status})
		return
	}
	for _, id := range ids {
		if b.AcceptedAt(id, r.Image, j.Today) != nil {
			e.SetAside = append(e.SetAside, catalog.SetAside{ID: id, Severity: f.Severity, Fixable: f.Fixable})
			return
		}
	}
	Add(&e.Findings, f.Severity)
	if f.Fixable {
		Add(&e.Fixable, f.Severity)
	}
}

// licenses are those that the reports name, sorted, nil for none.
func (o *Outcome) licenses() []string {
	var names []string
	for _, report := range o.Found {
		for _, l := range report.Licenses {
			if l.Name != "" && !slices.Contains(names, l.Name) {
				names = append(names, l.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// named are the findings behind a flaw about them, and how to accept one.
func (o *Outcome) named(j *Judge, b *Book, f Flaw) []string {
	if f.Rule != FindingsOverLimit {
		return nil
	}
	for i, report := range o.Found {
		if !strings.Contains(f.Message, " by "+report.Scanner+", ") {
			continue
		}
		aside := map[string]bool{}
		for _, a := range o.Version.Evidence[i].SetAside {
			aside[a.ID] = true
		}
		var ids []string
		for k := range report.Findings {
			finding := &report.Findings[k]
			out := slices.ContainsFunc(finding.IDs(), func(id string) bool { return aside[id] })
			if !out && grave(finding.Severity, j.Limits) && (finding.Fixable || !j.Limits.FixAvailableOnly.Value) {
				ids = append(ids, finding.ID)
			}
		}
		if len(ids) > 0 {
			return []string{listed(ids), fmt.Sprintf("to accept one for a time: `imgpolicy catalog accept %s --image %s --until DATE --reason TEXT --by NAME`", ids[0], o.Image.Name)}
		}
	}
	return nil
}

// again refuses content of which the approval was taken back: that is not undone in
// passing.
func (c *check) again() {
	known := c.book.Find(c.image.Name)
	if known == nil {
		return
	}
	for _, v := range known.WithDigest(c.version.Digest) {
		if v.Status == catalog.Revoked {
			c.add(Flaw{
				Rule: RevokedImage, Message: fmt.Sprintf("%s has the content of %s, which is revoked%s", c.name, v.Tag, because(v.Reason)),
				Help: "approve other content; where the revocation was a mistake, take it out of the catalog first",
			})
			return
		}
	}
}

// duration holds the time that an approval is to hold against its limit.
func (c *check) duration(now time.Time) {
	limit := c.Limits.MaxApprovalDays
	if limit.Value == 0 {
		return
	}
	today := catalog.DateOf(now)
	latest := today.Plus(limit.Value)
	switch {
	case c.version.Expires.IsZero():
		c.add(Flaw{Rule: ApprovalExpired, Of: limit.By, Message: fmt.Sprintf("the approval of %s would never expire, and %s are the most%s", c.name, count(limit.Value, "day"), limit.Place()), Help: "write `--expires " + latest.String() + "`"})
	case latest.DaysUntil(c.version.Expires) > 0:
		c.add(Flaw{
			Rule: ApprovalExpired, Of: limit.By,
			Message: fmt.Sprintf("the approval of %s would hold until %s, %s, and %d are the most%s", c.name, c.version.Expires, count(today.DaysUntil(c.version.Expires), "day"), limit.Value, limit.Place()),
			Help:    "write `--expires " + latest.String() + "`",
		})
	}
}
