package catalog

import (
	"time"
)

// forms are the objects of a catalog.
type forms struct {
	catalog  fields[Catalog]
	mapping  fields[Mapping]
	image    fields[Image]
	version  fields[Version]
	platform fields[Platform]
	evidence fields[Evidence]
	counts   fields[Counts]
	setAside fields[SetAside]
	details  fields[Details]
	accepted fields[Accepted]
}

func newForms() *forms {
	f := &forms{}
	f.ofCatalog()
	f.ofImage()
	f.ofVersion()
	f.ofEvidence()
	return f
}

func (f *forms) ofCatalog() {
	f.mapping = fields[Mapping]{"a mapping", []field[Mapping]{
		{name: "from", needed: true, form: prefixForm, doc: "The start of the public names, HOST or HOST/PATH.", read: text(prefixForm, func(m *Mapping) *string { return &m.From })},
		{name: "to", needed: true, form: prefixForm, doc: "What stands in its place in the names of private copies.", read: text(prefixForm, func(m *Mapping) *string { return &m.To })},
	}}
	f.accepted = fields[Accepted]{"an accepted finding", []field[Accepted]{
		{name: "id", needed: true, form: anyText, doc: "The finding, such as CVE-2025-0001.", read: text(anyText, func(a *Accepted) *string { return &a.ID })},
		{name: "image", form: imageForm, doc: "The full name of the image that it is accepted in; without it every image.", read: text(imageForm, func(a *Accepted) *string { return &a.Image })},
		{name: "status", form: vexForm, doc: "The status in words of OpenVEX; without it affected.", read: text(vexForm, func(a *Accepted) *string { return &a.Status })},
		{name: "reason", needed: true, form: anyText, doc: "Why it may remain.", read: text(anyText, func(a *Accepted) *string { return &a.Reason })},
		{name: "by", needed: true, form: anyText, doc: "Who decided that.", read: text(anyText, func(a *Accepted) *string { return &a.By })},
		{name: "until", needed: true, form: dateForm, doc: "The last day on which it may.", read: readDate(func(a *Accepted) *Date { return &a.Until })},
	}}
	f.catalog = fields[Catalog]{"a catalog", []field[Catalog]{
		{name: "$schema", form: anyText, doc: "The schema that an editor completes by; it says nothing else.", read: func(s *scanner, _ *Catalog) { s.str("a string") }},
		{name: "version", needed: true, of: oneSchema, doc: "The version of the format: 1.", read: func(s *scanner, _ *Catalog) {
			if s.count() != formatVersion {
				s.fail("another version of the format than this program reads, which is %d", formatVersion)
			}
		}},
		{name: "registry", form: prefixForm, doc: "Where private copies are kept, HOST or HOST/PATH.", read: text(prefixForm, func(c *Catalog) *string { return &c.Registry })},
		{name: "mapping", many: true, of: f.mapping.schema, doc: "Which private names public names get; the longest `from` wins, and without one it is the registry with the whole public name.", read: objects(&f.mapping, func(c *Catalog) *[]Mapping { return &c.Mapping }, nil)},
		{name: "internal", form: prefixForm, many: true, doc: "The organization's own images, HOST or HOST/PATH as whole parts of the path: they are not judged.", read: texts(prefixForm, func(c *Catalog) *[]string { return &c.Internal })},
		{name: "images", needed: true, many: true, of: f.image.schema, doc: "The images of which versions are approved, sorted by name.", read: objects(&f.image, func(c *Catalog) *[]Image { return &c.Images }, func(_ *scanner, at mark, im *Image) { im.Line = at.line })},
		{name: "accepted", many: true, of: f.accepted.schema, doc: "Findings that were judged and may remain for a time.", read: objects(&f.accepted, func(c *Catalog) *[]Accepted { return &c.Accepted }, func(_ *scanner, at mark, a *Accepted) { a.Line = at.line })},
	}}
}

func (f *forms) ofImage() {
	f.image = fields[Image]{"an image", []field[Image]{
		{name: "image", needed: true, form: imageForm, doc: "The full public name, without tag and digest: docker.io/library/node.", read: text(imageForm, func(im *Image) *string { return &im.Name })},
		{name: "license", form: anyText, many: true, doc: "Its licences, as SPDX identifiers.", read: texts(anyText, func(im *Image) *[]string { return &im.License })},
		{name: "owner", form: anyText, doc: "Who answers for it.", read: text(anyText, func(im *Image) *string { return &im.Owner })},
		{name: "versions", needed: true, many: true, of: f.version.schema, doc: "The approved versions, sorted by tag.", read: objects(&f.version, func(im *Image) *[]Version { return &im.Versions }, func(_ *scanner, at mark, v *Version) {
			v.Line = at.line
			if v.Status == "" {
				v.Status = Approved
			}
			sorted(v.Evidence, compareEvidence)
		})},
	}}
}

func (f *forms) ofVersion() {
	f.platform = fields[Platform]{"a platform", []field[Platform]{
		{name: "manifest", needed: true, form: digestForm, doc: "The digest of its manifest.", read: text(digestForm, func(p *Platform) *string { return &p.Manifest })},
		{name: "config", form: digestForm, doc: "The digest of its config, which some scanners name an image by.", read: text(digestForm, func(p *Platform) *string { return &p.Config })},
	}}
	f.details = fields[Details]{"details", []field[Details]{
		{name: "file", needed: true, form: anyText, doc: "The file with all that the scanners found, relative to the catalog.", read: text(anyText, func(d *Details) *string { return &d.File })},
		{name: "sha256", needed: true, form: hashForm, doc: "Its SHA-256 in hex.", read: text(hashForm, func(d *Details) *string { return &d.SHA256 })},
	}}
	f.version = fields[Version]{"a version", []field[Version]{
		{name: "tag", needed: true, form: tagForm, doc: "The tag.", read: text(tagForm, func(v *Version) *string { return &v.Tag })},
		{name: "digest", needed: true, form: digestForm, doc: "The digest of the index, or of the only manifest.", read: text(digestForm, func(v *Version) *string { return &v.Digest })},
		{name: "private", form: privateForm, doc: "The private copy, HOST/NAME:TAG.", read: text(privateForm, func(v *Version) *string { return &v.Private })},
		{name: "platforms", of: f.platformsSchema, doc: "The images of the index by platform.", read: f.readPlatforms},
		{name: "status", form: statusForm, doc: "approved, deprecated or revoked; without it approved.", read: func(s *scanner, v *Version) { v.Status = Status(s.formed(statusForm)) }},
		{name: "scope", needed: true, form: scopeForm, many: true, doc: "Who may use it: organization, program:PROGRAM, project:PROGRAM/PROJECT or application:PROGRAM/PROJECT/APPLICATION.", read: texts(scopeForm, func(v *Version) *[]string { return &v.Scope })},
		{name: "approvedBy", needed: true, form: anyText, doc: "Who approved it.", read: text(anyText, func(v *Version) *string { return &v.ApprovedBy })},
		{name: "approvedAt", needed: true, form: timeForm, doc: "When that was.", read: readTime(func(v *Version) *time.Time { return &v.ApprovedAt })},
		{name: "expires", form: dateForm, doc: "The last day on which the approval holds; without it for ever.", read: readDate(func(v *Version) *Date { return &v.Expires })},
		{name: "ticket", form: anyText, doc: "Where it was decided.", read: text(anyText, func(v *Version) *string { return &v.Ticket })},
		{name: "replacedBy", form: anyText, doc: "What to use instead of a deprecated or revoked version: a tag of the image, or another reference.", read: text(anyText, func(v *Version) *string { return &v.ReplacedBy })},
		{name: "reason", form: anyText, doc: "Why it is deprecated or revoked.", read: text(anyText, func(v *Version) *string { return &v.Reason })},
		{name: "evidence", many: true, of: f.evidence.schema, doc: "What scanners found in it.", read: objects(&f.evidence, func(v *Version) *[]Evidence { return &v.Evidence }, nil)},
		{name: "details", of: f.details.schema, doc: "The file with all that the scanners found.", read: func(s *scanner, v *Version) { f.details.read(s, &v.Details) }},
	}}
}

func (f *forms) readPlatforms(s *scanner, v *Version) {
	v.Platforms = make(map[string]Platform, 2)
	s.object("an object of platforms", func(key string) {
		if wrong := platformForm.wrong(key); wrong != "" {
			s.fail("%s", wrong)
		}
		if _, twice := v.Platforms[key]; twice {
			s.fail("duplicate key")
		}
		var p Platform
		f.platform.read(s, &p)
		v.Platforms[key] = p
	})
}

func (f *forms) ofEvidence() {
	count := func(name string, of func(*Counts) *int) field[Counts] {
		return field[Counts]{name: name, of: countSchema, doc: "How many are " + name + ".", read: readCount(of)}
	}
	f.counts = fields[Counts]{"counts of findings", []field[Counts]{
		count("critical", func(c *Counts) *int { return &c.Critical }),
		count("high", func(c *Counts) *int { return &c.High }),
		count("medium", func(c *Counts) *int { return &c.Medium }),
		count("low", func(c *Counts) *int { return &c.Low }),
		count("negligible", func(c *Counts) *int { return &c.Negligible }),
		count("unknown", func(c *Counts) *int { return &c.Unknown }),
	}}
	f.setAside = fields[SetAside]{"a finding set aside", []field[SetAside]{
		{name: "id", needed: true, form: anyText, doc: "The finding, such as CVE-2025-0001.", read: text(anyText, func(a *SetAside) *string { return &a.ID })},
		{name: "severity", needed: true, form: gradeForm, doc: "Its severity.", read: func(s *scanner, a *SetAside) { a.Severity = s.severity() }},
		{name: "fixable", of: boolSchema, doc: "Whether there is a fix.", read: func(s *scanner, a *SetAside) { a.Fixable = s.boolean() }},
		{name: "vex", form: vexForm, doc: "The status that a VEX document gives it; without it the finding is set aside only as long as the catalog accepts it.", read: text(vexForm, func(a *SetAside) *string { return &a.VEX })},
	}}
	f.evidence = fields[Evidence]{"evidence", []field[Evidence]{
		{name: "scanner", needed: true, form: anyText, doc: "The scanner: trivy, grype, …", read: text(anyText, func(e *Evidence) *string { return &e.Scanner })},
		{name: "version", form: anyText, doc: "Its version.", read: text(anyText, func(e *Evidence) *string { return &e.Version })},
		{name: "db", form: timeForm, doc: "The time of its vulnerability database.", read: readTime(func(e *Evidence) *time.Time { return &e.DB })},
		{name: "scannedAt", form: timeForm, doc: "When it scanned.", read: readTime(func(e *Evidence) *time.Time { return &e.ScannedAt })},
		{name: "format", form: anyText, doc: "The format of the report, such as trivy-json.", read: text(anyText, func(e *Evidence) *string { return &e.Format })},
		{name: "binding", form: bindingForm, doc: "Which digest of the image the report names: index, manifest, config, or asserted for none.", read: text(bindingForm, func(e *Evidence) *string { return &e.Binding })},
		{name: "platforms", form: platformForm, many: true, doc: "The platforms that were scanned.", read: texts(platformForm, func(e *Evidence) *[]string { return &e.Platforms })},
		{name: "os", form: anyText, doc: "The operating system in the image, such as debian 12.4.", read: text(anyText, func(e *Evidence) *string { return &e.OS })},
		{name: "findings", needed: true, of: f.counts.schema, doc: "How many findings remain, by severity.", read: func(s *scanner, e *Evidence) { f.counts.read(s, &e.Findings) }},
		{name: "fixable", of: f.counts.schema, doc: "How many of these have a fix.", read: func(s *scanner, e *Evidence) { f.counts.read(s, &e.Fixable) }},
		{name: "setAside", many: true, of: f.setAside.schema, doc: "Findings that neither counts.", read: objects(&f.setAside, func(e *Evidence) *[]SetAside { return &e.SetAside }, nil)},
		{name: "sha256", form: hashForm, doc: "The SHA-256 of the report in hex.", read: text(hashForm, func(e *Evidence) *string { return &e.SHA256 })},
	}}
}
