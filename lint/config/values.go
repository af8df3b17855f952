package config

import (
	"maps"
	"slices"
	"strconv"

	"github.com/imgpolicy/imgpolicy/lint"
)

// Value is one value in force and where it comes from.
type Value struct {
	Key   string // such as "rules" or "ignores"
	Name  string // of a member, such as the ID of a rule; "" for an item of a list
	Value string
	// Empty tells that there is no item, of a list that allows nothing then.
	Empty bool
	Place
}

// Values are all that the configs say of a Dockerfile, in the order of the
// documentation. Texts are as written, paths as they were resolved.
func (e *Effective) Values() []Value {
	var out []Value
	add := func(key, name, value string, at Place) {
		out = append(out, Value{Key: key, Name: name, Value: value, Place: at})
	}
	out = append(out, byKey(e.entries)...)
	out = append(out, allowed("registries", e.Registries)...)
	out = append(out, allowed("hosts", e.Hosts)...)
	for _, t := range e.Policies {
		add("policies", "", t.Value, t.Place)
	}
	for _, id := range slices.Sorted(maps.Keys(e.Rules)) {
		add("rules", id, e.Rules[id].String(), e.Rules[id].Place)
	}
	for _, name := range slices.Sorted(maps.Keys(e.BuildArgs)) {
		add("build-args", name, e.BuildArgs[name].Value, e.BuildArgs[name].Place)
	}
	for _, t := range e.Platforms {
		add("platforms", "", t.Value, t.Place)
	}
	for _, t := range e.Targets {
		add("targets", "", t.Value, t.Place)
	}
	for _, t := range e.Exclude {
		add("exclude", "", t.Value, t.Place)
	}
	if b := e.Ignores.Allow; b != nil {
		add("ignores", "allow", strconv.FormatBool(b.Value), b.Place)
	}
	if b := e.Ignores.RequireReason; b != nil {
		add("ignores", "require-reason", strconv.FormatBool(b.Value), b.Place)
	}
	if n := e.Ignores.MaxDays; n != nil {
		add("ignores", "max-days", strconv.Itoa(n.Value), n.Place)
	}
	for _, id := range slices.Sorted(maps.Keys(e.Locked)) {
		add("locked", "", id, e.Locked[id])
	}
	return append(out, byKey(e.governs)...)
}

// byKey keeps the entries of each key together, in the order of the keys.
func byKey(all []Value) []Value {
	var out []Value
	for _, k := range keys() {
		for _, v := range all {
			if v.Key == k.name {
				out = append(out, v)
			}
		}
	}
	return out
}

func allowed(key string, lists []lint.AllowList) []Value {
	var out []Value
	for _, l := range lists {
		if len(l.Entries) == 0 {
			out = append(out, Value{Key: key, Empty: true, Place: Place{File: l.File, Line: l.Line}})
		}
		for _, entry := range l.Entries {
			out = append(out, Value{Key: key, Value: entry.Text, Place: Place{File: l.File, Line: entry.Line}})
		}
	}
	return out
}
