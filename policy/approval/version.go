package approval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// The rules that report flaws.
const (
	ImageNotApproved       = "image-not-approved"
	OtherVersion           = "other-version"
	ApprovedDigestMismatch = "approved-digest-mismatch"
	PublicRegistry         = "public-registry"
	ApprovalExpired        = "approval-expired"
	ApprovalExpiring       = "approval-expiring"
	TooFewScanners         = "too-few-scanners"
	FindingsOverLimit      = "findings-over-limit"
	EvidenceStale          = "evidence-stale"
	OutOfScope             = "out-of-scope"
	DeprecatedImage        = "deprecated-image"
	RevokedImage           = level.RevokedImage
	LicenseNotAllowed      = "license-not-allowed"
	ApproverNotAllowed     = "approver-not-allowed"
)

// expiringDays are the days before the end of an approval on which to say so.
const expiringDays = 14

// Flaws are what is wrong with a version of a catalog, whatever reference means
// it. name is how to call it in messages, "" for its tag under its short name.
func (j *Judge) Flaws(b *Book, im *catalog.Image, v *catalog.Version, name string) []Flaw {
	return j.check(&check{Judge: j, book: b, image: im, version: v, name: name})
}

// brief are the flaws without what to use instead, which is found out by the flaws
// of other versions.
func (j *Judge) brief(b *Book, im *catalog.Image, v *catalog.Version) []Flaw {
	return j.check(&check{Judge: j, book: b, image: im, version: v, brief: true})
}

func (j *Judge) check(c *check) []Flaw {
	im, v := c.image, c.version
	if c.name == "" {
		c.name = shortName(im.Name) + ":" + v.Tag
	}
	if revoked := revokedAs(im, v); revoked != nil {
		c.version = revoked
		c.revoked()
		return c.flaws
	}
	switch {
	case !j.inScope(v):
		c.outOfScope()
		return c.flaws
	}
	c.expiry()
	if v.Status == catalog.Deprecated {
		c.deprecated()
	}
	c.scanners()
	c.age()
	c.findings()
	c.licenses()
	c.approver()
	return c.flaws
}

// revokedAs is the version by which the content of one was revoked, itself or one
// with another tag, nil for none: it is content that must not be used.
func revokedAs(im *catalog.Image, v *catalog.Version) *catalog.Version {
	if v.Status == catalog.Revoked {
		return v
	}
	for i := range im.Versions {
		if other := &im.Versions[i]; other.Status == catalog.Revoked && (other.Has(v.Digest) || v.Has(other.Digest)) {
			return other
		}
	}
	return nil
}

// inScope tells whether the levels may use a version.
func (j *Judge) inScope(v *catalog.Version) bool {
	return slices.ContainsFunc(v.Scope, func(scope string) bool { return j.scopes[scope] })
}

// check gathers the flaws of one version.
type check struct {
	*Judge
	book    *Book
	image   *catalog.Image
	version *catalog.Version
	name    string
	brief   bool // nobody reads what it says to use instead
	flaws   []Flaw
}

// offer names what may be used in place of the version.
func (c *check) offer(f *Flaw) {
	if !c.brief {
		f.Notes = append(f.Notes, c.offered(c.book, c.image, c.version.Tag, &f.Instead)...)
	}
}

// add adds a flaw that is a finding of the level of the catalog unless f.Of says
// otherwise.
func (c *check) add(f Flaw) {
	if f.Of == nil {
		f.Of = c.book.Of
	}
	f.File, f.Line, f.Entry = c.book.File.Name, c.version.Line, c.image.Name+":"+c.version.Tag
	c.flaws = append(c.flaws, f)
}

func (c *check) revoked() {
	f := Flaw{Rule: RevokedImage, Message: c.name + " is revoked" + because(c.version.Reason)}
	c.replaced(&f)
	c.add(f)
}

func (c *check) deprecated() {
	f := Flaw{Rule: DeprecatedImage, Message: c.name + " is deprecated" + because(c.version.Reason)}
	c.replaced(&f)
	c.add(f)
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// replaced says what a version gives way to.
func (c *check) replaced(f *Flaw) {
	by := c.version.ReplacedBy
	if by == "" {
		c.offer(f)
		f.Help = helpInstead(f.Instead)
		return
	}
	f.Instead = by
	for _, v := range c.image.Tagged(by) { // the newest comes last
		if v.Status == catalog.Approved {
			f.Instead = reference(c.image, v)
		}
	}
	if f.Instead == by && !strings.ContainsAny(by, "/:@") {
		f.Instead = shortName(c.image.Name) + ":" + by
	}
	f.Help = helpInstead(f.Instead)
}

func (c *check) outOfScope() {
	here := strings.Join(level.Scopes(c.Levels), ", ")
	c.add(Flaw{
		Rule:    OutOfScope,
		Message: fmt.Sprintf("%s is approved for %s, and this is %s", c.name, listed(c.version.Scope), here[strings.LastIndex(here, " ")+1:]),
		Help:    howToAsk(c.image.Name+":"+c.version.Tag, level.Scopes(c.Levels)),
	})
}

func (c *check) expiry() {
	expires := c.version.Expires
	switch days := c.Today.DaysUntil(expires); {
	case expires.IsZero() || c.Today.IsZero():
	case expires.Over(c.Today):
		f := Flaw{Rule: ApprovalExpired, Message: fmt.Sprintf("the approval of %s expired on %s", c.name, expires), Notes: c.approvedBy()}
		c.offer(&f)
		f.Help = "to renew it: `imgpolicy catalog renew " + c.image.Name + ":" + c.version.Tag + " --report FILE --report FILE`"
		c.add(f)
	case days <= expiringDays:
		c.add(Flaw{
			Rule: ApprovalExpiring, Message: fmt.Sprintf("the approval of %s expires on %s, %s", c.name, expires, inDays(days)), Notes: c.approvedBy(),
			Help: "to renew it: `imgpolicy catalog renew " + c.image.Name + ":" + c.version.Tag + " --report FILE --report FILE`",
		})
	}
}

func inDays(days int) string {
	switch days {
	case 0:
		return "today"
	case 1:
		return "tomorrow"
	}
	return fmt.Sprintf("in %d days", days)
}

func (c *check) approvedBy() []string {
	note := "approved by " + c.version.ApprovedBy + " on " + catalog.DateOf(c.version.ApprovedAt).String()
	if c.version.Ticket != "" {
		note += ", " + c.version.Ticket
	}
	return []string{note}
}

func (c *check) scanners() {
	var names []string
	for i := range c.version.Evidence {
		if name := c.version.Evidence[i].Scanner; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	limit := c.Limits.MinScanners
	if len(names) >= limit.Value {
		return
	}
	by := "by no scanner"
	if len(names) > 0 {
		by = "by " + count(len(names), "scanner") + " (" + strings.Join(names, ", ") + ")"
	}
	c.add(Flaw{
		Rule: TooFewScanners, Of: limit.By,
		Message: fmt.Sprintf("%s was looked at %s, and %d are needed%s", c.name, by, limit.Value, limit.Place()),
	})
}

func (c *check) age() {
	limit := c.Limits.MaxEvidenceAge
	if limit.Value == 0 || c.Today.IsZero() {
		return
	}
	for i := range c.version.Evidence {
		e := &c.version.Evidence[i]
		scanned := catalog.DateOf(e.ScannedAt)
		message := fmt.Sprintf("the scan of %s by %s does not say when it was, and %s old is the most that counts%s", c.name, e.Scanner, count(limit.Value, "day"), limit.Place())
		if !scanned.IsZero() {
			age := scanned.DaysUntil(c.Today)
			if age <= limit.Value {
				continue
			}
			message = fmt.Sprintf("the scan of %s by %s is of %s, %s old, and %s are the most%s", c.name, e.Scanner, scanned, count(age, "day"), count(limit.Value, "day"), limit.Place())
		}
		c.add(Flaw{Rule: EvidenceStale, Of: limit.By, Message: message})
	}
}

func (c *check) findings() {
	limit := c.Limits.MaxSeverity
	for i := range c.version.Evidence {
		e := &c.version.Evidence[i]
		over := Over(e, c.Limits, func(id string) bool { return c.book.AcceptedAt(id, c.image.Name, c.Today) != nil })
		if over.Total() == 0 {
			continue
		}
		f := Flaw{
			Rule: FindingsOverLimit, Of: limit.By,
			Message: fmt.Sprintf("%s has %s by %s, and %s is the highest severity that may remain%s", c.name, counted(over.Counts), e.Scanner, limit.Value, limit.Place()),
		}
		if len(over.Again) > 0 {
			f.Notes = []string{"no longer accepted: " + listed(over.Again)}
		}
		c.add(f)
	}
}

func (c *check) licenses() {
	for _, limit := range c.Limits.Licenses {
		var bad []string
		for _, name := range c.image.License {
			if !slices.ContainsFunc(limit.Value, func(allowed string) bool { return strings.EqualFold(allowed, name) }) {
				bad = append(bad, name)
			}
		}
		switch {
		case len(c.image.License) == 0:
			c.add(Flaw{Rule: LicenseNotAllowed, Of: limit.By, Message: fmt.Sprintf("%s has no known licence, and only %s are allowed%s", c.name, listed(limit.Value), limit.Place())})
		case len(bad) > 0:
			c.add(Flaw{Rule: LicenseNotAllowed, Of: limit.By, Message: fmt.Sprintf("%s is under %s, and only %s are allowed%s", c.name, listed(bad), listed(limit.Value), limit.Place())})
		}
	}
}

func (c *check) approver() {
	for _, limit := range c.Limits.Approvers {
		if !slices.ContainsFunc(limit.Value, func(allowed string) bool { return strings.EqualFold(allowed, c.version.ApprovedBy) }) {
			c.add(Flaw{Rule: ApproverNotAllowed, Of: limit.By, Message: fmt.Sprintf("%s was approved by %s, who is not one of %s%s", c.name, c.version.ApprovedBy, listed(limit.Value), limit.Place())})
		}
	}
}
