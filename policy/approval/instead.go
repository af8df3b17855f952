package approval

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// place is a line of the catalog, as messages name it.
func (b *Book) place(line int) string { return fmt.Sprintf("%s:%d", b.File.Name, line) }

// title names the catalog by its level and file.
func (b *Book) title() string {
	if title := b.Of.Title(); title != "" {
		return "the catalog of the " + title
	}
	return "the catalog " + b.File.Name
}

// notApproved is the flaw of an image that a catalog does not have.
func (j *Judge) notApproved(b *Book, img source.Image) Flaw {
	f := Flaw{
		Rule: ImageNotApproved, Of: b.Of, File: b.File.Name, Line: 1, Entry: "images",
		Message: fmt.Sprintf("%s is not in %s", img.ShortName(), b.title()),
		Help:    howToAsk(img.Short(), level.Scopes(j.Levels)),
	}
	if near := b.near(img.Name()); len(near) > 0 {
		f.Notes = []string{"approved images with a like name: " + listed(near)}
	}
	return f
}

// otherVersion is the flaw of a reference that means no version of an image.
func (j *Judge) otherVersion(b *Book, im *catalog.Image, img source.Image) Flaw {
	f := Flaw{Rule: OtherVersion, Of: b.Of, File: b.File.Name, Line: im.Line, Entry: im.Name}
	tagged := im.Tagged(img.Tag())
	if best := j.best(b, im, tagged, img.Tag()); img.Digest() != "" && img.Tag() != "" && best != nil && !best.Has(img.Digest()) {
		f.Rule, f.Line, f.Entry = ApprovedDigestMismatch, best.Line, im.Name+":"+best.Tag
		f.Message = fmt.Sprintf("%s:%s is approved with the digest %s, and this is %s", img.ShortName(), img.Tag(), brief(best.Digest), brief(img.Digest()))
		if j.good(b, im, best) {
			f.Instead = reference(im, best)
		}
		f.Help = helpInstead(f.Instead)
		return f
	}
	name := called(img)
	if img.TagImplied() {
		name += ", which " + img.ShortName() + " means,"
	}
	f.Message = fmt.Sprintf("%s is not an approved version of %s", name, shortName(im.Name))
	f.Notes = j.offered(b, im, img.Tag(), &f.Instead)
	f.Help = helpInstead(f.Instead)
	if ask := howToAsk(img.Short(), level.Scopes(j.Levels)); f.Help == "" {
		f.Help = ask
	} else {
		f.Help += "\n" + ask
	}
	return f
}

// publicName is the flaw of a public name where there is a private copy, nil
// where it has none.
func (j *Judge) publicName(s *Standing, img source.Image) *Flaw {
	v := s.Version
	if s.Private || v.Private == "" || !usable(s.Flaws) {
		return nil
	}
	digest := cmp.Or(img.Digest(), v.Digest)
	instead := v.PrivateName()
	if tag := cmp.Or(img.Tag(), v.Tag); tag != "" {
		instead += ":" + tag
		if tag != v.Tag {
			instead = v.Private
		}
	}
	instead += "@" + digest
	return &Flaw{
		Rule: PublicRegistry, Of: s.Book.Of, File: s.Book.File.Name, Line: v.Line, Entry: s.Image.Name + ":" + v.Tag,
		Message: fmt.Sprintf("%s comes from %s, and its approved copy is %s", called(img), img.Host(), v.Private),
		Help:    helpInstead(instead), Instead: instead, Same: img.Pinned(),
	}
}

// good tells whether nothing denies a version.
func (j *Judge) good(b *Book, im *catalog.Image, v *catalog.Version) bool {
	return v.Status == catalog.Approved && usable(j.brief(b, im, v))
}

// offered names the versions that may be used in place of a tag, the nearest
// first, and sets instead to the reference of the first.
func (j *Judge) offered(b *Book, im *catalog.Image, tag string, instead *string) []string {
	var good []*catalog.Version
	for i := range im.Versions {
		if v := &im.Versions[i]; v.Tag != tag && j.good(b, im, v) {
			good = append(good, v)
		}
	}
	if len(good) == 0 {
		return []string{"no version of " + shortName(im.Name) + " is approved here"}
	}
	wanted := parseTag(tag)
	parts := make(map[*catalog.Version]tagParts, len(good))
	for _, v := range good {
		parts[v] = parseTag(v.Tag)
	}
	slices.SortStableFunc(good, func(a, b *catalog.Version) int {
		x, y := parts[a], parts[b]
		return cmp.Or(cmp.Compare(y.likeness(wanted), x.likeness(wanted)), slices.Compare(y.numbers, x.numbers), b.ApprovedAt.Compare(a.ApprovedAt))
	})
	*instead = reference(im, good[0])
	names := make([]string, len(good))
	for i, v := range good {
		names[i] = v.Tag
	}
	return []string{"approved versions: " + listed(slices.Compact(names))}
}

// reference is how to write a version: its private copy where there is one, with
// the digest.
func reference(im *catalog.Image, v *catalog.Version) string {
	return cmp.Or(v.Private, shortName(im.Name)+":"+v.Tag) + "@" + v.Digest
}

// called is how messages call an image: a digest is cut where a tag tells more.
func called(img source.Image) string {
	name := img.ShortName()
	if img.Tag() != "" {
		name += ":" + img.Tag()
	}
	switch {
	case img.Digest() == "":
		return name
	case img.Tag() != "":
		return name + "@" + brief(img.Digest())
	}
	return name + "@" + img.Digest()
}

// brief is a digest as messages tell two apart.
func brief(digest string) string {
	const shown = len("sha256:") + 12
	return digest[:min(len(digest), shown)] + "…"
}

// shortName is a full name as people write it.
func shortName(name string) string {
	img, err := source.ParseReference(name)
	if err != nil {
		return name
	}
	return img.ShortName()
}

func helpInstead(instead string) string {
	if instead == "" {
		return ""
	}
	return "write `" + instead + "`"
}

// howToAsk is the command by which people who may approve a version do so.
func howToAsk(ref string, scopes []string) string {
	return fmt.Sprintf("to ask for it, have it scanned and approved: `imgpolicy approve %s --report FILE --report FILE --scope %s --expires 90d --by NAME`", ref, scopes[len(scopes)-1])
}

// tagParts are what tags are compared by: 20.11.1-slim is the numbers 20, 11 and
// 1, and the variant -slim.
type tagParts struct {
	numbers []int
	variant string
}

var tagNumbers = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^v?([0-9]{1,9}(?:\.[0-9]{1,9})*)`) })

func parseTag(tag string) tagParts {
	m := tagNumbers().FindStringSubmatch(tag)
	if m == nil {
		return tagParts{variant: tag}
	}
	var p tagParts
	for _, part := range strings.Split(m[1], ".") {
		n, _ := strconv.Atoi(part) // at most nine digits
		p.numbers = append(p.numbers, n)
	}
	p.variant = tag[len(m[0]):]
	return p
}

// likeness is how near a tag is to a wanted one: the same major version weighs
// more than the same variant.
func (p tagParts) likeness(wanted tagParts) int {
	n := 0
	if len(p.numbers) > 0 && len(wanted.numbers) > 0 && p.numbers[0] == wanted.numbers[0] {
		n += 2
	}
	if p.variant == wanted.variant {
		n++
	}
	return n
}

// near are the short names of images that a name may have been meant for.
func (b *Book) near(name string) []string {
	last := name[strings.LastIndexByte(name, '/')+1:]
	var out []string
	for i := range b.Images {
		other := b.Images[i].Name
		base := other[strings.LastIndexByte(other, '/')+1:]
		if base == last || len(last) > 3 && len(base) > 3 && (strings.HasPrefix(base, last) || strings.HasPrefix(last, base)) {
			out = append(out, shortName(other))
		}
	}
	return out
}
