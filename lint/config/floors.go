package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// floors are the rules by which the ranked levels of the chain judge, with the
// severity that they have there. A level in a dry run sees to none.
func (ch *Chain) floors(levels []level.Level) map[string]lint.Floor {
	out := map[string]lint.Floor{}
	for i, c := range ch.Configs {
		if c.Rank == level.Unranked || levels[i].DryRun {
			continue
		}
		for _, id := range ch.judgedBy(c, len(levels[i].Catalogs) > 0) {
			severity := ch.severityAt(id, i)
			if have, ok := out[id]; severity > 0 && (!ok || severity > have.Severity) {
				out[id] = lint.Floor{Severity: severity, By: &levels[i]}
			}
		}
	}
	return out
}

// judgedBy are the rules by which a file judges: those about its lists, its policies
// and its catalog.
func (ch *Chain) judgedBy(c *Config, catalogs bool) []string {
	var ids []string
	parts := []Part{c.Part}
	for _, o := range c.PerFile {
		parts = append(parts, o.Part)
	}
	for _, p := range parts {
		if p.Registries != nil {
			ids = append(ids, "untrusted-registry")
		}
		if p.Hosts != nil {
			ids = append(ids, "untrusted-host")
		}
		if len(p.Policies) > 0 || c.Lists {
			ids = append(ids, "policy-denied", "policy-unknown")
		}
	}
	for _, r := range ch.known.Rules {
		if r.Approval && catalogs {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// severityAt is what the files down to one make of a rule, the strictest that any
// says; 0 is off.
func (ch *Chain) severityAt(id string, last int) lint.Severity {
	rule := ch.known.rule(id)
	if rule == nil {
		return 0
	}
	severity, said := rule.Severity, false
	for _, c := range ch.Configs[:last+1] {
		if r, ok := c.Rules[id]; ok && (!said || r.Severity > severity) {
			severity, said = r.Severity, true
		}
	}
	for _, c := range ch.Configs[:last+1] {
		for _, o := range c.PerFile { // what a level lets some files do it lets them do
			if r, ok := o.Rules[id]; ok && c.Rank != level.Unranked {
				severity = min(severity, r.Severity)
			}
		}
	}
	return severity
}

// undercut are the severities of rules that are below such a floor, which stays.
func (ch *Chain) undercut(floors map[string]lint.Floor) []policy.Flaw {
	var out []policy.Flaw
	for i, c := range ch.Configs {
		for _, id := range slices.Sorted(maps.Keys(c.Rules)) {
			floor, ok := floors[id]
			if !ok || c.Rules[id].Severity >= floor.Severity || ch.saidAbove(id, i) || floor.By.File == c.Name {
				continue
			}
			at := c.Rules[id]
			start, end := lint.LineSpan(string(c.text.Text), at.Line)
			out = append(out, policy.Flaw{
				Rule: "level-loosens", File: c.text, Start: start, End: end,
				Message: fmt.Sprintf("rules: %s: %s is weaker than %s of the %s, which stays in force", id, at, floor.Severity, floor.By),
				Help:    "remove it; an exception of that level waives what the rule finds",
			})
		}
	}
	return out
}

// saidAbove tells whether a ranked file above one sets a rule, so that loosened
// speaks of it.
func (ch *Chain) saidAbove(id string, at int) bool {
	return slices.ContainsFunc(ch.Configs[:at], func(c *Config) bool {
		_, ok := c.Rules[id]
		return ok && c.Rank != level.Unranked
	})
}
