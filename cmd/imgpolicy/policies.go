package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/policy"
)

// policies finds and loads the policies in force: those given, and for each
// Dockerfile what is found by itself or named by its config. It is safe for
// concurrent use once given is filled in.
type policies struct {
	dir string // the working directory
	// context is the context directory given with --file, "" for each
	// Dockerfile's own.
	context string
	given   []policyFlag
	// noFound leaves out what would be found by itself; a config that is given
	// is not.
	noFound     bool
	configGiven bool
	languages   []policy.Language
	texts       *texts
	listed      *listed // as in configs
	// summing has it remembered what policies and the files that they read say.
	summing bool

	mu     sync.Mutex
	loaded map[string]loadedPolicy  // by files and root
	keys   map[policy.Policy]string // of those
	sums   map[policy.Policy]string // stand for the texts of those that are steady
	// names are what named gives for the last context, which is mostly that for all.
	names        map[string]bool
	namesContext string
	read         sync.Map // the files, by path: those of policies and what those read
}

type loadedPolicy struct {
	policy policy.Policy
	err    error
	below  below
}

// policyError is a policy or a config that cannot be used. The type tells it
// from the troubles of a single Dockerfile: it is reported once for all it is in
// force for.
type policyError struct{ err error }

// all are the errors of the policies that cannot be used.
func (e *policyError) all() failures {
	var all failures
	if errors.As(e.err, &all) {
		return all
	}
	return failures{e.err}
}

func (e *policyError) Error() string { return e.err.Error() }
func (e *policyError) Unwrap() error { return e.err }

// of returns the policies that must all allow the inputs of a Dockerfile: those
// of its config and the one beside it, in the order of Buildx, then those given.
func (p *policies) of(name, folder string, conf *config.Effective) ([]policy.Policy, error) {
	sets, context, err := p.sets(name, folder, conf)
	if err != nil {
		return nil, err
	}
	out := make([]policy.Policy, 0, len(sets))
	var failed failures
	for _, paths := range sets {
		loaded, err := p.load(paths, context)
		if err != nil {
			failed = append(failed, err)
		}
		out = append(out, loaded)
	}
	if failed != nil {
		return nil, &policyError{failed}
	}
	return out, nil
}

// sets are the files of each of these policies, and the directory that they may
// read.
func (p *policies) sets(name, folder string, conf *config.Effective) (sets [][]string, context string, err error) {
	if context = p.context; context == "" {
		context = folder
	}
	if sets, err = p.found(name, folder, conf); err != nil {
		return nil, "", &policyError{err}
	}
	for _, flag := range p.given {
		if flag.disabled {
			return standing(conf), context, nil
		}
		if flag.reset {
			sets = standing(conf)
		}
		var paths []string
		for _, f := range flag.files {
			path, err := f.resolve(p.dir, context)
			if err != nil {
				return nil, "", &policyError{err}
			}
			paths = append(paths, path)
		}
		if len(paths) > 0 && !containsSet(sets, paths) {
			sets = append(sets, paths)
		}
	}
	return sets, context, nil
}

// named are the files that flags name, as people see them.
func (p *policies) named(folder string) (map[string]bool, error) {
	context := p.context
	if context == "" {
		context = folder
	}
	if !slices.ContainsFunc(p.given, policyFlag.inContext) {
		context = ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.names != nil && p.namesContext == context {
		return p.names, nil
	}
	names := map[string]bool{}
	for _, flag := range p.given {
		for _, f := range flag.files {
			path, err := f.resolve(p.dir, context)
			if err != nil {
				return nil, &policyError{err}
			}
			names[shownName(p.dir, path)] = true
		}
	}
	p.names, p.namesContext = names, context
	return names, nil
}

// standing are the policies of ranked levels.
func standing(conf *config.Effective) [][]string {
	var sets [][]string
	for _, path := range conf.Standing {
		sets = append(sets, []string{path.Value})
	}
	return sets
}

func containsSet(sets [][]string, paths []string) bool {
	return slices.ContainsFunc(sets, func(have []string) bool { return slices.Equal(have, paths) })
}

// found are the policy files in force without being named on the command line:
// those of the config, and the build policy beside the Dockerfile.
func (p *policies) found(name, folder string, conf *config.Effective) ([][]string, error) {
	var sets [][]string
	for _, path := range slices.Concat(conf.Lists, conf.Policies) {
		if !p.noFound || p.configGiven || slices.Contains(conf.Standing, path) {
			sets = append(sets, []string{path.Value})
		}
	}
	if p.noFound {
		return sets, nil
	}
	path, err := p.buildPolicy(name, folder)
	if err != nil {
		return nil, err
	}
	if path != "" {
		sets = append(sets, []string{path})
	}
	return sets, nil
}

// buildPolicy is the path of the build policy that Buildx would load for a
// Dockerfile: its name with .rego, beside it. Standard input has none.
func (p *policies) buildPolicy(name, folder string) (string, error) {
	if name == "<stdin>" {
		return "", nil
	}
	path := filepath.Join(folder, pathBase(name)+regoEnding)
	if p.listed.lacks(path) {
		return "", nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", unreadable(shownName(p.dir, path), err)
	case info.IsDir():
		return "", fmt.Errorf("failed to read policy file %s: it is a directory", shownName(p.dir, path))
	}
	return path, nil
}

const regoEnding = ".rego"

// pathBase is the last part of a name as it is shown, with slashes.
func pathBase(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// repositoryRoot is the nearest directory from dir upwards that is the root of a
// repository.
func repositoryRoot(dir string) (string, bool) {
	for !isRepository(dir) {
		above := filepath.Dir(dir)
		if above == dir {
			return "", false
		}
		dir = above
	}
	return dir, true
}

// isRepository tells whether a directory contains .git: a directory, or the file
// that stands for it in worktrees and submodules.
func isRepository(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, ".git"))
	return err == nil
}

// load loads the files of one policy, which may read below root.
func (p *policies) load(paths []string, root string) (policy.Policy, error) {
	key, root := p.key(paths, root)
	p.mu.Lock()
	defer p.mu.Unlock()
	loaded, ok := p.loaded[key]
	if !ok {
		var sum string
		loaded.below = below{root: root, read: &p.read, asked: new(sync.Map), sums: p.summing}
		loaded.policy, sum, loaded.err = p.compile(paths, loaded.below)
		p.loaded[key] = loaded
		if loaded.err == nil {
			p.keys[loaded.policy], p.sums[loaded.policy] = key, sum
		}
	}
	return loaded.policy, loaded.err
}

// nameOf names a policy by its files and what it may read, as all parts of a run
// do wherever they are checked out.
func (p *policies) nameOf(pol policy.Policy) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	paths := strings.Split(p.keys[pol], "\x00")
	for i, path := range paths {
		paths[i] = shownName(p.dir, path)
	}
	return strings.Join(paths, " ")
}

// key is what a policy is kept by: the same files are another policy where they
// may read something else.
func (p *policies) key(paths []string, root string) (key, readable string) {
	if l, ok := p.languageOf(filepath.Base(paths[0])); ok && l.Rootless {
		root = ""
	}
	return strings.Join(append(paths[:len(paths):len(paths)], root), "\x00"), root
}

// files are the paths of these policies.
func (p *policies) files(name, folder string, conf *config.Effective) []string {
	sets, _, err := p.sets(name, folder, conf)
	if err != nil {
		return nil // linting the file has failed by it
	}
	return slices.Concat(sets...)
}

// consulted are the paths of these policies, and of what they have asked for so
// far.
func (p *policies) consulted(name, folder string, conf *config.Effective) []string {
	sets, context, err := p.sets(name, folder, conf)
	if err != nil {
		return nil // linting the file has failed by it
	}
	var paths []string
	for _, set := range sets {
		paths = append(paths, set...)
		key, _ := p.key(set, context)
		p.mu.Lock()
		loaded, ok := p.loaded[key]
		p.mu.Unlock()
		if !ok {
			continue
		}
		loaded.below.asked.Range(func(path, _ any) bool {
			if path, ok := path.(string); ok {
				paths = append(paths, path)
			}
			return true
		})
	}
	slices.Sort(paths)
	return paths
}

// sum stands for the texts of a policy, and is "" for one whose answers may change
// by themselves.
func (p *policies) sum(pol policy.Policy) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sums[pol]
}

// below is what a policy may read.
func (p *policies) below(pol policy.Policy) below {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.loaded[p.keys[pol]].below
}

func (p *policies) compile(paths []string, root below) (loaded policy.Policy, sum string, err error) {
	var files []policy.File
	var language policy.Language
	for i, path := range paths {
		name := shownName(p.dir, path)
		l, ok := p.languageOf(filepath.Base(path))
		if !ok {
			return nil, "", unknownLanguage(name)
		}
		if i > 0 && l.Name != language.Name {
			return nil, "", fmt.Errorf("policy %s: one policy cannot be written in two languages, %s and %s", name, language.Name, l.Name)
		}
		language = l
		p.read.Store(path, true)
		text, err := p.texts.read(path)
		if err != nil {
			return nil, "", fmt.Errorf("policy %w", unreadable(name, err))
		}
		files = append(files, policy.File{Name: name, Text: text})
	}
	loaded, err = language.Load(files, root)
	if err != nil {
		return nil, "", badPolicy(err)
	}
	if steady, ok := loaded.(policy.Steady); p.summing && ok && steady.Steady() {
		sum = sumOfFiles(files...)
	}
	return loaded, sum, nil
}

func (p *policies) languageOf(base string) (policy.Language, bool) {
	for _, l := range p.languages {
		if l.Match(base) {
			return l, true
		}
	}
	return policy.Language{}, false
}
