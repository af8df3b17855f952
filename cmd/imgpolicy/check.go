package main

import (
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

// linting is one run of the linter over what a command line names.
type linting struct {
	found    *search
	settings *settings
	linter   *lint.Linter
	result   *lint.Result
	// files are found.files with what stands in their place.
	files []lint.File
	// failed is why not everything was checked.
	failed failures
}

// check finds the Dockerfiles and lints them.
func (a *app) check(c *cli.Context, o lintOptions) (*linting, error) {
	found, err := a.search(c, o.configs)
	if err != nil {
		return nil, err
	}
	run, err := a.lintFound(c, o, found)
	if err != nil {
		return nil, err
	}
	a.note(found.explicit.skipped, o.report.Quiet)
	return run, nil
}

// lintFound lints the Dockerfiles that were found.
func (a *app) lintFound(c *cli.Context, o lintOptions, found *search) (*linting, error) {
	line := a.progressLine(o.report.Quiet)
	defer line.erase()
	switch { // to the end: what is found is still to be written
	case len(found.files) <= fewFiles:
	case o.cache != nil:
		collectAt(cachedGC)
	default:
		collectAt(frugalGC)
	}
	run := &linting{found: found, settings: o.settings(found), files: make([]lint.File, len(found.files))}
	unused := unusedPolicies{settings: run.settings, named: found.explicit.policies}
	run.linter = &lint.Linter{
		Rules: rules.All(), Settings: run.settings.flags, SettingsOf: run.settings.of, Alone: unused.load, Lookup: o.network.lookup(), Upstream: o.network.upstream(), Now: o.now, Labels: o.policies.labels,
		ReachedOnly: c.Bool("reached-only"), LineHashes: o.lineHashes(), NoFrames: !o.frames(),
	}
	if run.linter.Pins = o.pins; o.pins == nil {
		run.linter.Pins = a.pins(o.digests, found, run.settings, o.network)
	}
	run.linter.Cache = o.cached(c, run)
	if found.stdin == "" { // somebody may be typing it
		run.linter.Progress = line.set
	}
	for i, f := range found.files {
		run.files[i] = lint.File{Name: f.Name, Read: func() ([]byte, error) { return o.texts.readBy(found.key(f.Name), f.Read) }}
	}
	var result *lint.Result
	var unchecked []lint.Failure
	if o.shard == (shard{}) {
		result, unchecked = run.linter.Lint(c.Context, run.files)
	} else {
		result, unchecked = o.shard.lint(c, &o, run)
	}
	line.erase()
	run.result, run.failed = result, slices.Concat(found.failed, uncheckedFiles(unchecked), unused.failed)
	if err := c.Context.Err(); err != nil {
		return nil, err
	}
	return run, nil
}

// key is the path that the text of a Dockerfile is kept by.
func (s *search) key(name string) string {
	if name == s.stdin {
		return stdinText
	}
	return s.paths[name]
}

// path is the path of a file by its name in the result: of a Dockerfile, or of
// a policy. Standard input has none unless it stands for a file.
func (l *linting) path(name string) string {
	switch path, ok := l.found.paths[name]; {
	case name == "<stdin>":
		return ""
	case ok:
		return path
	default:
		return absolute(l.found.dir, filepath.FromSlash(name))
	}
}
