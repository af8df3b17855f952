package export

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// sourceEngine evaluates the rules of a source policy (BuildKit,
// sourcepolicy/engine.go): the first that converts ends the round, and of those
// that allow or deny the last one counts.
type sourceEngine struct {
	rules []sourceRule
	// byName are the rules with a literal identifier, patterns all others, by their
	// place.
	byName   map[string][]int
	patterns []sourcePattern
}

type sourcePattern struct {
	rule    int
	pattern *regexp.Regexp
	// start and end are what an identifier has to begin and end with.
	start, end string
}

func (e *sourceEngine) compile() error {
	for i, r := range e.rules {
		id := r.Selector.Identifier
		switch r.Selector.MatchType {
		case exact:
			e.byName[id] = append(e.byName[id], i)
		case wildcard:
			start, end, _ := strings.Cut(id, "*")
			e.patterns = append(e.patterns, sourcePattern{rule: i, start: start, end: end})
		case byRegex:
			pattern, err := regexp.Compile(id)
			if err != nil {
				return err
			}
			e.patterns = append(e.patterns, sourcePattern{rule: i, pattern: pattern})
		default:
			return fmt.Errorf("rule %d has the match type %q", i+1, r.Selector.MatchType)
		}
	}
	return nil
}

// matches tells whether a pattern matches, and what a wildcard stands for.
func (p *sourcePattern) matches(id string) (part string, ok bool) {
	if p.pattern != nil {
		return "", p.pattern.MatchString(id)
	}
	if len(id) < len(p.start)+len(p.end) || !strings.HasPrefix(id, p.start) || !strings.HasSuffix(id, p.end) {
		return "", false
	}
	return id[len(p.start) : len(id)-len(p.end)], true
}

// evaluate is one round: what the identifier is converted to, "" for nothing, and
// whether it is denied.
func (e *sourceEngine) evaluate(id string) (to string, denied bool) {
	hits := slices.Clone(e.byName[id])
	parts := map[int]string{}
	for i := range e.patterns {
		if part, ok := e.patterns[i].matches(id); ok {
			hits = append(hits, e.patterns[i].rule)
			parts[e.patterns[i].rule] = part
		}
	}
	slices.Sort(hits)
	for _, i := range hits {
		switch r := e.rules[i]; r.Action {
		case convert:
			if to := strings.ReplaceAll(r.Updates.Identifier, "${1}", parts[i]); to != id {
				return to, false
			}
		case deny:
			denied = true
		case allow:
			denied = false
		}
	}
	return "", denied
}
