package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy"
)

// unusedPolicies are the policies and configs that arguments name and that no
// Dockerfile of the run made load. One with a mistake is not clean for that.
type unusedPolicies struct {
	settings *settings
	named    []string // by absolute path
	failed   failures
}

// buildPackage is the package of a build policy; a module of another is there
// to be imported.
var buildPackage = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^\s*package\s+docker\s*(#.*)?$`) })

// load loads them, and returns those that are policies of their own.
func (u *unusedPolicies) load() []lint.Alone {
	var out []lint.Alone
	for _, path := range u.named {
		load := u.module
		if isConfigName(filepath.Base(path)) {
			load = u.config
		}
		policies, used, err := load(path)
		alone := lint.Alone{Name: shownName(u.settings.policies.dir, path), Used: used, Policies: policies}
		if err != nil {
			failed := (&policyError{err}).all()
			u.failed = append(u.failed, failed...)
			alone.Failures = failed.texts()
		}
		out = append(out, alone)
	}
	return out
}

// config loads a config and the policies that it names, unless it is used.
func (u *unusedPolicies) config(path string) (policies []policy.Policy, used bool, err error) {
	chain, err := u.settings.configs.unused(path)
	if err != nil || chain == nil {
		return nil, err == nil, err
	}
	if _, err := u.settings.levels.of(chain); err != nil {
		return nil, false, err
	}
	dir := filepath.Dir(path)
	policies, err = u.settings.policies.of("<stdin>", dir, chain.For(filepath.Join(dir, "Dockerfile")))
	return policies, false, err
}

// module loads a policy in Rego where what it imports may be, unless it is used:
// nobody knows the context of a build that there is not.
func (u *unusedPolicies) module(path string) (policies []policy.Policy, used bool, err error) {
	if _, ok := u.settings.policies.read.Load(path); ok {
		return nil, true, nil
	}
	dir := filepath.Dir(path)
	loaded, err := u.settings.policies.load([]string{path}, dir)
	if top := u.settings.configs.topOf(dir); err != nil && top != dir {
		if again, err := u.settings.policies.load([]string{path}, top); err == nil {
			loaded, err = again, nil
		}
	}
	if err != nil {
		return nil, false, err
	}
	if text, err := readFile(path); err != nil || !buildPackage().Match(text) {
		return nil, false, nil
	}
	return []policy.Policy{loaded}, false, nil
}

// everywhere are the policies that a flag puts in force for every Dockerfile.
func everywhere(c *cli.Context, dir string) map[string]bool {
	flags, err := parsePolicyFlags(c.StringSlice("policy"))
	if err != nil {
		return nil // said where the flags are read
	}
	all := map[string]bool{}
	for _, f := range flags {
		for _, file := range f.files {
			all[absolute(dir, file.path)] = true
		}
	}
	return all
}

// note says what is not linted although it was named, and why.
func (a *app) note(skipped []string, quiet bool) {
	if quiet {
		return
	}
	for _, text := range skipped {
		fmt.Fprintf(a.stderr, "%s: %s\n", programName, visible(text))
	}
}
