package catalog

import (
	"slices"
	"strings"
)

// Put takes in an approved version: in place of the one of the same tag and
// digest, or beside all others. License and Owner are those of image where it
// has any. The versions that Find gave before must not be used after.
func (c *Catalog) Put(image Image, v Version) {
	i, ok := slices.BinarySearchFunc(c.Images, image.Name, func(im Image, name string) int { return strings.Compare(im.Name, name) })
	if !ok {
		c.Images = slices.Insert(c.Images, i, Image{Name: image.Name})
	}
	im := &c.Images[i]
	if image.License != nil {
		im.License = image.License
	}
	if image.Owner != "" {
		im.Owner = image.Owner
	}
	im.Versions = slices.DeleteFunc(im.Versions, func(old Version) bool { return old.Tag == v.Tag && old.Digest == v.Digest })
	slices.SortStableFunc(v.Evidence, compareEvidence)
	at, _ := slices.BinarySearchFunc(im.Versions, v, compareVersions)
	im.Versions = slices.Insert(im.Versions, at, v)
}

// Accept takes in a finding that may remain, in place of the entry for the same
// finding and image.
func (c *Catalog) Accept(a Accepted) {
	i, ok := slices.BinarySearchFunc(c.Accepted, a, compareAccepted)
	if ok {
		c.Accepted[i] = a
		return
	}
	c.Accepted = slices.Insert(c.Accepted, i, a)
}
