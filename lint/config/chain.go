package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy"
)

// maxChain bounds how many files extend one another.
const maxChain = 16

// Chain is a config and all that it extends, the last extended first. The zero
// value says nothing.
type Chain struct {
	Configs []*Config
	// Root is where the globs start of a config that a file is not below, such as
	// one given by --config, if it is not below the one that extends it either.
	// "" is nowhere: they match nothing then.
	Root  string
	known Known
	// machine is how many of the configs are the policy of the machine and what it
	// extends: the first ones.
	machine int
}

// Load reads a config and what it extends. read gives the text of a file and the
// name that people know it by. Errors are those of read, or *policy.LoadError.
func Load(path string, known Known, read func(path string) (name string, text []byte, err error)) (*Chain, error) {
	var up []*Config
	var kept Kept // what the next one is in
	for path != "" {
		name, text, err := read(path)
		if err != nil {
			return nil, extendsError(up, err)
		}
		c, err := Read(name, path, text, known)
		if err != nil {
			return nil, err
		}
		if err := c.confine(kept); err != nil {
			return nil, err
		}
		up = append(up, c)
		if path = ""; c.Extends.Value != "" {
			if path, err = c.next(&kept, known); err != nil {
				return nil, err
			}
			if err := endless(up, path); err != nil {
				return nil, err
			}
		}
	}
	slices.Reverse(up)
	chain := &Chain{Configs: up, known: known}
	return chain, chain.checkLocks()
}

// Kept is where the content of a remote reference is kept.
type Kept struct {
	Path string // of the config
	// Root is the directory of all that came with it: the paths in it stay below.
	// "" is that nothing did, so it may name no paths.
	Root string
	of   Reference
}

// next is the path of the config that this one extends. kept is what this one is
// in, and becomes what that one is in.
func (c *Config) next(kept *Kept, known Known) (string, error) {
	ref, err := ParseReference(c.Extends.Value)
	if err != nil { // it was read before
		return "", extendsError([]*Config{c}, err)
	}
	if !ref.Remote() {
		return c.Resolve(c.Extends.Value), nil
	}
	if known.Locate == nil {
		return "", extendsError([]*Config{c}, errors.New("nothing is fetched here"))
	}
	found, err := known.Locate(ref)
	if err != nil {
		return "", extendsError([]*Config{c}, err)
	}
	found.of = ref
	*kept = found
	return found.Path, nil
}

// confine refuses paths that leave what the file came with.
func (c *Config) confine(kept Kept) error {
	if !kept.of.Remote() {
		return nil
	}
	named := append([]Text{c.Catalog}, c.Policies...)
	for _, o := range c.PerFile {
		named = append(named, o.Policies...)
	}
	if ref, err := ParseReference(c.Extends.Value); err == nil && !ref.Remote() {
		named = append(named, c.Extends)
	}
	for _, t := range named {
		switch {
		case t.Value == "":
		case kept.Root == "":
			return &policy.LoadError{File: t.File, Line: t.Line, Column: 1, Entry: t.Value, Message: "a config from a server comes alone, so it names no files: publish the directory with `imgpolicy policy push`, or use a git repository"}
		case filepath.IsAbs(t.Value) || !within(kept.Root, c.Resolve(t.Value)):
			return &policy.LoadError{File: t.File, Line: t.Line, Column: 1, Entry: t.Value, Message: "this leads out of what the config came with"}
		}
	}
	return nil
}

func within(root, path string) bool {
	relative, err := filepath.Rel(root, path)
	return err == nil && filepath.IsLocal(relative)
}

// extendsError says which file asked for one that cannot be read.
func extendsError(up []*Config, err error) error {
	if len(up) == 0 {
		return err
	}
	c := up[len(up)-1]
	return &policy.LoadError{File: c.Name, Line: c.Extends.Line, Column: 1, Message: "the config it extends cannot be read: " + err.Error()}
}

func endless(up []*Config, next string) error {
	c := up[len(up)-1]
	fail := func(message string) error {
		return &policy.LoadError{File: c.Name, Line: c.Extends.Line, Column: 1, Entry: c.Extends.Value, Message: message}
	}
	switch {
	case slices.ContainsFunc(up, func(c *Config) bool { return c.Path == next }):
		return fail("extends goes in a circle")
	case len(up) == maxChain:
		return fail(fmt.Sprintf("more than %d configs extend one another", maxChain))
	}
	return nil
}

// checkLocks finds a config that loosens what another of the chain locks.
func (ch *Chain) checkLocks() error {
	for _, locking := range ch.Configs {
		for _, id := range slices.Sorted(maps.Keys(locking.Locked)) {
			floor := ch.known.rule(id).Severity
			if r, ok := locking.Rules[id]; ok {
				floor = r.Severity
			}
			if err := ch.checkLock(locking, id, floor); err != nil {
				return err
			}
		}
	}
	return nil
}

func (ch *Chain) checkLock(locking *Config, id string, floor lint.Severity) error {
	for _, c := range ch.Configs {
		if c == locking {
			continue
		}
		parts := []map[string]Rule{c.Rules}
		for _, o := range c.PerFile {
			parts = append(parts, o.Rules)
		}
		for _, rules := range parts {
			if r, ok := rules[id]; ok && r.Severity < floor {
				return &policy.LoadError{
					File: r.File, Line: r.Line, Column: 1, Entry: id + ": " + r.String(),
					Message: fmt.Sprintf("%s locks this rule at %s", locking.Locked[id], Rule{Severity: floor}),
				}
			}
		}
	}
	return nil
}

// AllowPrivate are the hosts that may be asked at private addresses: those that
// the policy of the machine names, and those that the other configs do.
func (ch *Chain) AllowPrivate() (machine, others []Text) {
	for i, c := range ch.Configs {
		if i < ch.machine {
			machine = append(machine, c.AllowPrivate...)
		} else {
			others = append(others, c.AllowPrivate...)
		}
	}
	return machine, others
}

// Excludes tells whether a search passes over a file, and by which glob.
func (ch *Chain) Excludes(file string) (Text, bool) {
	for _, c := range ch.Configs {
		name, ok := ch.seen(c, file)
		if !ok {
			continue
		}
		for _, glob := range c.Exclude {
			if matchesGlob(glob.Value, name) {
				return glob, true
			}
		}
	}
	return Text{}, false
}

// For is what the chain says of one Dockerfile.
func (ch *Chain) For(file string) *Effective {
	e := &Effective{Rules: map[string]Rule{}, Locked: map[string]Place{}, BuildArgs: map[string]Text{}, floors: map[string]lint.Severity{}}
	for _, c := range ch.Configs {
		part := c.Part
		if name, ok := ch.seen(c, file); ok {
			part = c.overridden(name)
		}
		e.add(c, &part)
	}
	return e
}

// seen is a path as the globs of a config see it.
func (ch *Chain) seen(c *Config, file string) (name string, ok bool) {
	for _, dir := range []string{c.Dir(), ch.Configs[len(ch.Configs)-1].Dir(), ch.Root} {
		if name, ok = below(dir, file); ok {
			break
		}
	}
	return name, ok
}

// overridden is what the file says of the Dockerfile of a name. Rules, build
// args and the limits of ignores are overridden one by one, all else as a whole.
func (c *Config) overridden(name string) Part {
	part := c.Part
	for _, o := range c.PerFile {
		if !slices.ContainsFunc(o.Globs, func(glob string) bool { return matchesGlob(glob, name) }) {
			continue
		}
		part.Registries = cmp.Or(o.Registries, part.Registries)
		part.Hosts = cmp.Or(o.Hosts, part.Hosts)
		part.Rules = merged(part.Rules, o.Rules)
		part.BuildArgs = merged(part.BuildArgs, o.BuildArgs)
		part.Policies = either(o.Policies, part.Policies)
		part.Platforms = either(o.Platforms, part.Platforms)
		part.Targets = either(o.Targets, part.Targets)
		part.Ignores = Ignores{
			Allow:         cmp.Or(o.Ignores.Allow, part.Ignores.Allow),
			RequireReason: cmp.Or(o.Ignores.RequireReason, part.Ignores.RequireReason),
			MaxDays:       cmp.Or(o.Ignores.MaxDays, part.Ignores.MaxDays),
		}
	}
	return part
}

func merged[V any](below, above map[string]V) map[string]V {
	if len(above) == 0 {
		return below
	}
	out := map[string]V{}
	maps.Copy(out, below)
	maps.Copy(out, above)
	return out
}

func either(first, second []Text) []Text {
	if first != nil {
		return first
	}
	return second
}
