package regex

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// watch knows which entries have matched a source.
type watch struct {
	*lists
	asked        atomic.Bool
	white, black []atomic.Bool // by entry
}

// Steady implements policy.Steady.
func (l *lists) Steady() bool { return true }

// Watch implements policy.Watcher.
func (l *lists) Watch() policy.Watch {
	return &watch{lists: l, white: make([]atomic.Bool, len(l.whitelist)), black: make([]atomic.Bool, len(l.blacklist))}
}

// Asked implements policy.Watch. It looks at the entries that have matched
// nothing yet, whether or not they are the ones that decide.
func (w *watch) Asked(src source.Source) {
	var s spellings
	switch src := src.(type) {
	case source.Image:
		s = imageSpellings(src)
	case source.HTTP:
		s = httpSpellings(src)
	case source.Git:
		s = gitSpellings(src)
	default:
		return
	}
	w.asked.Store(true)
	note := func(entries []entry, matched []atomic.Bool, hits func(*entry) bool) {
		for i := range entries {
			if !matched[i].Load() && hits(&entries[i]) {
				matched[i].Store(true)
			}
		}
	}
	note(w.whitelist, w.white, func(e *entry) bool { return hits(e.pattern, s) })
	note(w.blacklist, w.black, func(e *entry) bool { _, ok := e.denies(&s); return ok })
}

// entry is whether the entry with a number has matched: those of the whitelist come
// first.
func (w *watch) entry(part int) *atomic.Bool {
	if part < len(w.white) {
		return &w.white[part]
	}
	return &w.black[part-len(w.white)]
}

// Used implements policy.Watch.
func (w *watch) Used() []int {
	if !w.asked.Load() {
		return nil
	}
	used := []int{}
	for part := range len(w.white) + len(w.black) {
		if w.entry(part).Load() {
			used = append(used, part)
		}
	}
	return used
}

// Use implements policy.Watch.
func (w *watch) Use(parts []int) {
	if parts == nil {
		return
	}
	w.asked.Store(true)
	for _, part := range parts {
		if part >= 0 && part < len(w.white)+len(w.black) {
			w.entry(part).Store(true)
		}
	}
}

// Unused implements policy.Watch.
func (w *watch) Unused() (unused []policy.Flaw, asked bool) {
	in := &inspector{lists: w.lists, text: string(w.source.Text)}
	find := func(list string, entries []entry, matched []atomic.Bool) {
		for i := range entries {
			if !matched[i].Load() {
				in.report(&entries[i], policy.Flaw{
					Rule:    "pattern-unused",
					Message: fmt.Sprintf("%s entry %s matches nothing that the Dockerfiles of this run fetch", list, shown(entries[i].raw)),
					Help:    "remove it if nothing else needs it",
				})
			}
		}
	}
	find(whitelistKey, w.whitelist, w.white)
	find(blacklistKey, w.blacklist, w.black)
	slices.SortStableFunc(in.flaws, byPlace)
	return in.flaws, w.asked.Load()
}
