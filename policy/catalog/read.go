package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/imgpolicy/imgpolicy/policy"
)

// MaxText is how many bytes a catalog may have: room for more than 50,000
// versions.
const MaxText = 64 << 20

// formatVersion is that of the format this package reads and writes.
const formatVersion = 1

// Read reads the text of a catalog. It takes images and versions in any order,
// and no key, image or version twice. The catalog shares the memory of the text,
// which must not change any more: copying tens of megabytes takes a third of the
// time. Errors are of type *policy.LoadError.
func Read(file policy.File) (*Catalog, error) {
	s := &scanner{file: file.Name, text: unsafe.String(unsafe.SliceData(file.Text), len(file.Text)), line: 1} // #nosec G103 -- the text does not change, see Read
	if len(s.text) > MaxText || !utf8.ValidString(s.text) || strings.TrimSpace(s.text) == "" {
		s.malformed("a catalog")
	}
	c := &Catalog{File: file}
	newForms().catalog.read(s, c)
	if s.space(); s.err == nil && s.at < len(s.text) {
		s.malformed("the end of the file")
	}
	if s.err == nil {
		c.sort(s)
	}
	if s.err != nil {
		return nil, s.err
	}
	return c, nil
}

// sort puts all in order, and finds what is there twice.
func (c *Catalog) sort(s *scanner) {
	sorted(c.Images, func(a, b Image) int { return strings.Compare(a.Name, b.Name) })
	for i := range c.Images {
		im := &c.Images[i]
		if i > 0 && c.Images[i-1].Name == im.Name {
			c.twice(s, im.Line, im.Name, c.Images[i-1].Line)
		}
		sorted(im.Versions, compareVersions)
		for j := 1; j < len(im.Versions); j++ {
			for k := j - 1; k >= 0 && im.Versions[k].Tag == im.Versions[j].Tag; k-- {
				if v := &im.Versions[j]; v.Digest == im.Versions[k].Digest {
					c.twice(s, max(v.Line, im.Versions[k].Line), im.Name+":"+v.Tag+"@"+v.Digest, min(v.Line, im.Versions[k].Line))
				}
			}
		}
	}
	sorted(c.Accepted, compareAccepted)
	for i := 1; i < len(c.Accepted); i++ {
		if a, b := &c.Accepted[i-1], &c.Accepted[i]; compareAccepted(*a, *b) == 0 {
			c.twice(s, b.Line, strings.TrimSuffix(b.ID+" in "+b.Image, " in "), a.Line)
		}
	}
	slices.SortStableFunc(c.Mapping, func(a, b Mapping) int {
		return cmp.Or(cmp.Compare(len(b.From), len(a.From)), strings.Compare(a.From, b.From))
	})
	for i := 1; i < len(c.Mapping); i++ {
		if c.Mapping[i].From == c.Mapping[i-1].From && s.err == nil {
			s.err = &policy.LoadError{File: s.file, Entry: c.Mapping[i].From, Message: "mapped twice"}
		}
	}
}

// sorted sorts what most files have in order already.
func sorted[T any](list []T, compare func(a, b T) int) {
	if !slices.IsSortedFunc(list, compare) {
		slices.SortStableFunc(list, compare)
	}
}

// twice is that something stands in two lines.
func (c *Catalog) twice(s *scanner, line int, what string, first int) {
	if s.err == nil {
		s.err = &policy.LoadError{File: s.file, Line: line, Column: 1, Entry: what, Message: fmt.Sprintf("duplicate: line %d has it, too", first)}
	}
}

func compareVersions(a, b Version) int {
	return cmp.Or(strings.Compare(a.Tag, b.Tag), a.ApprovedAt.Compare(b.ApprovedAt), strings.Compare(a.Digest, b.Digest))
}

func compareAccepted(a, b Accepted) int {
	return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Image, b.Image))
}

func compareEvidence(a, b Evidence) int {
	return cmp.Or(strings.Compare(a.Scanner, b.Scanner), a.ScannedAt.Compare(b.ScannedAt), strings.Compare(a.SHA256, b.SHA256))
}

// readDate and readTime read what their forms describe.
func readDate[T any](of func(*T) *Date) func(*scanner, *T) {
	return func(s *scanner, v *T) {
		day, err := ParseDate(s.str("a date"))
		if err != nil {
			s.fail("%s", dateForm.wrong(""))
		}
		*of(v) = day
	}
}

func readTime[T any](of func(*T) *time.Time) func(*scanner, *T) {
	return func(s *scanner, v *T) {
		t, err := time.Parse(time.RFC3339, s.str("a time"))
		if err != nil {
			s.fail("%s", timeForm.wrong(""))
		}
		*of(v) = t.UTC().Truncate(time.Second)
	}
}

func readCount[T any](of func(*T) *int) func(*scanner, *T) {
	return func(s *scanner, v *T) { *of(v) = s.count() }
}
