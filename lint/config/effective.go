package config

import (
	"fmt"
	"maps"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// Effective is what the configs say of one Dockerfile.
type Effective struct {
	// Files are the paths of all configs that were read for it, the last
	// extended first.
	Files []string
	// Lists are the paths of those that are image policies, Policies those of
	// the policies that they name. All must allow.
	Lists, Policies []Text
	// Standing are those of them that ranked levels have, which no flag drops.
	Standing []Text
	// Registries and Hosts are lists that must each allow.
	Registries, Hosts  []lint.AllowList
	Rules              map[string]Rule  // by ID, those that a config mentions
	Locked             map[string]Place // by ID
	BuildArgs          map[string]Text
	Platforms, Targets []Text
	Exclude            []Text
	Ignores            Ignores
	entries            []Value   // of Lists
	governs            []Value   // of the keys of levels
	above              []*Config // those that say so
	// floors are the severities that ranked levels give rules: none below loosens
	// them.
	floors map[string]lint.Severity
}

// add takes in what a config says on top of those that it extends.
func (e *Effective) add(c *Config, p *Part) {
	e.Files = append(e.Files, c.Path)
	e.Exclude = append(e.Exclude, c.Exclude...)
	if c.Lists {
		list := Text{Value: c.Path, Place: Place{File: c.Name, Line: 1}}
		e.Lists = append(e.Lists, list)
		e.stand(c, list)
		e.entries = append(e.entries, c.lists...)
	}
	e.addGoverns(c)
	e.addRules(p.Rules)
	e.raise(c, p.Rules)
	for id, place := range c.Locked {
		if _, ok := e.Locked[id]; !ok {
			e.Locked[id] = place
		}
	}
	for _, t := range p.Policies {
		named := Text{Value: c.Resolve(t.Value), Place: t.Place}
		e.Policies = append(e.Policies, named)
		e.stand(c, named)
	}
	if p.Registries != nil {
		e.Registries = append(e.Registries, *p.Registries)
	}
	if p.Hosts != nil {
		e.Hosts = append(e.Hosts, *p.Hosts)
	}
	maps.Copy(e.BuildArgs, p.BuildArgs)
	e.Platforms = either(p.Platforms, e.Platforms)
	e.Targets = either(p.Targets, e.Targets)
	e.Ignores = e.Ignores.stricter(p.Ignores)
}

// addRules takes in severities on top of those of the configs that are extended,
// which may be stricter for the file at hand than checkLock could know: what
// those lock stays as strict.
func (e *Effective) addRules(rules map[string]Rule) {
	for id, r := range rules {
		_, locked := e.Locked[id]
		locked = locked || e.floors[id] > 0
		if below, ok := e.Rules[id]; !locked || !ok || r.Severity >= below.Severity {
			e.Rules[id] = r
		}
	}
}

// stand notes a policy that no flag drops.
func (e *Effective) stand(c *Config, policy Text) {
	if c.Rank != level.Unranked {
		e.Standing = append(e.Standing, policy)
	}
}

// raise notes what a ranked level asks of rules.
func (e *Effective) raise(c *Config, rules map[string]Rule) {
	if c.Rank == level.Unranked {
		return
	}
	for id, r := range rules {
		e.floors[id] = max(e.floors[id], r.Severity)
	}
}

// stricter keeps of each limit the one that allows less.
func (i Ignores) stricter(other Ignores) Ignores {
	if other.Allow != nil && (i.Allow == nil || i.Allow.Value) {
		i.Allow = other.Allow
	}
	if other.RequireReason != nil && (i.RequireReason == nil || !i.RequireReason.Value) {
		i.RequireReason = other.RequireReason
	}
	if other.MaxDays != nil && (i.MaxDays == nil || other.MaxDays.Value < i.MaxDays.Value) {
		i.MaxDays = other.MaxDays
	}
	return i
}

// Apply sets what the configs say in settings, over what they have; policies and
// builds, which need more than that, are left alone.
func (e *Effective) Apply(s *lint.Settings) {
	for id, r := range e.Rules {
		if r.Severity == 0 {
			s.Disabled[id] = true
			continue
		}
		s.Enabled[id], s.Severities[id] = true, r.Severity
	}
	for id := range e.Locked {
		s.Locked[id] = true
	}
	s.Registries, s.Hosts = e.Registries, e.Hosts
	if allow := e.Ignores.Allow; allow != nil && !allow.Value {
		s.IgnoreLimits.Forbidden = fmt.Sprintf("ignores are not allowed (%s)", allow.Place)
	}
	if require := e.Ignores.RequireReason; require != nil && require.Value {
		s.Enabled["ignore-without-reason"] = true
	}
	if days := e.Ignores.MaxDays; days != nil {
		s.IgnoreLimits.MaxDays, s.IgnoreLimits.MaxDaysBy = days.Value, days.Place.String()
	}
}
