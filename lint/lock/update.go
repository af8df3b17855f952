package lock

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/imgpolicy/imgpolicy/lint"
)

// Update makes a new lock of an old one and of what Dockerfiles use.
type Update struct {
	Old  *Lock
	Uses *Uses
	// Books tell digests besides.
	Books []Book
	// Again takes no digest from the old lock or from the Dockerfiles.
	Again bool
	// Follow takes over what all Dockerfiles pin a name to where an entry says
	// something else; without it, as where not all of them are known, it stays.
	Follow bool
	// Prune drops the entries that nothing uses.
	Prune bool
	Now   time.Time

	entries []Entry
}

// Found is what looking up a source tells.
type Found struct {
	lint.Pin
	// Platforms are the digests of an image's manifests by platform.
	Platforms map[string]string
}

// Change is a difference between the old lock and the new one.
type Change struct {
	Name string
	// Old and New are the digests, "" where there is no entry.
	Old, New string
	// From is where the new one is known from.
	From string
}

// Missing settles all that needs no looking up, and returns the rest.
//
// An entry is kept unless the lock is to follow Dockerfiles that all pin the name
// to something else: what is built counts. A name without an entry is what the
// Dockerfiles pin it to, or else what the books say.
func (u *Update) Missing() []*Use {
	u.entries = nil
	var missing []*Use
	for _, use := range u.Uses.All() {
		old := u.Old.Entry(use.Name)
		written, pinned := use.pin()
		switch {
		case u.Again:
		case pinned && (old == nil || u.Follow && !old.records(written.Digest)):
			u.Add(use, Found{Pin: written})
			continue
		case old != nil:
			u.entries = append(u.entries, *old)
			continue
		}
		if pin, ok := Pin(u.Books, use.Name, ""); ok {
			u.Add(use, Found{Pin: pin})
			continue
		}
		missing = append(missing, use)
	}
	if !u.Prune {
		for _, e := range u.Old.Entries {
			if u.Uses.byName[e.Name] == nil {
				u.entries = append(u.entries, e)
			}
		}
	}
	return missing
}

// Add takes in what was found of a use. An entry that says the same stays as it
// is, its time included. What https has instead of the file that plain HTTP has is
// of no use.
func (u *Update) Add(use *Use, found Found) {
	if use.Plain != "" && !slices.ContainsFunc(u.entries, func(e Entry) bool { return e.Name == use.Plain && e.Digest == found.Digest }) {
		return
	}
	if old := u.Old.Entry(use.Name); old != nil && old.Digest == found.Digest {
		e := *old
		if len(found.Platforms) > 0 {
			e.Platforms = maps.Clone(found.Platforms)
		}
		u.entries = append(u.entries, e)
		return
	}
	u.entries = append(u.entries, Entry{
		Name: use.Name, Digest: found.Digest, Platforms: found.Platforms, Ref: found.Ref,
		ResolvedAt: u.Now.UTC().Truncate(time.Second), Source: found.From,
	})
}

// Lock is the new lock, once all that is missing was added.
func (u *Update) Lock() *Lock {
	l := &Lock{Name: u.Old.Name, Entries: slices.Clone(u.entries)}
	l.sort()
	return l
}

// Changes are the differences between the old lock and the new one, sorted by
// name.
func (u *Update) Changes() []Change {
	now := u.Lock()
	var all []Change
	for _, e := range now.Entries {
		change := Change{Name: e.Name, New: e.Digest, From: e.Source}
		if old := u.Old.Entry(e.Name); old != nil {
			change.Old = old.Digest
		}
		if change.Old != change.New {
			all = append(all, change)
		}
	}
	for _, e := range u.Old.Entries {
		if now.Entry(e.Name) == nil {
			all = append(all, Change{Name: e.Name, Old: e.Digest})
		}
	}
	slices.SortFunc(all, func(a, b Change) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.New, b.New)) })
	return all
}

// Unused are the entries of the old lock that nothing uses.
func (u *Update) Unused() []Entry {
	return slices.DeleteFunc(slices.Clone(u.Old.Entries), func(e Entry) bool { return u.Uses.byName[e.Name] != nil })
}
