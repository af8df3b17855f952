package export

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// survey is what Judge says of all that the catalogs and the exceptions name,
// today and on each later day on which that changes.
type survey struct {
	policy *Policy
	images []*surveyed // sorted by name
	// unlisted is what is said of images that are in no catalog, by level.
	unlisted []string
	maxAge   int
	// alone tells that there is one catalog, so that what is said of one tag holds
	// for the others.
	alone bool
}

// surveyed is an image of the catalogs or of an exception. Private copies under a
// second name are one more image, of that name.
type surveyed struct {
	name, private string
	versions      []surveyedVersion
	tags          map[string]surveyedTag
	// other is what is said of other tags, mismatch of a tag with another digest:
	// under its public and its private name, by level.
	other, mismatch [2][]fault
	copy            bool // a second name of private copies
	// listed are the indexes of the levels whose catalogs have it; none for an
	// image that only exceptions name.
	listed map[int]bool
}

// surveyedVersion is content that Judge says the same of under each digest.
type surveyedVersion struct {
	tag, private string // private is "" for a version without a copy
	digests      []string
	plain        bool       // no exception names it, and every catalog judges it
	names        [2][]fault // under its public and its private name, by level
}

type surveyedTag struct {
	version int // the one that the tag means today
	names   [2][]fault
	// mismatch is that of the image where nil.
	mismatch [2][]fault
	copied   bool // some version of the tag has its copy under the name of the image
}

// fault is the first finding that denies a reference, and the day from which it
// does: "" is always, and the zero value is of what is allowed.
type fault struct {
	from, rule, text string
	denies           bool
}

func (p *Policy) survey() (*survey, error) {
	levels := make([]level.Level, len(p.Levels))
	for i := range p.Levels {
		levels[i] = *p.Levels[i].Level
	}
	s := &survey{policy: p, maxAge: level.LimitsOf(levels).MaxEvidenceAge.Value, unlisted: make([]string, len(levels))}
	named := map[string]*surveyed{}
	catalogs := 0
	for i := range levels {
		catalogs += len(levels[i].Catalogs)
	}
	s.alone = catalogs == 1
	for i := range levels {
		for _, c := range levels[i].Catalogs {
			for k := range c.Images {
				if err := s.add(named, i, c, &c.Images[k], c.Images[k].Name); err != nil {
					return nil, err
				}
			}
		}
	}
	for name, im := range named {
		if err := s.addTags(name, im); err != nil {
			return nil, err
		}
	}
	if err := s.addExceptions(named); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if err := s.askOthers(named[name]); err != nil {
			return nil, err
		}
		s.images = append(s.images, named[name])
	}
	return s, s.askUnlisted()
}

// add surveys the versions of an image by their digests. public is its name in the
// catalog, by which exceptions know it.
func (s *survey) add(named map[string]*surveyed, at int, c *catalog.Catalog, im *catalog.Image, public string) error {
	out := named[im.Name]
	if out == nil {
		out = &surveyed{name: im.Name, tags: map[string]surveyedTag{}, listed: map[int]bool{}}
		named[im.Name] = out
	}
	out.listed[at] = true
	for i := range im.Versions {
		v := &im.Versions[i]
		private := v.PrivateName()
		out.private = cmp.Or(out.private, private)
		days := s.shared(public, cmp.Or(private, im.Name), v)
		if private != "" && private != out.private {
			if err := s.addCopy(named, at, private, c, im); err != nil {
				return err
			}
		}
		groups := s.alike(public, cmp.Or(private, im.Name), v)
		for _, digests := range groups {
			version := surveyedVersion{tag: v.Tag, private: private, digests: digests, plain: len(groups) == 1 && !s.internal(im.Name) && !s.internal(private)}
			if err := s.askNames(&version, im.Name, days); err != nil {
				return err
			}
			out.versions = append(out.versions, version)
		}
	}
	return nil
}

// askNames asks about a version under both of its names. Without exceptions these
// differ in one thing, which is known today: that there is a private copy.
func (s *survey) askNames(v *surveyedVersion, name string, days []catalog.Date) (err error) {
	rest := "@" + v.digests[0]
	if v.names[1], err = s.first(v.private, rest, days); err != nil {
		return err
	}
	if v.private != "" && v.plain {
		if v.names[0], err = s.first(name, rest, nil); err != nil {
			return err
		}
		same := true
		for i, f := range v.names[0] {
			same = same && f.denies == (v.names[1][i].denies && v.names[1][i].from == "")
		}
		if same {
			v.names[0] = v.names[1]
			return nil
		}
	}
	v.names[0], err = s.first(name, rest, days)
	return err
}

// internal tells whether any catalog does not judge a name.
func (s *survey) internal(name string) bool {
	return slices.ContainsFunc(s.policy.Levels, func(l Level) bool {
		return slices.ContainsFunc(l.Catalogs, func(c *catalog.Catalog) bool { return c.IsInternal(name) })
	})
}

// addCopy surveys the versions that have their copies under a name which is not
// that of the first copies of the image.
func (s *survey) addCopy(named map[string]*surveyed, at int, private string, c *catalog.Catalog, im *catalog.Image) error {
	if out := named[private]; out != nil && out.listed[at] {
		return nil
	}
	copies := *im
	copies.Name, copies.Versions = private, nil
	for _, v := range im.Versions {
		if v.PrivateName() == private {
			v.Private = ""
			copies.Versions = append(copies.Versions, v)
		}
	}
	if err := s.add(named, at, c, &copies, im.Name); err != nil {
		return err
	}
	named[private].copy = true
	return nil
}

// alike are the digests of a version, in groups that Judge says the same of: one,
// unless an exception names one of them, or another catalog may know fewer.
func (s *survey) alike(name, private string, v *catalog.Version) [][]string {
	digests := []string{v.Digest}
	for _, platform := range slices.Sorted(maps.Keys(v.Platforms)) {
		if m := v.Platforms[platform].Manifest; m != "" && !slices.Contains(digests, m) {
			digests = append(digests, m)
		}
	}
	excepted := func(d string) bool {
		return s.policy.exceptionsAbout(name+"@"+d) || private != "" && s.policy.exceptionsAbout(private+"@"+d)
	}
	if s.alone && !slices.ContainsFunc(digests, excepted) {
		return [][]string{digests}
	}
	var out [][]string
	for _, d := range digests {
		out = append(out, []string{d})
	}
	return out
}

func (p *Policy) exceptionsAbout(src string) bool {
	return slices.ContainsFunc(p.Levels, func(l Level) bool {
		return slices.ContainsFunc(l.Exceptions, func(e level.Exception) bool { return e.Source == src })
	})
}

// addTags surveys an image by its tags alone.
func (s *survey) addTags(name string, im *surveyed) error {
	days := map[string][]catalog.Date{}
	for _, l := range s.policy.Levels {
		for _, c := range l.Catalogs {
			found := c.Find(name)
			if found == nil {
				found = c.FindPrivate(name)
			}
			if found != nil {
				for i := range found.Versions {
					v := &found.Versions[i]
					if found.Name != name && v.PrivateName() != name {
						continue
					}
					days[v.Tag] = append(days[v.Tag], s.days(found.Name, v.PrivateName(), c, v)...)
				}
			}
		}
	}
	for tag, days := range days {
		var t surveyedTag
		if alone := im.alone(tag); alone >= 0 {
			v := &im.versions[alone]
			im.tags[tag] = surveyedTag{version: alone, names: v.names, copied: v.private != "" && v.private == im.private}
			continue
		}
		for form, of := range []string{name, im.private} {
			var err error
			if t.names[form], err = s.first(of, ":"+tag, ordered(days)); err != nil {
				return err
			}
		}
		t.version = slices.IndexFunc(im.versions, func(v surveyedVersion) bool { return v.tag == tag })
		for i, v := range im.versions { // the newest that is no worse comes last
			if v.tag != tag {
				continue
			}
			if !anyDenies(v.names[0]) || v.private != "" && !anyDenies(v.names[1]) {
				t.version = i
			}
			t.copied = t.copied || v.private != "" && v.private == im.private
		}
		im.tags[tag] = t
	}
	return nil
}

// alone is the only version of a tag, which the tag means as its digest does; -1
// where there are others, of the same content too, or exceptions.
func (im *surveyed) alone(tag string) int {
	found := slices.IndexFunc(im.versions, func(v surveyedVersion) bool { return v.tag == tag })
	if found < 0 || !im.versions[found].plain {
		return -1
	}
	for i, v := range im.versions {
		if i != found && (v.tag == tag || slices.Contains(v.digests, im.versions[found].digests[0])) {
			return -1
		}
	}
	return found
}

func anyDenies(faults []fault) bool {
	return slices.ContainsFunc(faults, func(f fault) bool { return f.denies && f.from == "" })
}

// addExceptions surveys what exceptions name and no catalog has.
func (s *survey) addExceptions(named map[string]*surveyed) error {
	for _, l := range s.policy.Levels {
		for _, e := range l.Exceptions {
			img, err := source.ParseReference(e.Source)
			if err != nil || img.Digest() == "" {
				continue // the URL of a download or git source
			}
			im := named[img.Name()]
			if im == nil {
				im = &surveyed{name: img.Name(), tags: map[string]surveyedTag{}, listed: map[int]bool{}}
				named[im.name] = im
			}
			if slices.ContainsFunc(im.versions, func(v surveyedVersion) bool { return slices.Contains(v.digests, img.Digest()) }) {
				continue
			}
			v := surveyedVersion{digests: []string{img.Digest()}}
			if v.names[0], err = s.first(img.Name(), "@"+img.Digest(), s.exceptionDays(e.Source)); err != nil {
				return err
			}
			v.names[1] = v.names[0]
			im.versions = append(im.versions, v)
		}
	}
	return nil
}

// shared are the days on which what is said of the content of a version may
// change, which others may have, too.
func (s *survey) shared(public, private string, v *catalog.Version) []catalog.Date {
	var days []catalog.Date
	for _, l := range s.policy.Levels {
		for _, c := range l.Catalogs {
			im := c.Find(public)
			if im == nil {
				continue
			}
			for i := range im.Versions {
				if other := &im.Versions[i]; other.Has(v.Digest) || v.Has(other.Digest) || overlap(v, other) {
					days = append(days, s.days(public, private, c, other)...)
				}
			}
		}
	}
	return ordered(days)
}

// overlap tells whether two versions have a platform's manifest in common.
func overlap(a, b *catalog.Version) bool {
	for _, p := range a.Platforms {
		if p.Manifest != "" && b.Has(p.Manifest) {
			return true
		}
	}
	return false
}

// days are those from today on which what is said of a version may change.
func (s *survey) days(name, private string, c *catalog.Catalog, v *catalog.Version) []catalog.Date {
	const expiring = 14 // the days before the end of an approval on which lint warns
	var days []catalog.Date
	if !v.Expires.IsZero() {
		if s.policy.Expiring {
			days = append(days, v.Expires.Plus(-expiring))
		}
		days = append(days, v.Expires.Plus(1))
	}
	for _, e := range v.Evidence {
		if s.maxAge > 0 && !e.ScannedAt.IsZero() {
			days = append(days, catalog.DateOf(e.ScannedAt).Plus(s.maxAge+1))
		}
		for _, aside := range e.SetAside {
			for _, a := range c.Accepted {
				if a.ID == aside.ID {
					days = append(days, a.Until.Plus(1))
				}
			}
		}
	}
	digests := []string{v.Digest}
	for _, p := range v.Platforms {
		digests = append(digests, p.Manifest)
	}
	for _, d := range digests {
		days = append(days, s.exceptionDays(name+"@"+d)...)
		days = append(days, s.exceptionDays(private+"@"+d)...)
	}
	return ordered(days)
}

func (s *survey) exceptionDays(src string) []catalog.Date {
	var days []catalog.Date
	for _, l := range s.policy.Levels {
		for _, e := range l.Exceptions {
			if e.Source == src {
				days = append(days, e.Until.Plus(1))
			}
		}
	}
	return ordered(days)
}

func ordered(days []catalog.Date) []catalog.Date {
	slices.SortFunc(days, func(a, b catalog.Date) int { return -a.DaysUntil(b) })
	return slices.Compact(days)
}

// first is by level the first finding that denies a reference, from today on.
func (s *survey) first(name, rest string, days []catalog.Date) ([]fault, error) {
	out := make([]fault, len(s.policy.Levels))
	if name == "" {
		return out, nil
	}
	img, err := source.ParseReference(name + rest)
	if err != nil {
		return nil, err
	}
	if err := s.judge(out, name+rest, img.Short(), s.policy.Today, ""); err != nil {
		return nil, err
	}
	for _, day := range days {
		if s.policy.Today.DaysUntil(day) <= 0 || s.settled(out) {
			continue
		}
		if err := s.judge(out, name+rest, img.Short(), day, day.String()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// settled tells whether every level that could deny does.
func (s *survey) settled(faults []fault) bool {
	for i, f := range faults {
		l := s.policy.Levels[i]
		if !f.denies && (len(l.Catalogs) > 0 || says(l.Terms)) {
			return false
		}
	}
	return true
}

func (s *survey) judge(out []fault, ref, shown string, day catalog.Date, from string) error {
	findings, err := s.policy.Judge(ref, day)
	if err != nil {
		return err
	}
	for _, f := range findings {
		at := f.Level
		if at < 0 {
			at = s.home()
		}
		if f.Approval && !out[at].denies {
			out[at] = fault{from: from, rule: f.Rule, text: strings.ReplaceAll(f.Message, shown, "{}"), denies: true}
		}
	}
	return nil
}

// home is the level that has the findings of none.
func (s *survey) home() int {
	return max(0, slices.IndexFunc(s.policy.Levels, func(l Level) bool { return len(l.Catalogs) > 0 }))
}
