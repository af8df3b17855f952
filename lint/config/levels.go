package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// DefaultCatalog is the catalog beside a config of a level that names none.
const DefaultCatalog = "catalog.json"

// Catalogs gives the catalog at a path; nil and no error where there is none and
// needed is false.
type Catalogs func(path string, at Place, needed bool) (*catalog.Catalog, error)

// Levels are those of the chain, nil where none of its files says anything that a
// level can. today is the day by which approvals and exceptions expire, zero for
// none. Errors are those of catalogs, or *policy.LoadError.
func (ch *Chain) Levels(today catalog.Date, catalogs Catalogs) (*lint.Levels, error) {
	if !slices.ContainsFunc(ch.Configs, func(c *Config) bool { return c.says() }) {
		return nil, nil
	}
	if err := ch.inOrder(); err != nil {
		return nil, err
	}
	out := &lint.Levels{
		All: make([]level.Level, len(ch.Configs)), Files: map[string]*level.Level{}, Rules: map[string]*level.Level{}, Texts: map[string]policy.File{},
	}
	for i, c := range ch.Configs {
		l := &out.All[i]
		*l = level.Level{
			Rank: c.Rank, Name: c.Governs.Name.Value, File: c.Name, Line: max(c.Level.Line, 1), Terms: c.Terms,
			TermLines: c.termLines(), DryRun: c.DryRun != nil && c.DryRun.Value, Exceptions: c.Exceptions, Delegations: c.Delegations,
		}
		if err := c.addCatalog(l, catalogs); err != nil {
			return nil, err
		}
		if len(c.Exceptions) > 0 {
			out.Texts[c.Name] = c.text
		}
		c.attribute(out, l)
	}
	out.Judge = approval.NewJudge(out.All, today)
	out.Floors = ch.floors(out.All)
	out.Flaws = append(ch.loosened(), ch.undercut(out.Floors)...)
	return out, ch.checkExceptions(out.All, today)
}

// inOrder finds levels that do not stand below one another. The policy of the
// machine is apart: its levels are above all others whatever they are.
func (ch *Chain) inOrder() error {
	var above *Config
	for i, c := range ch.Configs {
		if i == ch.machine {
			above = nil
		}
		if c.Rank == level.Unranked {
			continue
		}
		if above != nil && above.Rank <= c.Rank && c.Rank != level.Machine {
			return &policy.LoadError{
				File: c.Level.File, Line: c.Level.Line, Column: 1, Entry: "level: " + c.Rank.String(),
				Message: fmt.Sprintf("a %s cannot stand below the %s of %s, which this file extends", c.Rank, above.Rank, above.Level),
			}
		}
		above = c
	}
	return nil
}

// termLines are the lines of the terms, by key.
func (c *Config) termLines() map[string]int {
	lines := map[string]int{}
	for key, t := range c.terms {
		lines[key] = t.Line
	}
	return lines
}

func (c *Config) addCatalog(l *level.Level, catalogs Catalogs) error {
	path, needed := c.Catalog.Value, c.Catalog.Value != ""
	if !needed {
		if c.Rank == level.Unranked {
			return nil
		}
		path = DefaultCatalog
	}
	found, err := catalogs(c.Resolve(path), c.Catalog.Place, needed)
	if err != nil || found == nil {
		return err
	}
	l.Catalogs = append(l.Catalogs, found)
	return nil
}

// attribute says what is a finding of the level: by the lists and policies of its
// file, and the rules that it sets or locks. The highest level that does has them.
func (c *Config) attribute(out *lint.Levels, l *level.Level) {
	if _, ok := out.Files[c.Name]; !ok {
		out.Files[c.Name] = l
	}
	for _, t := range c.Policies {
		if name := c.Resolve(t.Value); out.Files[name] == nil {
			out.Files[name] = l
		}
	}
	ids := slices.Sorted(maps.Keys(c.Rules))
	for id := range c.Locked {
		ids = append(ids, id)
	}
	for _, id := range ids {
		if out.Rules[id] == nil && c.Rules[id].Severity > 0 || c.Locked[id] != (Place{}) && out.Rules[id] == nil {
			out.Rules[id] = l
		}
	}
}

// checkExceptions finds exceptions that hold longer than the levels let them.
func (ch *Chain) checkExceptions(levels []level.Level, today catalog.Date) error {
	if today.IsZero() {
		return nil
	}
	for i := range levels {
		limit := level.LimitsOf(levels[:i+1]).MaxExceptionDays
		for _, e := range levels[i].Exceptions {
			if limit.Value > 0 && today.DaysUntil(e.Until) > limit.Value {
				return &policy.LoadError{
					File: e.File, Line: e.Line, Column: 1, Entry: "until: " + e.Until.String(),
					Message: fmt.Sprintf("the exception holds longer than %d days, which are the most%s: write %s at the latest", limit.Value, limit.Place(), today.Plus(limit.Value)),
				}
			}
		}
	}
	return nil
}

// Missing is a level that the chain must have and has not, "" for none, and where
// that is asked.
func (ch *Chain) Missing(required []Text) (Text, bool) {
	for _, c := range ch.Configs {
		required = append(required, c.Requires...)
	}
	for _, t := range required {
		rank, name, _ := ParseRequired(t.Value) // checked where it was read
		if !slices.ContainsFunc(ch.Configs, func(c *Config) bool {
			return c.Rank == rank && (name == "" || c.Governs.Name.Value == name)
		}) {
			return t, true
		}
	}
	return Text{}, false
}

// Titles are the levels of the chain, the highest first.
func (ch *Chain) Titles() []string {
	var out []string
	for _, c := range ch.Configs {
		if l := (level.Level{Rank: c.Rank, Name: c.Governs.Name.Value}); c.Rank != level.Unranked {
			out = append(out, l.Title())
		}
	}
	return out
}

// OfMachine makes the chain that of the policy of the machine: its last file is
// above all levels unless it says which one it is of.
func (ch *Chain) OfMachine() {
	if last := ch.Configs[len(ch.Configs)-1]; last.Rank == level.Unranked {
		last.Rank = level.Machine
	}
	ch.machine = len(ch.Configs)
}

// Remotes counts the references to elsewhere that the chain goes by.
func (ch *Chain) Remotes() int {
	n := 0
	for _, c := range ch.Configs {
		if ref, err := ParseReference(c.Extends.Value); err == nil && ref.Remote() {
			n++
		}
	}
	return n
}

// Excepting are the paths of the files that have exceptions.
func (ch *Chain) Excepting() []string {
	var paths []string
	for _, c := range ch.Configs {
		if len(c.Exceptions) > 0 {
			paths = append(paths, c.Path)
		}
	}
	return paths
}

// Below puts the chain of the machine above this one.
func (ch *Chain) Below(machine *Chain) *Chain {
	out := *ch
	out.known = machine.known
	out.machine = len(machine.Configs)
	out.Configs = slices.Concat(machine.Configs, ch.Configs)
	return &out
}
