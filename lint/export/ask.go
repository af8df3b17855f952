package export

import (
	"maps"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// Names of what no catalog has.
const (
	nobodysName   = "imgpolicy.invalid/not/approved"
	nobodysTag    = "imgpolicy-none"
	nobodysDigest = "sha256:5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed"
)

// askUnlisted finds out what levels say of an image that no catalog has, with {}
// for its name; "" where they let it pass.
func (s *survey) askUnlisted() error {
	findings, err := s.policy.Judge(nobodysName+":1", s.policy.Today)
	for _, f := range findings {
		if f.Rule == approval.ImageNotApproved && f.Level >= 0 {
			s.unlisted[f.Level] = strings.ReplaceAll(f.Message, nobodysName, "{}")
		}
	}
	return err
}

// askOthers finds out what is said of an image by tags and digests that no catalog
// has.
func (s *survey) askOthers(im *surveyed) error {
	tags := slices.Sorted(maps.Keys(im.tags))
	for form, name := range []string{im.name, im.private} {
		var err error
		if im.other[form], err = s.first(name, ":"+nobodysTag, nil); err != nil {
			return err
		}
		nameless(im.other[form], im.name, name)
		im.mismatch[form] = im.other[form]
		if len(tags) == 0 {
			continue
		}
		if im.mismatch[form], err = s.askMismatch(name, tags[0]); err != nil || s.alone {
			if err != nil {
				return err
			}
			continue
		}
		for _, tag := range tags {
			t := im.tags[tag]
			if t.mismatch[form], err = s.askMismatch(name, tag); err != nil {
				return err
			}
			im.tags[tag] = t
		}
	}
	return nil
}

// askMismatch asks about a tag with a digest that it is not approved with.
func (s *survey) askMismatch(name, tag string) ([]fault, error) {
	out, err := s.first(name, ":"+tag+"@"+nobodysDigest, nil)
	for i := range out {
		if out[i].rule == approval.ApprovedDigestMismatch {
			out[i].text = "" // it has digests in it, which the form fills in
		}
	}
	nameless(out, name, name)
	return out, err
}

// nameless puts {name} in the place of the names of an image, so that what is said
// of many is the same text.
func nameless(faults []fault, names ...string) {
	for _, name := range names {
		img, err := source.ParseReference(name)
		if err != nil {
			continue
		}
		for i := range faults {
			faults[i].text = strings.ReplaceAll(faults[i].text, img.ShortName(), "{name}")
		}
	}
}

// says tells whether terms could deny anything.
func says(t catalog.Terms) bool {
	return t.MinScanners > 0 || t.MaxSeverity > 0 || t.UnknownAs > 0 || t.FixAvailableOnly != nil || t.MaxEvidenceAge > 0 ||
		t.MaxApprovalDays > 0 || t.Licenses != nil || t.Approvers != nil
}
