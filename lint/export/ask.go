package export

import (
	"maps"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// Names of what no catalog has.
const (
	nobodysName   = "imgpolicy.invalid/not/approved"
	nobodysTag    = "imgpolicy-none"
	nobodysDigest = "sha256:5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed"
)

// answers are the messages for what is in no catalog of a level, with {} for the
// reference and {name} for the image; "" where that is allowed.
type answers struct{ unlisted, otherVersion, mismatch string }

// ask finds out what is said of what is in no catalog. Other versions of one image
// of each level stand for all.
func (s *survey) ask() error {
	if err := s.put(nobodysName+":1", func(a *answers, m string) { a.unlisted = strings.ReplaceAll(m, nobodysName, "{}") }); err != nil {
		return err
	}
	asked := map[int]bool{}
	for _, im := range s.images {
		fresh := false
		for at := range im.listed {
			fresh = fresh || !asked[at]
		}
		if !fresh || len(im.tags) == 0 {
			continue
		}
		maps.Copy(asked, im.listed)
		if err := s.askOther(im); err != nil {
			return err
		}
	}
	return nil
}

func (s *survey) askOther(im *surveyed) error {
	img, err := source.ParseReference(im.name)
	if err != nil {
		return err
	}
	short := img.ShortName()
	err = s.put(im.name+":"+nobodysTag, func(a *answers, m string) {
		a.otherVersion = strings.ReplaceAll(strings.ReplaceAll(m, short+":"+nobodysTag, "{}"), short, "{name}")
	})
	if err != nil {
		return err
	}
	tag := slices.Min(slices.Collect(maps.Keys(im.tags)))
	return s.put(im.name+":"+tag+"@"+nobodysDigest, func(a *answers, m string) { a.mismatch = m })
}

// put hands what Judge says of a reference to the levels that say it.
func (s *survey) put(ref string, set func(*answers, string)) error {
	findings, err := s.policy.Judge(ref, s.policy.Today)
	for _, f := range findings {
		if f.Approval && f.Level >= 0 {
			set(&s.answers[f.Level], f.Message)
		}
	}
	return err
}

// says tells whether terms could deny anything.
func says(t catalog.Terms) bool {
	return t.MinScanners > 0 || t.MaxSeverity > 0 || t.UnknownAs > 0 || t.FixAvailableOnly != nil || t.MaxEvidenceAge > 0 ||
		t.MaxApprovalDays > 0 || t.Licenses != nil || t.Approvers != nil
}
