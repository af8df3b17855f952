package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/imgpolicy/imgpolicy/policy"
)

// policyFileName is the policy that is found by itself. It is hidden because
// it is about the project and not part of what is built.
const policyFileName = ".imgpolicy.json"

// policies finds and loads the policies in force: those given, and for each
// Dockerfile the nearest policy file beside or above it. It is safe for
// concurrent use once given and folders are filled in.
type policies struct {
	dir string // the working directory
	// folders are the directories of the Dockerfiles, by name.
	folders map[string]string
	given   []policy.Policy
	// paths of the given policies: found as well, they are not asked twice.
	paths map[string]bool

	mu     sync.Mutex
	loaded map[string]loadedPolicy // by path
}

type loadedPolicy struct {
	policy policy.Policy
	err    error
}

// policyError is a found policy that cannot be used. The type tells it from the
// troubles of a single Dockerfile: it is reported once for all it was found for.
type policyError struct{ err error }

func (e *policyError) Error() string { return e.err.Error() }
func (e *policyError) Unwrap() error { return e.err }

// newPolicies loads the policy files given on the command line.
func newPolicies(dir string, given []string, folders map[string]string) (*policies, error) {
	p := &policies{dir: dir, folders: folders, paths: map[string]bool{}, loaded: map[string]loadedPolicy{}}
	var failed failures
	for _, name := range given {
		path := absolute(dir, name)
		if p.paths[path] {
			continue
		}
		p.paths[path] = true
		loaded, err := p.load(path)
		if err != nil {
			failed = append(failed, err)
		}
		p.given = append(p.given, loaded)
	}
	if failed != nil {
		return nil, failed
	}
	return p, nil
}

// of returns the policies that must all allow the inputs of a Dockerfile.
func (p *policies) of(name string) ([]policy.Policy, error) {
	folder, ok := p.folders[name]
	if !ok {
		return nil, fmt.Errorf("the directory of %s is not known", name)
	}
	path, err := p.find(folder)
	if err != nil {
		return nil, &policyError{err}
	}
	if path == "" || p.paths[path] {
		return p.given, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	loaded, ok := p.loaded[path]
	if !ok {
		loaded.policy, err = p.load(path)
		if err != nil {
			loaded.err = &policyError{err}
		}
		p.loaded[path] = loaded
	}
	if loaded.err != nil {
		return nil, loaded.err
	}
	return append(p.given[:len(p.given):len(p.given)], loaded.policy), nil
}

// find returns the path of the policy file nearest to a folder, or "".
func (p *policies) find(folder string) (string, error) {
	top := p.top(folder)
	for {
		path := filepath.Join(folder, policyFileName)
		_, err := os.Lstat(path) // a broken link is a policy that does not load
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", unreadable(shownName(p.dir, path), err)
		}
		if folder == top {
			return "", nil
		}
		folder = filepath.Dir(folder)
	}
}

// top is the highest directory a policy for a folder may stand in: the root of
// its repository. Outside of a repository it is the working directory, or the
// folder alone if that is elsewhere: a file that happens to lie in /tmp or in a
// home directory must not decide about everything below it.
func (p *policies) top(folder string) string {
	if root, ok := repositoryRoot(folder); ok {
		return root
	}
	relative, err := filepath.Rel(p.dir, folder)
	if err != nil || relative == ".." || strings.HasPrefix(relative, ".."+string(filepath.Separator)) {
		return folder
	}
	return p.dir
}

// repositoryRoot is the nearest directory from dir upwards that contains .git:
// a directory, or the file that stands for it in worktrees and submodules.
func repositoryRoot(dir string) (string, bool) {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir, true
		}
		above := filepath.Dir(dir)
		if above == dir {
			return "", false
		}
		dir = above
	}
}

// fromRepository is a directory as seen from the root of its repository, "" at
// the root and outside of any.
func fromRepository(dir string) string {
	root, ok := repositoryRoot(dir)
	if !ok || root == dir {
		return ""
	}
	return shownName(root, dir)
}

// load loads the policy file at a path.
func (p *policies) load(path string) (policy.Policy, error) {
	name := shownName(p.dir, path)
	language, ok := languageOf(filepath.Base(path))
	if !ok {
		return nil, unknownLanguage(name)
	}
	text, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("policy %w", unreadable(name, err))
	}
	loaded, err := language.Load([]policy.File{{Name: name, Text: text}}, os.DirFS(p.dir))
	if err != nil {
		return nil, badPolicy(err)
	}
	return loaded, nil
}

func languageOf(base string) (policy.Language, bool) {
	for _, l := range languages() {
		if l.Match(base) {
			return l, true
		}
	}
	return policy.Language{}, false
}
