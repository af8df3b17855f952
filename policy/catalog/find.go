package catalog

import (
	"cmp"
	"slices"
	"strings"
)

// Find is the image of a full public name, nil where the catalog has none.
func (c *Catalog) Find(name string) *Image {
	i, ok := slices.BinarySearchFunc(c.Images, name, func(im Image, name string) int { return strings.Compare(im.Name, name) })
	if !ok {
		return nil
	}
	return &c.Images[i]
}

// FindPrivate is the image of which a version has its private copy under a full
// name, nil where none has. It looks through all versions: who asks often keeps
// an index.
func (c *Catalog) FindPrivate(name string) *Image {
	for i := range c.Images {
		for j := range c.Images[i].Versions {
			if private, _ := cutTag(c.Images[i].Versions[j].Private); private == name && name != "" {
				return &c.Images[i]
			}
		}
	}
	return nil
}

// IsInternal tells whether an image of a full name is the organization's own,
// which the catalog does not judge.
func (c *Catalog) IsInternal(name string) bool {
	return slices.ContainsFunc(c.Internal, func(prefix string) bool {
		_, ok := cutPrefix(name, prefix)
		return ok
	})
}

// PrivateName is where the private copy of an image goes, both full names
// without a tag: by the longest mapping that begins the name, else below the
// registry. It is "" where the catalog names neither.
func (c *Catalog) PrivateName(name string) string {
	var best Mapping
	rest, found := "", false
	for _, m := range c.Mapping {
		if after, ok := cutPrefix(name, m.From); ok && (!found || len(m.From) > len(best.From)) {
			best, rest, found = m, after, true
		}
	}
	switch {
	case found:
		return joinName(best.To, strings.ReplaceAll(rest, ":", "-"))
	case c.Registry != "":
		// A port is no part of a path.
		return joinName(c.Registry, strings.ReplaceAll(name, ":", "-"))
	}
	return ""
}

// cutPrefix cuts the start of a full name, in whole parts of its path.
func cutPrefix(name, prefix string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(name, strings.TrimSuffix(prefix, "/"))
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

func joinName(prefix, rest string) string {
	return strings.TrimSuffix(strings.TrimSuffix(prefix, "/")+"/"+rest, "/")
}

// Tagged are the versions of a tag, the newest approval last.
func (im *Image) Tagged(tag string) []*Version {
	start, _ := slices.BinarySearchFunc(im.Versions, tag, func(v Version, tag string) int { return strings.Compare(v.Tag, tag) })
	var out []*Version
	for i := start; i < len(im.Versions) && im.Versions[i].Tag == tag; i++ {
		out = append(out, &im.Versions[i])
	}
	return out
}

// WithDigest are the versions whose content a digest names, that of the index or
// of a manifest in it, in the order of the catalog.
func (im *Image) WithDigest(digest string) []*Version {
	var out []*Version
	for i := range im.Versions {
		if im.Versions[i].Has(digest) {
			out = append(out, &im.Versions[i])
		}
	}
	return out
}

// Has tells whether a digest names the content of the version: that of its index
// or of a manifest in it.
func (v *Version) Has(digest string) bool {
	if v.Digest == digest {
		return true
	}
	for _, p := range v.Platforms {
		if p.Manifest == digest {
			return true
		}
	}
	return false
}

// AcceptedAt is what accepts a finding in an image of a full name today, nil for
// nothing: an entry for the image before one for all.
func (c *Catalog) AcceptedAt(id, image string, today Date) *Accepted {
	start, _ := slices.BinarySearchFunc(c.Accepted, id, func(a Accepted, id string) int { return strings.Compare(a.ID, id) })
	var found *Accepted
	for i := start; i < len(c.Accepted) && c.Accepted[i].ID == id; i++ {
		a := &c.Accepted[i]
		if (a.Image == "" || a.Image == image) && !a.Until.Over(today) && a.Status != "under_investigation" {
			found = a
		}
	}
	return found
}

// Expiring is a version whose approval ends.
type Expiring struct {
	Image   *Image
	Version *Version
}

// Expiring are the approvals that end within so many days from today or have
// ended, the first to end first.
func (c *Catalog) Expiring(today Date, days int) []Expiring {
	var out []Expiring
	for i := range c.Images {
		for j := range c.Images[i].Versions {
			v := &c.Images[i].Versions[j]
			if v.Status != Revoked && !v.Expires.IsZero() && today.DaysUntil(v.Expires) <= days {
				out = append(out, Expiring{&c.Images[i], v})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Expiring) int {
		return cmp.Compare(b.Version.Expires.DaysUntil(a.Version.Expires), 0)
	})
	return out
}

// PrivateName is the full name of the private copy without its tag, "" for none.
func (v *Version) PrivateName() string {
	name, _ := cutTag(v.Private)
	return name
}
