package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/baseline"
)

// defaultBaseline is the file that baseline write and prune work on.
const defaultBaseline = "imgpolicy.baseline.json"

// baselineFile is a baseline and where it stands: its paths are as seen from
// there, so that it says the same in every working directory.
type baselineFile struct {
	name  string // as given
	path  string
	known *baseline.Baseline
}

// openBaseline reads a baseline.
func openBaseline(dir, name string) (*baselineFile, error) {
	f := &baselineFile{name: name, path: absolute(dir, name)}
	text, err := readFile(f.path)
	write := programName + " baseline write --baseline " + shellWord(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, failure{"baseline " + name, "no such file", "make it with " + write}
	case err != nil:
		return nil, fmt.Errorf("baseline %w", unreadable(name, err))
	}
	if f.known, err = baseline.Read(name, text); err != nil {
		return nil, fmt.Errorf("baseline %w; correct it, or delete it and make it anew with %s", err, write)
	}
	return f, nil
}

// pathIn gives the paths that the baseline has for the files of a run.
func (f *baselineFile) pathIn(run *linting) func(name string) string {
	return func(name string) string {
		path := run.path(name)
		if path == "" {
			return ""
		}
		return f.seen(path)
	}
}

// seen is a path as the baseline has it.
func (f *baselineFile) seen(path string) string { return shownName(filepath.Dir(f.path), path) }

// scope is what a run looked at, as the baseline names it.
type scope struct {
	file *baselineFile
	// rules are the settings by which each path was looked at: those of the
	// Dockerfile, or of the first one that a policy is in force for.
	rules map[string]*lint.Settings
	all   []*lint.Rule
}

func (f *baselineFile) scope(run *linting) scope {
	s := scope{f, map[string]*lint.Settings{}, run.result.Rules}
	path := f.pathIn(run)
	for _, name := range run.result.Files {
		settings, err := run.settings.of(name)
		if err != nil {
			continue // it was not looked at, then
		}
		s.rules[path(name)] = settings
		for _, consulted := range run.settings.consulted(name) {
			if seen := f.seen(consulted); s.rules[seen] == nil {
				s.rules[seen] = settings
			}
		}
	}
	return s
}

// holds tells whether the run looked at the file of an entry, or would have if
// it were still there.
func (s scope) holds(e baseline.Entry) bool { return s.rules[e.Path] != nil || s.gone(e) }

func (s scope) gone(e baseline.Entry) bool {
	_, err := os.Lstat(absolute(filepath.Dir(s.file.path), filepath.FromSlash(e.Path)))
	return err != nil && missing(err)
}

// missing tells that there is no such file, for want of its directory maybe.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// stale are those of the entries that the run would have matched if there still
// were such diagnostics. What it did not look for is not stale.
func (s scope) stale(left []baseline.Entry) []baseline.Entry {
	return slices.DeleteFunc(left, func(e baseline.Entry) bool {
		settings := s.rules[e.Path]
		return !s.holds(e) || settings != nil && !s.looksFor(e.Rule, settings)
	})
}

// looksFor tells whether a rule runs; one that there is no more has nothing
// left to find.
func (s scope) looksFor(id string, settings *lint.Settings) bool {
	i := slices.IndexFunc(s.all, func(r *lint.Rule) bool { return r.ID == id })
	if i < 0 {
		return true
	}
	return settings.Runs(s.all[i])
}
