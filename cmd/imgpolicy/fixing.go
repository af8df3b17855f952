package main

import (
	"errors"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/lint/fix"
	"github.com/imgpolicy/imgpolicy/policy"
)

// fixing mends what a command line names, in memory: it lints, makes fixes, and
// lints again what came of it until there is nothing left to make. What one fix
// brings to light, or two could not both do, is so mended in the same run, and
// another run changes nothing.
type fixing struct {
	app *app
	cli *cli.Context
	// options are those of the command, made anew for each round: a config or a
	// policy may be another one by then.
	options func() (lintOptions, error)
	// hide, unless nil, hides what is not to be mended.
	hide   func(lintOptions, *linting) error
	rules  map[string]bool // those whose diagnostics are mended, nil for all
	unsafe bool

	texts *texts
	found *search
	// run is the last round: what is left.
	run     *linting
	changes []change
	refused []fix.Refused
	// files are the names of those that have changed, in order.
	files []string
}

// maxRounds bounds how often it lints. Two or three do for everything that
// people write.
const maxRounds = 10

var errEndless = errors.New("the fixes go on undoing each other: nothing was changed; please report this with the file")

// mend makes the fixes.
func (f *fixing) mend() error {
	f.texts = newTexts()
	for range maxRounds {
		o, err := f.options()
		if err != nil {
			return err
		}
		o.texts, o.configs.texts = f.texts, f.texts
		if f.found == nil {
			if f.found, err = f.app.search(f.cli, o.configs); err != nil {
				return err
			}
		}
		if f.run, err = f.app.lintFound(f.cli, o, f.found); err != nil {
			return err
		}
		if f.hide != nil {
			if err := f.hide(o, f.run); err != nil {
				return err
			}
		}
		changed, err := f.round()
		if err != nil || !changed {
			return err
		}
	}
	return errEndless
}

// round makes the fixes of one run, and tells whether there were any.
func (f *fixing) round() (changed bool, err error) {
	byFile := map[string][]lint.Diagnostic{}
	var names []string
	for _, d := range f.left() {
		if byFile[d.File] == nil {
			names = append(names, d.File)
		}
		byFile[d.File] = append(byFile[d.File], d)
	}
	f.refused = nil
	touched := map[string]bool{}
	for _, name := range names {
		all := byFile[name]
		path := f.path(name)
		if key := textKey(path); touched[key] {
			changed = true // by another name in this round; the next one sees it
			continue
		}
		if !slices.ContainsFunc(all, func(d lint.Diagnostic) bool { return fix.Choose(&d, f.unsafe) != nil }) {
			continue
		}
		if f.foreign(name, path) {
			f.refuse(all)
			continue
		}
		read, err := f.texts.read(path)
		if err != nil {
			return false, unreadable(name, err)
		}
		text := string(read)
		check, secrets := f.check(name, path, text)
		result := fix.Apply(text, all, fix.Options{Unsafe: f.unsafe, Check: check})
		f.refused = append(f.refused, result.Refused...)
		if result.Text == text {
			continue
		}
		changed, touched[textKey(path)] = true, true
		f.texts.set(path, result.Text)
		if !slices.Contains(f.files, name) {
			f.files = append(f.files, name)
		}
		for _, a := range result.Applied {
			f.changes = append(f.changes, newChange(name, text, a, secrets))
		}
	}
	return changed, nil
}

// foreign tells that a file is a policy or a config of somebody else's: one that
// is in force here and for others, too.
func (f *fixing) foreign(name, path string) bool {
	if _, ok := f.found.paths[name]; ok {
		return false // it was named, or found where one was to look
	}
	here := withoutLinks(f.found.dir)
	if root, ok := repositoryRoot(here); ok {
		here = root
	}
	within, err := filepath.Rel(here, withoutLinks(path))
	return err != nil || !filepath.IsLocal(within)
}

var errForeign = errors.New("the file is outside of this repository")

// refuse makes no fix of a file.
func (f *fixing) refuse(all []lint.Diagnostic) {
	for i := range all {
		if made := fix.Choose(&all[i], f.unsafe); made != nil {
			f.refused = append(f.refused, fix.Refused{Diagnostic: &all[i], Fix: made, Err: errForeign})
		}
	}
}

// left are the diagnostics of the last round that the command is about.
func (f *fixing) left() []lint.Diagnostic {
	var out []lint.Diagnostic
	for _, d := range f.run.result.Diagnostics {
		if f.rules == nil || f.rules[d.Rule.ID] {
			out = append(out, d)
		}
	}
	return out
}

// path is the path that the text of a file is kept by.
func (f *fixing) path(name string) string {
	if name == f.found.stdin && name != "" {
		return stdinText
	}
	return f.run.path(name)
}

// check is what a mended text has to stand, and what is secret in it.
func (f *fixing) check(name, path, text string) (func(before, after string) error, *dockerfile.Secrets) {
	if _, ok := f.found.paths[name]; !ok {
		return func(before, after string) error { return f.stillLoads(path, before, after) }, new(dockerfile.Secrets)
	}
	var builds []dockerfile.Options
	var levels *lint.Levels
	if settings, err := f.run.settings.of(name); err == nil {
		builds, levels = settings.Builds, settings.Levels
	}
	approved := func(a, b source.Source) bool { return levels.Leads(a, b, f.unsafe) }
	same := fix.SameBuild
	if f.unsafe {
		same = fix.SameNames
	}
	return same(builds, approved), secretsOf(text, builds)
}

// secretsOf are the credentials in a Dockerfile.
func secretsOf(text string, builds []dockerfile.Options) *dockerfile.Secrets {
	file := dockerfile.Parse("", []byte(text))
	inputs := file.Resolve(dockerfile.Options{}).Inputs
	for _, build := range builds {
		inputs = append(inputs, file.Resolve(build).Inputs...)
	}
	secrets := dockerfile.NewSecrets(file, inputs)
	return &secrets
}

// stillLoads tells whether a policy or a config that could be used still can.
// What it then rules is for the next round to show.
func (f *fixing) stillLoads(path, before, after string) error {
	if f.loads(path, before) != nil {
		return nil // it does not by itself, such as for want of what it imports
	}
	return f.loads(path, after)
}

func (f *fixing) loads(path, text string) error {
	name := shownName(f.found.dir, path)
	if language, ok := f.run.settings.policies.languageOf(filepath.Base(path)); ok && !isConfigName(filepath.Base(path)) {
		_, err := language.Load([]policy.File{{Name: name, Text: []byte(text)}}, below{root: filepath.Dir(path)})
		return err
	}
	_, err := config.Load(path, known(), func(other string) (string, []byte, error) {
		if other == path {
			return name, []byte(text), nil
		}
		text, err := f.texts.read(other)
		return shownName(f.found.dir, other), text, err
	})
	return err
}

// write writes what has changed, and returns what could not be.
func (f *fixing) write() failures {
	var failed failures
	f.eachChanged(func(name, path, was, is string) {
		if path == stdinText {
			return
		}
		target, err := f.target(name, path)
		if err == nil {
			err = rewrite(name, target, was, is)
		}
		if err != nil {
			failed = append(failed, err)
		}
	})
	return failed
}

// unwritable is what could not be written, as far as that can be told without
// trying.
func (f *fixing) unwritable() failures {
	var failed failures
	f.eachChanged(func(name, path, _, _ string) {
		if _, err := f.target(name, path); err != nil {
			failed = append(failed, err)
		}
	})
	return failed
}

// eachChanged calls with each file that has changed, once.
func (f *fixing) eachChanged(with func(name, path, was, is string)) {
	done := map[string]bool{}
	for _, name := range f.files {
		path := f.path(name)
		if was, is, ok := f.texts.changed(path); ok && !done[textKey(path)] {
			done[textKey(path)] = true
			with(name, path, was, is)
		}
	}
}

// target is the file itself that a path leads to. A link must not lead out of the
// repository, or of the directory that is worked on.
func (f *fixing) target(name, path string) (string, error) {
	if path == stdinText {
		return path, nil
	}
	tree, ok := repositoryRoot(filepath.Dir(path))
	if !ok {
		tree = filepath.Dir(path)
		if within, err := filepath.Rel(f.found.dir, path); err == nil && filepath.IsLocal(within) {
			tree = f.found.dir
		}
	}
	return withinTree(name, path, tree)
}
