package export

import (
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy/level"
)

// listExceptions are the exceptions from what the lists of a level say, each with
// the last day on which it counts.
func (p *Policy) listExceptions(at int) []exception {
	levels := make([]level.Level, len(p.Levels))
	for i := range p.Levels {
		levels[i] = *p.Levels[i].Level
	}
	var out []exception
	for i := range levels {
		for _, e := range levels[i].Exceptions {
			if !slices.Contains(listRules(), e.Rule) {
				continue
			}
			f := level.Finding{Rule: e.Rule, Sources: []string{e.Source}, Of: &levels[at]}
			if by, _ := level.Waive(levels, f, p.Today); by != nil {
				out = append(out, exception{e.Rule, e.Source, by.Until})
			}
		}
	}
	return out
}

// internal are the starts of names that no catalog of a level judges: those that
// are internal to all of them.
func (p *Policy) internal(at int) []string {
	var out []string
	for i, c := range p.Levels[at].Catalogs {
		if i == 0 {
			out = slices.Clone(c.Internal)
		} else {
			out = bothBelow(out, c.Internal)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// bothBelow are the starts of names that lie in both lists.
func bothBelow(a, b []string) []string {
	var out []string
	for _, x := range a {
		for _, y := range b {
			switch {
			case below(x, y):
				out = append(out, x)
			case below(y, x):
				out = append(out, y)
			}
		}
	}
	return out
}

// below tells whether a name is a prefix or below it, in whole parts.
func below(name, prefix string) bool { return name == prefix || strings.HasPrefix(name, prefix+"/") }
