// Package approval judges images by the catalogs of approved images that the
// levels of an organization have: which version a reference means, whether it is
// approved for this build and today, and what to use instead.
//
// It knows images by reference and no Dockerfiles, and does no I/O.
package approval

import (
	"sync"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// Judge judges images by the catalogs of levels. It is safe for concurrent use,
// and remembers what it was asked.
type Judge struct {
	// Levels are those it judges by, the highest first, and Limits what they ask
	// for together.
	Levels []level.Level
	Limits level.Limits
	// Today is the day by which approvals expire. On the zero value none has.
	Today catalog.Date
	// Books are the catalogs in force.
	Books []*Book

	scopes map[string]bool
	known  sync.Map // Ref of an image → []Standing
	size   counter
}

// Book is a catalog and the level that has it.
type Book struct {
	*catalog.Catalog
	Of *level.Level

	once    sync.Once
	private map[string]*catalog.Image // by the names of private copies
}

// counter bounds how much a Judge remembers.
type counter struct {
	mu sync.Mutex
	n  int
}

// maxKnown is how many references a Judge remembers.
const maxKnown = 1 << 14

func (c *counter) more() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.n <= maxKnown
}

// NewJudge is the judge by levels, nil where none of them has a catalog: there
// is nothing to judge by then.
func NewJudge(levels []level.Level, today catalog.Date) *Judge {
	j := &Judge{Levels: levels, Limits: level.LimitsOf(levels), Today: today, scopes: map[string]bool{}}
	for _, scope := range level.Scopes(levels) {
		j.scopes[scope] = true
	}
	for i := range levels {
		for _, c := range levels[i].Catalogs {
			j.Books = append(j.Books, &Book{Catalog: c, Of: &levels[i]})
		}
	}
	if len(j.Books) == 0 {
		return nil
	}
	return j
}

// Standing is what one catalog says of a reference.
type Standing struct {
	Book *Book
	// Image and Version are what the reference means, nil where the catalog has
	// neither or no such version.
	Image   *catalog.Image
	Version *catalog.Version
	// Private tells that the reference is under the name of the private copy.
	Private bool
	// Flaws are what is wrong with it; none is approved.
	Flaws []Flaw
}

// Flaw is one thing that is wrong, in words.
type Flaw struct {
	Rule string // the ID of the rule that reports it
	// Message, Notes and Help are those of a diagnostic.
	Message string
	Notes   []string
	Help    string
	// Of is the level that it is a finding of, never nil.
	Of *level.Level
	// File, Line and Entry are the place in the catalog, Line 1-based.
	File  string
	Line  int
	Entry string
	// Instead is the reference to write in place of the one that was judged, ""
	// where there is none. Same tells that it is the same content.
	Instead string
	Same    bool
}

// Of is what the catalogs say of an image, each that judges it. A nil Judge says
// nothing.
func (j *Judge) Of(img source.Image) []Standing {
	if j == nil {
		return nil
	}
	ref := img.Ref()
	if known, ok := j.known.Load(ref); ok {
		return known.([]Standing)
	}
	var out []Standing
	for _, b := range j.Books {
		if !b.IsInternal(img.Name()) {
			out = append(out, j.stand(b, img))
		}
	}
	if j.size.more() {
		j.known.Store(ref, out)
	}
	return out
}

// Forget drops what is remembered of references, for those who ask about each once.
func (j *Judge) Forget() {
	j.known.Clear()
	j.size.mu.Lock()
	defer j.size.mu.Unlock()
	j.size.n = 0
}

// image is the image that a name means in a catalog.
func (b *Book) image(name string) (im *catalog.Image, private bool) {
	if im := b.Find(name); im != nil {
		return im, false
	}
	b.once.Do(b.index)
	im = b.private[name]
	return im, im != nil
}

func (b *Book) index() {
	b.private = map[string]*catalog.Image{}
	for i := range b.Images {
		im := &b.Images[i]
		for k := range im.Versions {
			if name := im.Versions[k].PrivateName(); name != "" {
				b.private[name] = im
			}
		}
	}
}

// stand judges a reference by one catalog.
func (j *Judge) stand(b *Book, img source.Image) Standing {
	s := Standing{Book: b}
	s.Image, s.Private = b.image(img.Name())
	if s.Image == nil {
		s.Flaws = []Flaw{j.notApproved(b, img)}
		return s
	}
	candidates := s.Image.Tagged(img.Tag())
	if digest := img.Digest(); digest != "" {
		candidates = s.Image.WithDigest(digest)
	}
	if s.Private {
		candidates = withPrivate(candidates, img.Name())
	}
	s.Version = j.best(b, s.Image, candidates, img.Tag())
	if s.Version == nil {
		s.Flaws = []Flaw{j.otherVersion(b, s.Image, img)}
		return s
	}
	s.Flaws = j.Flaws(b, s.Image, s.Version, called(img))
	if instead := j.publicName(&s, img); instead != nil {
		s.Flaws = append(s.Flaws, *instead)
	}
	return s
}

// withPrivate leaves the versions whose private copy has a name.
func withPrivate(versions []*catalog.Version, name string) []*catalog.Version {
	var out []*catalog.Version
	for _, v := range versions {
		if v.PrivateName() == name {
			out = append(out, v)
		}
	}
	return out
}

// best is the version of several that stands best, of those the one of a tag,
// else the newest. nil of none.
func (j *Judge) best(b *Book, im *catalog.Image, versions []*catalog.Version, tag string) *catalog.Version {
	var best *catalog.Version
	least, tagged := 0, false
	for _, v := range versions {
		flaws, same := 0, v.Tag == tag
		if len(versions) > 1 {
			for _, f := range j.brief(b, im, v) {
				flaws += weight(f.Rule)
			}
		}
		if best == nil || flaws < least || flaws == least && (same && !tagged || same == tagged && !v.ApprovedAt.Before(best.ApprovedAt)) {
			best, least, tagged = v, flaws, same
		}
	}
	return best
}

// weight is how much a flaw counts against a version among several: what only
// warns comes after what denies.
func weight(rule string) int {
	switch rule {
	case ApprovalExpiring:
		return 1
	case DeprecatedImage:
		return 2
	case RevokedImage:
		return 1000
	}
	return 10
}

// Pin is the digest that an image without one is approved with, and where that
// stands: by the first catalog in which a version of its tag has no flaw but the
// name that it is written under, or that it will need another approval soon.
func (j *Judge) Pin(img source.Image) (digest, from string, ok bool) {
	if j == nil || img.Pinned() {
		return "", "", false
	}
	for _, s := range j.Of(img) {
		if s.Version == nil || !usable(s.Flaws) {
			return "", "", false
		}
		if digest != "" && digest != s.Version.Digest {
			return "", "", false // catalogs do not agree
		}
		if digest == "" {
			digest, from = s.Version.Digest, s.Book.place(s.Version.Line)
		}
	}
	return digest, from, digest != ""
}

// usable tells whether flaws are only those that deny nothing.
func usable(flaws []Flaw) bool {
	for _, f := range flaws {
		if f.Rule != PublicRegistry && f.Rule != ApprovalExpiring {
			return false
		}
	}
	return true
}

// Leads tells whether a flaw of one image asks for another in its place: for the
// private copy of the same content or, where any will do, for an approved version.
func (j *Judge) Leads(from, to source.Image, any bool) bool {
	for _, s := range j.Of(from) {
		for _, f := range s.Flaws {
			if f.Instead == "" || !any && f.Rule != PublicRegistry {
				continue
			}
			if instead, err := source.ParseReference(f.Instead); err == nil && instead.Ref() == to.Ref() {
				return true
			}
		}
	}
	return false
}
