package baseline

import "github.com/imgpolicy/imgpolicy/lint"

// Matcher matches diagnostics against a baseline. Of several alike the first
// ones that it is asked about are known, up to the count of the entry.
type Matcher struct {
	entries []Entry
	index   map[Entry]int // by the entry without its count
	path    func(file string) string
}

// Matcher is a new one that nothing has matched. path is as for Of.
func (b *Baseline) Matcher(path func(file string) string) *Matcher {
	m := &Matcher{index: map[Entry]int{}, path: path}
	for i, e := range b.Entries {
		m.entries = append(m.entries, e)
		m.index[key(e)] = i
	}
	return m
}

func key(e Entry) Entry {
	e.Count = 0
	return e
}

// Match tells whether a diagnostic is known, and uses up that it is.
func (m *Matcher) Match(d *lint.Diagnostic) bool {
	e, ok := entryOf(d, m.path)
	if !ok {
		return false
	}
	i, ok := m.index[key(e)]
	if !ok || m.entries[i].Count == 0 {
		return false
	}
	m.entries[i].Count--
	return true
}

// Left is what matched nothing: entries with how many of their count are left.
func (m *Matcher) Left() []Entry {
	var left []Entry
	for _, e := range m.entries {
		if e.Count > 0 {
			left = append(left, e)
		}
	}
	return left
}

// Without is the baseline less the entries given, as Left counts them.
func (b *Baseline) Without(gone []Entry) *Baseline {
	counts := map[Entry]int{}
	for _, e := range gone {
		counts[key(e)] += e.Count
	}
	out := new(Baseline)
	for _, e := range b.Entries {
		if e.Count -= counts[key(e)]; e.Count > 0 {
			out.Entries = append(out.Entries, e)
		}
	}
	return out
}
