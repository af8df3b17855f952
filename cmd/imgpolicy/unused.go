package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/urfave/cli/v2"

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
func (u *unusedPolicies) load() []policy.Policy {
	var out []policy.Policy
	for _, path := range u.named {
		load := u.module
		if isConfigName(filepath.Base(path)) {
			load = u.config
		}
		policies, err := load(path)
		if err != nil {
			u.failed = append(u.failed, (&policyError{err}).all()...)
		}
		out = append(out, policies...)
	}
	return out
}

// config loads a config and the policies that it names.
func (u *unusedPolicies) config(path string) ([]policy.Policy, error) {
	chain, err := u.settings.configs.unused(path)
	if err != nil || chain == nil {
		return nil, err
	}
	if _, err := u.settings.levels.of(chain); err != nil {
		return nil, err
	}
	dir := filepath.Dir(path)
	return u.settings.policies.of("<stdin>", dir, chain.For(filepath.Join(dir, "Dockerfile")))
}

// module loads a policy in Rego where what it imports may be: nobody knows the
// context of a build that there is not.
func (u *unusedPolicies) module(path string) ([]policy.Policy, error) {
	if _, ok := u.settings.policies.read.Load(path); ok {
		return nil, nil
	}
	dir := filepath.Dir(path)
	loaded, err := u.settings.policies.load([]string{path}, dir)
	if top := u.settings.configs.topOf(dir); err != nil && top != dir {
		if again, err := u.settings.policies.load([]string{path}, top); err == nil {
			loaded, err = again, nil
		}
	}
	if err != nil {
		return nil, err
	}
	if text, err := readFile(path); err != nil || !buildPackage().Match(text) {
		return nil, nil
	}
	return []policy.Policy{loaded}, nil
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
