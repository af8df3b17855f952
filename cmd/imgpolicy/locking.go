package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint/lock"
	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

// locking is one run of lock.
type locking struct {
	app           *app
	configs       *configs
	build         buildOptions
	found         *search
	books         []lock.Book
	lookup        upstream
	update, check bool
	narrow        string // the flag that shows only part of what is used, or ""
	now           time.Time
}

// lockFile is a lock that is to be written.
type lockFile struct {
	name, path string
	text       []byte // as it was read, nil where there is none
	update     *lock.Update
}

// run makes the locks of all that was found, or none of them.
func (l *locking) run(ctx context.Context) error {
	files, err := l.files(ctx)
	if err != nil {
		return err
	}
	missing := map[*lockFile][]*lock.Use{}
	for _, f := range files {
		missing[f] = f.update.Missing()
		if l.check { // what https has may be missing
			missing[f] = slices.DeleteFunc(missing[f], func(use *lock.Use) bool { return use.Plain != "" })
		}
	}
	if l.check {
		return l.tell(files, missing)
	}
	if failed := l.lookUp(ctx, files, missing); len(failed) > 0 {
		return append(failed, fmt.Errorf("%s was not written, since not everything was found", lock.FileName))
	}
	for _, f := range files {
		if err := l.write(f); err != nil {
			return err
		}
	}
	return nil
}

// files are the locks of all Dockerfiles, sorted by path, with what these use.
func (l *locking) files(ctx context.Context) ([]*lockFile, error) {
	byPath := map[string]*lockFile{}
	locks := newLocks(l.configs, nil)
	var failed failures
	for _, file := range l.found.files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		path := l.found.paths[file.Name]
		folder := filepath.Dir(path)
		at := locks.path(folder, l.configs.topOf(folder))
		if at == "" {
			at = filepath.Join(l.home(folder), lock.FileName)
		}
		if byPath[at] == nil {
			f, err := l.open(at)
			if err != nil {
				return nil, err
			}
			byPath[at] = f
		}
		if err := l.use(byPath[at], path); err != nil {
			failed = append(failed, unreadable(file.Name, err))
		}
	}
	if failed != nil {
		return nil, append(failed, fmt.Errorf("%s was not written, since not everything was read", lock.FileName))
	}
	var files []*lockFile
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		f := byPath[path]
		f.update.Follow, f.update.Prune = l.searched(f), l.complete(f) == ""
		files = append(files, f)
	}
	return files, nil
}

// home is the directory for a lock of the Dockerfiles of a folder that have none:
// the root of their repository, or else the directory that was named.
func (l *locking) home(folder string) string {
	if root, ok := repositoryRoot(folder); ok {
		return root
	}
	for _, tree := range l.found.trees {
		if isBelow(tree, folder) {
			return tree
		}
	}
	return folder
}

// open reads a lock if it is there.
func (l *locking) open(path string) (*lockFile, error) {
	f := &lockFile{name: shownName(l.found.dir, path), path: path}
	old := &lock.Lock{Name: f.name}
	if there, err := isThere(path); there || err != nil {
		if old, f.text, err = openLock(f.name, path); err != nil {
			return nil, err
		}
	}
	f.update = &lock.Update{Old: old, Uses: new(lock.Uses), Books: l.books, Again: l.update, Now: l.now}
	return f, nil
}

// use takes in what a Dockerfile uses. The lock names it as seen from where it
// stands itself.
func (l *locking) use(f *lockFile, path string) error {
	text, err := readFile(path)
	if err != nil {
		return err
	}
	chain, err := l.configs.of(filepath.Dir(path))
	if err != nil {
		return err
	}
	parsed := dockerfile.Parse(shownName(filepath.Dir(f.path), path), text)
	for _, build := range l.build.builds(chain.For(path)) {
		f.update.Uses.Add(parsed, parsed.Resolve(build))
	}
	return nil
}

// complete says why not all that a lock is for was looked at, "" where it was.
func (l *locking) complete(f *lockFile) string {
	switch n := f.update.Uses.Unknown; {
	case l.narrow != "":
		return l.narrow + " shows only part of what is used"
	case !l.searched(f):
		return "not all of its directory was searched"
	case n > 0:
		return countOf(n, "input is", "inputs are") + " not known (" + programName + " lint says why)"
	}
	return ""
}

// searched tells whether the directory of a lock was searched as a whole.
func (l *locking) searched(f *lockFile) bool {
	return slices.ContainsFunc(l.found.trees, func(tree string) bool { return isBelow(tree, f.path) })
}

// lookUp looks up what is missing, several at once.
func (l *locking) lookUp(ctx context.Context, files []*lockFile, missing map[*lockFile][]*lock.Use) failures {
	type question struct {
		file  *lockFile
		use   *lock.Use
		found lock.Found
		err   error
	}
	var all []*question
	for _, f := range files {
		for _, use := range missing[f] {
			all = append(all, &question{file: f, use: use})
		}
	}
	const atOnce = 8
	slots := make(chan struct{}, atOnce)
	var waiting sync.WaitGroup
	for _, q := range all {
		slots <- struct{}{}
		waiting.Go(func() {
			q.found, q.err = lookUpUse(ctx, l.lookup, q.use)
			<-slots
		})
	}
	waiting.Wait()
	var failed failures
	for _, q := range all {
		if q.err != nil && q.use.Plain != "" {
			continue // it is not what a Dockerfile asks for
		}
		if q.err != nil {
			where := shownName(l.found.dir, filepath.Join(filepath.Dir(q.file.path), filepath.FromSlash(q.use.Place)))
			if !errors.As(q.err, new(*resolve.Error)) { // which names what was asked for
				q.err = fmt.Errorf("looking up %s: %w", q.use.Name, q.err)
			}
			failed = append(failed, fmt.Errorf("%s: %w", where, q.err))
			continue
		}
		q.file.update.Add(q.use, q.found)
	}
	return failed
}

// tell says what would change.
func (l *locking) tell(files []*lockFile, missing map[*lockFile][]*lock.Use) error {
	stale := false
	var b bytes.Buffer
	for _, f := range files {
		changes := f.update.Changes()
		if len(missing[f]) == 0 || len(changes) > 0 {
			b.WriteString(lockedText(f.name, f.update, true))
		}
		for _, use := range missing[f] {
			fmt.Fprintf(&b, "%s lacks %s (%s)\n", visible(f.name), visible(use.Name), visible(use.Place))
		}
		stale = stale || len(changes)+len(missing[f]) > 0
	}
	if err := l.app.answer(b.String()); err != nil {
		return err
	}
	if stale {
		return errFound
	}
	return nil
}

// write writes a lock and says what changed. A lock that somebody else wrote
// meanwhile is left alone: this one would lack what that one has.
func (l *locking) write(f *lockFile) error {
	now := f.update.Lock()
	text, err := now.Text()
	if err != nil {
		return err
	}
	if why := l.complete(f); why != "" && len(f.update.Unused()) > 0 {
		l.app.say("%s keeps %s: %s", f.name, countOf(len(f.update.Unused()), "entry that nothing here uses", "entries that nothing here uses"), why)
	}
	if len(now.Entries) == 0 && f.text == nil {
		return l.app.answer("Nothing to lock\n")
	}
	if !bytes.Equal(text, f.text) {
		err := writeFile(f.path, func(w io.Writer) error {
			if err := f.unchanged(); err != nil {
				return err
			}
			_, err := w.Write(text)
			return err
		})
		if err != nil {
			if path := (*fs.PathError)(nil); errors.As(err, &path) {
				err = path.Err // of a temporary file
			}
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
	}
	return l.app.answer(lockedText(f.name, f.update, false))
}

// unchanged fails where the file is not as it was read.
func (f *lockFile) unchanged() error {
	now, err := readFile(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && f.text == nil:
		return nil
	case err != nil:
		return err
	case !bytes.Equal(now, f.text) || f.text == nil:
		return errors.New("somebody else wrote it meanwhile; run this again")
	}
	return nil
}
