package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// loosened are the settings that are weaker than those of a higher level, which
// stay in force.
func (ch *Chain) loosened() []policy.Flaw {
	var out []policy.Flaw
	for i, c := range ch.Configs {
		for _, above := range ch.Configs[:i] {
			if above.Rank == level.Unranked {
				continue
			}
			for _, key := range slices.Sorted(maps.Keys(c.terms)) {
				if strict, ok := above.terms[key]; ok && weaker(key, c, above) {
					out = append(out, c.looser(key, c.terms[key], above, strict))
				}
			}
			for _, id := range slices.Sorted(maps.Keys(c.Rules)) {
				if strict, ok := above.Rules[id]; ok && c.Rules[id].Severity < strict.Severity {
					out = append(out, c.looser("rules: "+id, Text{c.Rules[id].String(), c.Rules[id].Place}, above, Text{strict.String(), strict.Place}))
				}
			}
		}
	}
	return out
}

// looser is the flaw of a setting.
func (c *Config) looser(key string, at Text, above *Config, strict Text) policy.Flaw {
	start, end := lint.LineSpan(string(c.text.Text), at.Line)
	l := level.Level{Rank: above.Rank, Name: above.Governs.Name.Value}
	return policy.Flaw{
		Rule: "level-loosens", File: c.text, Start: start, End: end,
		Message: fmt.Sprintf("%s: %s is weaker than %s of the %s (%s), which stays in force", key, at.Value, strict.Value, l.Title(), strict.Place),
		Help:    fmt.Sprintf("remove it, or write `%s: %s`", key[max(0, len(key)-len(lastWord(key))):], strict.Value),
	}
}

// lastWord is a key as it is written at its line.
func lastWord(key string) string {
	for i := len(key) - 1; i >= 0; i-- {
		if key[i] == ' ' {
			return key[i+1:]
		}
	}
	return key
}

// weaker tells whether a file asks for less than one above it.
func weaker(key string, c, above *Config) bool {
	a, b := &c.Terms, &above.Terms
	switch key {
	case "min-scanners":
		return a.MinScanners < b.MinScanners
	case "max-severity":
		return a.MaxSeverity > b.MaxSeverity
	case "unknown-as":
		return a.UnknownAs < b.UnknownAs
	case "fix-available-only":
		return *a.FixAvailableOnly && !*b.FixAvailableOnly
	case "licenses", "approvers":
		return false // each list must allow
	}
	return cmp.Compare(*numberOf(a, key), *numberOf(b, key)) > 0
}
