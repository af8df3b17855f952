package regex

import (
	"fmt"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy"
)

// findShadowed reports entries that never decide, because one that is asked
// before them matches all that they match. It is said where that can be proved:
// the two are the same, or the one is nothing but the beginning of all that the
// other matches.
func (in *inspector) findShadowed(white, black []*judged) {
	whitelist := newCovers()
	for _, j := range white {
		if c := whitelist.of(j, named); c != nil {
			in.reportShadowed(j, c, white)
		}
		whitelist.add(j)
	}
	blacklist := newCovers()
	for _, j := range black {
		if c := whitelist.of(j, slices.Clone); c != nil {
			in.reportNeverDenies(j, c)
		} else if c := blacklist.of(j, slices.Clone); c != nil {
			in.reportShadowed(j, c, black)
		}
		blacklist.add(j)
	}
}

func (in *inspector) reportShadowed(j, by *judged, list []*judged) {
	f := policy.Flaw{
		Rule:    "pattern-shadowed",
		Message: fmt.Sprintf("%s never decides: %s on line %d matches all that it matches", shown(j.raw), shown(by.raw), by.line),
		Help:    "remove it",
	}
	if j.text == by.text {
		f.Message = fmt.Sprintf("%s is in the %s already, on line %d", shown(j.raw), j.list, by.line)
	}
	if e, ok := in.removal(j, list); ok {
		f.Fixes = []policy.Fix{{Title: "remove the entry", Safe: true, Edits: []policy.Edit{e}}}
	}
	in.report(j.entry, f)
}

func (in *inspector) reportNeverDenies(j, by *judged) {
	in.report(j.entry, policy.Flaw{
		Rule: "pattern-shadowed",
		Message: fmt.Sprintf("%s never denies: whitelist entry %s on line %d allows all that it matches, and the whitelist comes first",
			shown(j.raw), shown(by.raw), by.line),
		Help: "let the whitelist entry match less, or remove this one",
	})
}

// covers are entries by what they match.
type covers struct {
	same map[string]*judged
	// begins are entries that match all that begins with a text, contains those
	// that match all that contains one: the first for each text.
	begins   map[string]*judged
	contains []*judged
	heads    map[*judged][]head
}

// maxContains bounds the entries without an anchor that others are compared
// with.
const maxContains = 32

func newCovers() *covers {
	return &covers{same: map[string]*judged{}, begins: map[string]*judged{}, heads: map[*judged][]head{}}
}

// add takes in an entry. One that matches everything by mistake covers nothing:
// that it does is told already.
func (c *covers) add(j *judged) {
	if _, ok := c.same[j.text]; !ok {
		c.same[j.text] = j
	}
	var heads []head
	switch {
	case j.tree == nil:
	case saysAll(j.tree):
		heads = []head{{}}
	case !matchesAll(j.tree):
		heads = slices.Clone(j.heads)
	}
	heads = slices.DeleteFunc(heads, func(h head) bool { return h.closed || h.bound || h.folded })
	loose := false
	for _, h := range heads {
		if !h.anchored {
			loose = true
		} else if c.begins[h.text] == nil {
			c.begins[h.text] = j
		}
	}
	if len(heads) > 0 {
		c.heads[j] = heads
	}
	if loose && len(c.contains) < maxContains {
		c.contains = append(c.contains, j)
	}
}

// of is an entry that matches all that j matches, nil where none is known to.
// What counts of what j begins with is for cut to say.
func (c *covers) of(j *judged, cut func([]head) []head) *judged {
	if first := c.same[j.text]; first != nil {
		return first
	}
	if j.tree == nil || matchesAll(j.tree) {
		return nil
	}
	heads := cut(j.heads)
	if len(heads) == 0 || slices.ContainsFunc(heads, func(h head) bool { return h.folded }) {
		return nil
	}
	for _, by := range c.contains {
		if c.cover(by, heads) {
			return by
		}
	}
	for i := range len(heads[0].text) + 1 {
		if by := c.begins[heads[0].text[:i]]; by != nil && c.cover(by, heads) {
			return by
		}
	}
	return nil
}

// cover tells whether an entry matches whatever begins with one of the heads.
func (c *covers) cover(by *judged, heads []head) bool {
	for _, h := range heads {
		if !slices.ContainsFunc(c.heads[by], func(of head) bool {
			if of.anchored {
				return h.anchored && strings.HasPrefix(h.text, of.text)
			}
			return strings.Contains(h.text, of.text)
		}) {
			return false
		}
	}
	return true
}

// named are heads as far as they are of a repository and of what comes behind it,
// nil where they may begin elsewhere. A whitelist entry that allows for a tag
// counts for less beside a digest: one that covers it only up to the repository
// is sure to decide before it.
func named(heads []head) []head {
	var out []head
	for _, h := range heads {
		if !h.anchored {
			return nil
		}
		h.text = h.text[:min(len(h.text), nameLen(h.text)+1)]
		out = append(out, h)
	}
	return out
}
