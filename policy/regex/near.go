package regex

import (
	"cmp"
	"slices"
	"strings"
)

// candidate is a whitelist entry beside an image it does not hit.
type candidate struct {
	entry *entry
	closeness
}

// closeness tells how little is missing for a hit. The zero value is far away.
type closeness struct {
	// near is set where a slip of the pen or another tag explains the miss, so
	// that it is fair to point at the entry.
	near bool
	// distance counts the letters that are wrong, where near is set.
	distance int
	// shared is how many bytes an entry and a spelling have in common from the
	// start, without those that are implied.
	shared int
}

func (c closeness) compare(other closeness) int {
	switch {
	case c.near != other.near && c.near:
		return -1
	case c.near != other.near:
		return 1
	default:
		return cmp.Or(cmp.Compare(c.distance, other.distance), cmp.Compare(other.shared, c.shared))
	}
}

// ranked are all whitelist entries, the nearest to an image first; equals stay
// in the order of the file.
func (l *lists) ranked(s *spellings) []candidate {
	ranked := make([]candidate, len(l.whitelist))
	for i := range l.whitelist {
		ranked[i] = candidate{entry: &l.whitelist[i], closeness: l.whitelist[i].closeness(s)}
	}
	slices.SortStableFunc(ranked, func(a, b candidate) int { return a.compare(b.closeness) })
	return ranked
}

// closeness is that of the nearest head and spelling. A head without ^ may also
// stand at the start of any later path component.
func (e *entry) closeness(s *spellings) closeness {
	var best closeness
	for _, sp := range s.all() {
		name := nameLen(sp.text)
		for _, h := range e.heads {
			for from := 0; from >= 0; from = nextComponent(sp.text[:name], from) {
				if c := measure(h.text, sp.text[from:], name-from, max(0, sp.implied-from)); c.compare(best) < 0 {
					best = c
				}
				if h.anchored {
					break
				}
			}
		}
	}
	return best
}

// nextComponent is where the path component after from starts, -1 after the
// last.
func nextComponent(name string, from int) int {
	i := strings.IndexByte(name[from:], '/')
	if i < 0 {
		return -1
	}
	return from + i + 1
}

// nameLen is the length of the repository at the start of a spelling.
func nameLen(text string) int {
	if at := strings.IndexByte(text, '@'); at >= 0 {
		text = text[:at]
	}
	slash := strings.LastIndexByte(text, '/') + 1
	if colon := strings.IndexByte(text[slash:], ':'); colon >= 0 {
		return slash + colon
	}
	return len(text)
}

// measure compares what a hit begins with to a spelling whose first name bytes
// are the repository. The first implied of these are nothing to have in common:
// every image of Docker Hub has them. Near is
//
//   - the same repository with another tag or digest;
//   - an entry whose literal beginning is all there and makes up more than half
//     of the repository: only what is no literal in it does not hit;
//   - an entry that is the same up to a slash, and after it differs from the
//     beginning of what is there by at most a third of its letters.
func measure(head, text string, name, implied int) closeness {
	equal := sharedPrefix(head, text)
	c := closeness{shared: max(0, equal-implied)}
	if equal > name || equal == len(head) {
		c.near = equal > name || 2*c.shared > name-implied
		return c
	}
	slash := strings.LastIndexByte(head[:equal], '/') + 1
	word := head[slash:]
	limit := len(word) / 3
	rest := text[slash:]
	rest = rest[:min(len(rest), len(word)+limit)]
	if d := slices.Min(distances(word, rest)); d <= limit {
		c.near, c.distance = true, d
	}
	return c
}

func sharedPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
