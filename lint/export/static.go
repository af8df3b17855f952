package export

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy/approval"
)

// static is what all levels together let images be on one day, for the forms that
// know neither levels nor dates.
type static struct {
	images []staticImage
	// prefixes are the starts of names, in whole parts of the path and with "*" in
	// one part, below which all images are allowed.
	prefixes []string
	// open tells that images are allowed which nothing here names: there is neither
	// a catalog nor a list of registries.
	open bool
	// lists are image policies that were asked about images, and which what is below
	// prefixes, or open, does not follow yet.
	lists []Lists
	// stricter tells that lint lets pass what no catalog has, and the form does not.
	stricter bool
	// ends is the first day on which something that is allowed ends, "" for none.
	ends string
}

// staticImage is an image with its versions that are allowed.
type staticImage struct {
	name, private string
	copy          bool // a second name of private copies
	versions      []staticVersion
	tags          []staticTag
}

// staticTag is a name with a tag that is allowed, and the version that it means.
type staticTag struct {
	name, tag string
	version   int
}

type staticVersion struct {
	tag, private      string
	digests           []string
	public, copyInUse bool // allowed under the public name, under the private one
}

// static asks about all that the catalogs name. A public name that is denied only
// because there is a private copy counts as allowed where converts is set.
func (p *Policy) static(converts bool) (*static, error) {
	s, err := p.survey()
	if err != nil {
		return nil, err
	}
	out := &static{}
	closed := false
	for i, unlisted := range s.unlisted {
		if l := p.Levels[i]; len(l.Catalogs) > 0 && !l.DryRun {
			closed = true
			out.stricter = out.stricter || unlisted == "" || slices.ContainsFunc(s.images, func(im *surveyed) bool { return im.listed[i] && !im.other[0][i].denies })
		}
	}
	allowed := func(name, rest string) (bool, error) {
		if name == "" {
			return false, nil
		}
		findings, err := p.Judge(name+rest, p.Today)
		if converts {
			findings = slices.DeleteFunc(findings, func(f Finding) bool { return f.Rule == approval.PublicRegistry })
		}
		return len(findings) == 0, err
	}
	for _, im := range s.images {
		if err := out.add(im, allowed); err != nil {
			return nil, err
		}
	}
	out.prefixes, out.open = p.prefixes(closed)
	for _, l := range p.Levels {
		if !l.DryRun {
			out.lists = append(out.lists, l.Lists...)
		}
	}
	return out, nil
}

func (st *static) add(im *surveyed, allowed func(name, rest string) (bool, error)) error {
	out := staticImage{name: im.name, private: im.private, copy: im.copy}
	for _, v := range im.versions {
		public, err := allowed(im.name, "@"+v.digests[0])
		if err != nil {
			return err
		}
		private, err := allowed(v.private, "@"+v.digests[0])
		if err != nil {
			return err
		}
		if !public && !private {
			continue
		}
		out.versions = append(out.versions, staticVersion{v.tag, v.private, v.digests, public, private})
		for _, faults := range v.names {
			for _, f := range faults {
				if f.denies && f.from != "" && (st.ends == "" || f.from < st.ends) {
					st.ends = f.from
				}
			}
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(im.tags)) {
		if err := out.addTag(tag, allowed); err != nil {
			return err
		}
	}
	if len(out.versions) > 0 {
		st.images = append(st.images, out)
	}
	return nil
}

// prefixes are the starts of names that need no approval: those of the
// organization's own images where there are catalogs, and of all allowed
// registries where there are none.
func (p *Policy) prefixes(closed bool) (out []string, open bool) {
	first := true
	meet := func(with []string) {
		if first {
			out, first = slices.Clone(with), false
			return
		}
		out = bothMatch(out, with)
	}
	if closed {
		for i := range p.Levels {
			if len(p.Levels[i].Catalogs) > 0 && !p.Levels[i].DryRun {
				meet(p.internal(i))
			}
		}
	}
	for _, l := range p.Levels {
		for _, r := range l.Registries {
			if !l.DryRun {
				meet(r.Entries)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out), first
}

// bothMatch are the starts of names that lie in both lists. Where both have a "*"
// only what is written the same is sure to.
func bothMatch(a, b []string) []string {
	var out []string
	within := func(name, entry string) bool {
		return name == entry || !strings.Contains(name, "*") && regexp.MustCompile(registryPattern(entry)).MatchString(name)
	}
	for _, x := range a {
		for _, y := range b {
			switch {
			case within(x, y):
				out = append(out, x)
			case within(y, x):
				out = append(out, y)
			}
		}
	}
	return out
}

// limits say how far the form is behind lint, for a form that knows no dates.
func (st *static) limits(p *Policy) []string {
	var out []string
	if len(st.images) > 0 {
		text := fmt.Sprintf("It knows no dates: it holds what is approved on %s", p.Today)
		if st.ends != "" {
			text += fmt.Sprintf(", and the first of these is over on %s", st.ends)
		}
		out = append(out, text+". Export it again from a timer.")
	}
	if st.stricter {
		out = append(out, "It denies images and versions that no catalog has, though they are no error to lint.")
	}
	if len(st.lists) > 0 && len(st.prefixes) > 0 {
		var places []string
		for _, l := range st.lists {
			places = append(places, l.Place)
		}
		out = append(out, fmt.Sprintf("Images below %s are let through whatever the lists of %s say.", strings.Join(st.prefixes, ", "), strings.Join(places, ", ")))
	}
	return out
}

// addTag asks about a tag under each name that its versions have.
func (im *staticImage) addTag(tag string, allowed func(name, rest string) (bool, error)) error {
	names := []string{im.name}
	for _, v := range im.versions {
		if v.tag == tag && v.private != "" && !slices.Contains(names, v.private) {
			names = append(names, v.private)
		}
	}
	for _, name := range names {
		ok, err := allowed(name, ":"+tag)
		if err != nil {
			return err
		}
		means := -1
		for i, v := range im.versions { // the newest comes last
			if v.tag == tag && im.allowedAs(name, v) {
				means = i
			}
		}
		if ok && means >= 0 {
			im.tags = append(im.tags, staticTag{name, tag, means})
		}
	}
	return nil
}

// uses tells whether any version may be used under a name.
func (im *staticImage) uses(private bool) bool {
	return slices.ContainsFunc(im.versions, func(v staticVersion) bool { return private && v.copyInUse || !private && v.public })
}

// names are those under which versions may be used.
func (im *staticImage) names() []string {
	var out []string
	if im.uses(false) {
		out = append(out, im.name)
	}
	if im.private != "" && im.uses(true) {
		out = append(out, im.private)
	}
	return out
}

// allowedAs tells whether a version may be used under a name.
func (im *staticImage) allowedAs(name string, v staticVersion) bool {
	return name == v.private && v.copyInUse || name == im.name && v.public
}

// hostOf is the registry of a full name.
func hostOf(name string) string {
	host, _, _ := strings.Cut(name, "/")
	return host
}
