package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
)

// compare tells of each diagnostic of a run whether a git revision has it, too:
// the old text of each Dockerfile is linted like the new one. All in a
// Dockerfile is new that was not there, or whose policies or configuration have
// changed since.
func (a *app) compare(ctx context.Context, o lintOptions, run *linting) ([]bool, error) {
	name := o.known.diffBase
	c := comparison{run: run, revisions: a.revisions(run.found.dir, name), texts: map[string]oldText{}, governed: map[string]int{}}
	if err := c.locate(ctx); err != nil {
		return nil, err
	}
	if err := c.locateLocks(ctx); err != nil {
		return nil, err
	}
	if err := c.revisions.read(ctx); err != nil {
		return nil, fmt.Errorf("--diff-base %s: %w", name, err)
	}
	if err := c.readTexts(ctx); err != nil {
		return nil, fmt.Errorf("--diff-base %s: %w", name, err)
	}
	if !o.report.Quiet {
		for _, by := range slices.Sorted(maps.Keys(c.governed)) {
			a.say("%s is not as it was at %s: everything in %s that it is about counts",
				shownName(withoutLinks(run.found.dir), by), name, countOf(c.governed[by], "file", "files"))
		}
	}
	linter := *run.linter
	linter.LineHashes, linter.Progress, linter.Pins, linter.Cache = false, nil, nil, nil
	linter.Alone = nil // a policy in force nowhere is named for being new
	linter.SettingsOf = c.withoutLocks(run.settings.of)
	var files []lint.File
	for _, f := range run.found.files {
		if t, ok := c.texts[f.Name]; ok {
			files = append(files, lint.File{Name: f.Name, Read: func() ([]byte, error) { return t.old, nil }})
		}
	}
	old, _ := linter.Lint(ctx, files) // what the old text fails by is not known of it
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return run.result.Unchanged(old, c.kept), nil
}

// comparison compares the files of a run with what they were.
type comparison struct {
	run       *linting
	revisions *revisions
	files     []compared
	// locks are the lock files in force, nil for one in no repository.
	locks map[*lint.Lock]*place
	// texts are those that there is an old one of, by name.
	texts map[string]oldText
	// governed counts the files in which all is new, by what changed.
	governed map[string]int
}

// compared is a Dockerfile and the files that say how it is linted.
type compared struct {
	index     int // in found.files
	place     place
	link      *place // where it leads, if it is a link
	consulted []place
	folders   []folder
}

// folder is a directory where policies and configurations are found.
type folder struct {
	revision *revision
	path     string // from the root of the repository
	rego     bool   // policies in Rego, too
}

// oldText is what a Dockerfile was, and which of its lines now, from 0, are as
// they were.
type oldText struct {
	old  []byte
	kept []bool
}

// locate finds the repositories of all files that matter.
func (c *comparison) locate(ctx context.Context) error {
	checked := set(c.run.result.Files)
	for i, f := range c.run.found.files {
		if !checked[f.Name] {
			continue
		}
		at, ok, err := c.revisions.locate(ctx, c.run.path(f.Name))
		if err != nil {
			return err
		}
		if !ok {
			return failure{f.Name, "is in no git repository, so --diff-base has nothing to compare it with", "run git init, or leave the flag out"}
		}
		file := compared{index: i, place: at}
		if target, err := os.Readlink(at.file); err == nil {
			to, ok, err := c.revisions.locate(ctx, absolute(filepath.Dir(at.file), target))
			if err != nil {
				return err
			}
			if ok && to.revision == at.revision {
				file.link = &to
			}
		}
		for _, path := range c.run.settings.consulted(f.Name) {
			if err := c.consult(ctx, &file, path); err != nil {
				return err
			}
		}
		c.addFolders(&file)
		c.files = append(c.files, file)
	}
	return nil
}

// consult adds a file that says how a Dockerfile is linted, and where it leads
// if it is a link. What is in no repository has no history.
func (c *comparison) consult(ctx context.Context, file *compared, path string) error {
	paths := []string{path}
	if real := withoutLinks(path); real != path {
		paths = append(paths, real)
	}
	for _, path := range paths {
		at, ok, err := c.revisions.locate(ctx, path)
		if err != nil {
			return err
		}
		if ok {
			file.consulted = append(file.consulted, at)
		}
	}
	return nil
}

// addFolders adds the directories where what governs a Dockerfile may stand or
// have stood: those from its own up to the root, and that of the context.
func (c *comparison) addFolders(file *compared) {
	v, dir := file.place.revision, path.Dir(file.place.path)
	file.folders = append(file.folders, folder{v, dir, true})
	for dir != "." {
		dir = path.Dir(dir)
		file.folders = append(file.folders, folder{v, dir, false})
	}
	if context := c.run.settings.policies.context; context != "" {
		if dir, ok := inside(v.root, withoutLinks(context)); ok {
			file.folders = append(file.folders, folder{v, dir, true})
		}
	}
}

// changed is a policy or configuration in a folder that is another one than it
// was, "" for none.
func (f folder) changed() string {
	for _, p := range f.policies() {
		if p.changed() {
			return p.file
		}
	}
	return ""
}

// governing finds what has changed of the files that say how a Dockerfile is
// linted, "" for nothing. Policies that are there and not in force are looked
// at, too: that one is not may be the change. Each is compared once, for however
// many Dockerfiles it matters.
func governing() func(file *compared) string {
	places, folders := map[place]bool{}, map[folder]string{}
	return func(file *compared) string {
		for _, p := range file.consulted {
			if _, ok := places[p]; !ok {
				places[p] = p.changed()
			}
			if places[p] {
				return p.file
			}
		}
		for _, f := range file.folders {
			if _, ok := folders[f]; !ok {
				folders[f] = f.changed()
			}
			if folders[f] != "" {
				return folders[f]
			}
		}
		return ""
	}
}

// policies are the places of policies and configurations in a folder, now and
// then.
func (f folder) policies() []place {
	dir := filepath.Join(f.revision.root, filepath.FromSlash(f.path))
	names := map[string]bool{}
	add := func(base string) {
		if isPolicyName(base) && (f.rego || strings.HasPrefix(base, ".imgpolicy.")) {
			names[base] = true
		}
	}
	entries, _ := os.ReadDir(dir) // what is unreadable was not found by the linter
	for _, e := range entries {
		add(e.Name())
	}
	for p := range f.revision.entries {
		if path.Dir(p) == f.path {
			add(path.Base(p))
		}
	}
	var places []place
	for _, base := range slices.Sorted(maps.Keys(names)) {
		places = append(places, place{f.revision, path.Join(f.path, base), filepath.Join(dir, base)})
	}
	return places
}

// readTexts reads the old texts of all files that are still linted as they were.
func (c *comparison) readTexts(ctx context.Context) error {
	ids := map[*revision][]string{}
	entries := make([]treeEntry, len(c.files))
	governing := governing()
	for i := range c.files {
		file := &c.files[i]
		if by := governing(file); by != "" {
			c.governed[by]++
			continue
		}
		at := file.place
		if _, err := os.Readlink(at.file); err == nil {
			if file.link == nil || at.changed() {
				continue
			}
			at = *file.link
		}
		if e, ok := at.old(ctx); ok && e.mode != linkMode && e.mode != submoduleMode {
			entries[i] = e
			ids[at.revision] = append(ids[at.revision], e.id)
		}
	}
	for v, wanted := range ids {
		texts, err := v.git.blobs(ctx, wanted)
		if err != nil {
			return err
		}
		for i, e := range entries {
			if text, ok := texts[e.id]; ok && c.files[i].place.revision == v {
				file := c.run.files[c.files[i].index]
				now, err := file.Read()
				if err != nil {
					return unreadable(file.Name, err)
				}
				c.texts[file.Name] = oldText{text, keptLines(string(text), string(now))}
			}
		}
	}
	return nil
}

// kept tells whether a diagnostic is on lines that are as they were.
func (c *comparison) kept(d *lint.Diagnostic) bool {
	first, last := d.Range.Start.Line-1, d.Range.End.Line
	kept := c.texts[d.File].kept
	return first >= 0 && last <= len(kept) && !slices.Contains(kept[first:last], false)
}
