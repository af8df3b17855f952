package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"sync"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// settings are what the flags, the configs and the policies around a Dockerfile
// say about how it is linted. It is safe for concurrent use once filled in.
type settings struct {
	flags    lint.Settings
	paths    map[string]string // of the Dockerfiles, by name
	configs  *configs
	policies *policies
	locks    *locks
	levels   *governance
	build    buildOptions
	trees    []string // the directories that were searched as a whole

	mu     sync.Mutex
	shared map[sharedBy][]*lint.Settings
}

// sharedBy is what settings that are equal have in common, by which they are found.
type sharedBy struct {
	levels   *lint.Levels
	lock     *lint.Lock
	policies int
}

// share is one of the settings that equal these, so that a run over a hundred
// thousand files keeps as many as there are different ones.
func (s *settings) share(out *lint.Settings) *lint.Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := sharedBy{out.Levels, out.Lock, len(out.Policies)}
	for _, have := range s.shared[key] {
		// Policies are the same or not; they are not to be looked into.
		if slices.Equal(have.Policies, out.Policies) && sameSettings(*have, *out) {
			return have
		}
	}
	if s.shared == nil {
		s.shared = map[sharedBy][]*lint.Settings{}
	}
	if len(s.shared[key]) < maxShared {
		s.shared[key] = append(s.shared[key], out)
	}
	return out
}

// maxShared bounds what one is compared with.
const maxShared = 16

// sameSettings compares all but what pointers lead to.
func sameSettings(a, b lint.Settings) bool {
	a.Policies, b.Policies, a.Levels, b.Levels, a.Lock, b.Lock = nil, nil, nil, nil, nil, nil
	return reflect.DeepEqual(a, b)
}

// settings are those of a run with these flags.
func (o lintOptions) settings(found *search) *settings {
	s := &settings{
		paths: found.paths, trees: found.trees, configs: o.configs, build: o.build,
		policies: o.policies.in(o.dir, o.configs.given != ""),
		flags: lint.Settings{
			Disabled: maps.Clone(o.disabled), Enabled: maps.Clone(o.enabled), Severities: map[string]lint.Severity{},
		},
	}
	s.policies.texts, s.policies.listed, s.policies.summing = o.texts, &o.configs.listed, o.cache != nil
	s.levels = &governance{
		configs: o.configs, catalogs: newCatalogs(o.dir, o.texts), given: o.catalog, required: o.required, today: catalog.DateOf(o.now),
		whole: s.whole, levels: map[*config.Chain]foundLevels{}, chains: map[*lint.Levels]*config.Chain{},
	}
	o.policies.applyUnknown(&s.flags)
	s.locks = newLocks(o.configs, func(path string) bool { return o.narrow == "" && len(found.failed) == 0 && s.whole([]string{path}) })
	s.locks.needed = o.digests.locked
	return s
}

// of are those of a Dockerfile by its shown name.
func (s *settings) of(name string) (*lint.Settings, error) {
	path, ok := s.paths[name]
	if !ok {
		return nil, fmt.Errorf("the directory of %s is not known", name)
	}
	folder := filepath.Dir(path)
	chain, err := s.configs.of(folder)
	if err != nil {
		return nil, err
	}
	conf := chain.For(path)
	policies, err := s.policies.of(name, folder, conf)
	if err != nil {
		return nil, err
	}
	locked, err := s.locks.of(folder)
	if err != nil {
		return nil, err
	}
	levels, err := s.levels.of(chain)
	if err != nil {
		return nil, err
	}
	given, err := s.policies.named(folder)
	if err != nil {
		return nil, err
	}
	out := &lint.Settings{
		Levels: levels, Given: given, Lock: locked, Policies: policies, Builds: s.build.builds(conf), ArgPlaces: s.build.argPlaces(conf),
		Disabled: map[string]bool{}, Enabled: map[string]bool{}, Locked: map[string]bool{}, Severities: map[string]lint.Severity{},
	}
	if slices.ContainsFunc(policies, watched) && s.whole(s.policies.files(name, folder, conf)) {
		out.Enabled[unusedPattern] = true
	}
	conf.Apply(out)
	out.LockGoverned()
	if err := s.applyFlags(out, conf); err != nil {
		return nil, err
	}
	return s.share(out), nil
}

// applyFlags sets what the flags say of rules, which is not everything.
func (s *settings) applyFlags(out *lint.Settings, conf *config.Effective) error {
	for id := range s.flags.Disabled {
		if at, ok := conf.Locked[id]; ok {
			return &policyError{lockedRule(id, at, "switches it off")}
		}
		if out.Locked[id] {
			return &policyError{governedRule(id, out.Levels)}
		}
		out.Disabled[id] = true
	}
	for id, on := range s.flags.Enabled {
		if on {
			out.Enabled[id] = true
			delete(out.Disabled, id)
		}
	}
	for id, severity := range s.flags.Severities {
		if at, ok := conf.Locked[id]; ok && severity < severityOf(id, out) {
			return &policyError{lockedRule(id, at, "lowers it")}
		}
		if out.Locked[id] && severity < severityOf(id, out) {
			return &policyError{governedRule(id, out.Levels)}
		}
		out.Severities[id] = severity
	}
	return nil
}

// unusedPattern is the rule that only means something in a run over all that a
// policy is for.
const unusedPattern = "pattern-unused"

// watched tells whether a policy can tell what of it is not used. Of others
// nobody has to know which files they come from.
func watched(p policy.Policy) bool {
	_, ok := p.(policy.Watcher)
	return ok
}

// whole tells whether policies stand in directories that were searched, so that
// all they are for was looked at.
func (s *settings) whole(policies []string) bool {
	return len(s.trees) > 0 && !slices.ContainsFunc(policies, func(path string) bool {
		return !slices.ContainsFunc(s.trees, func(tree string) bool { return isBelow(tree, path) })
	})
}

// isBelow tells whether a path is a directory or below it.
func isBelow(dir, path string) bool {
	relative, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(relative)
}

// severityOf is what the configs make of a rule.
func severityOf(id string, s *lint.Settings) lint.Severity {
	if set, ok := s.Severities[id]; ok {
		return set
	}
	for _, r := range rules.All() {
		if r.ID == id {
			return r.Severity
		}
	}
	return 0
}

// consulted are the paths of the files that say how a Dockerfile is linted, and
// of those that they made the program read or look for so far.
func (s *settings) consulted(name string) []string {
	path, ok := s.paths[name]
	if !ok {
		return nil
	}
	folder := filepath.Dir(path)
	chain, err := s.configs.of(folder)
	if err != nil {
		return nil // linting the file has failed by it
	}
	conf := chain.For(path)
	consulted := append(s.policies.consulted(name, folder, conf), conf.Files...)
	return append(consulted, s.levels.paths(chain)...)
}
