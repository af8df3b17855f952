package main

import (
	"fmt"
	"path/filepath"
	"sync"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/lock"
)

// locks finds and loads the lock files in force: for each Dockerfile the nearest,
// as far up as configs are looked for. It is safe for concurrent use.
type locks struct {
	configs *configs
	// whole tells whether a run looks at all that a file in a directory is for.
	whole func(path string) bool
	// needed makes it an error that there is none.
	needed bool

	mu     sync.Mutex
	loaded map[string]loadedLock // by path
	paths  map[string]string     // by folder, "" for none
}

type loadedLock struct {
	lock *lint.Lock
	err  error
}

func newLocks(configs *configs, whole func(path string) bool) *locks {
	return &locks{configs: configs, whole: whole, loaded: map[string]loadedLock{}, paths: map[string]string{}}
}

// of is the lock in force for the Dockerfiles of a folder, nil for none.
func (l *locks) of(folder string) (*lint.Lock, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	path := l.path(folder, l.configs.topOf(folder))
	if path == "" {
		if l.needed {
			return nil, &policyError{failure{lock.FileName, "there is none for --locked to go by", "write it with " + programName + " lock"}}
		}
		return nil, nil
	}
	loaded, ok := l.loaded[path]
	if !ok {
		loaded.lock, loaded.err = l.load(path)
		l.loaded[path] = loaded
	}
	return loaded.lock, loaded.err
}

// path is that of the lock nearest to a folder, "" for none.
func (l *locks) path(folder, top string) string {
	path, ok := l.paths[folder]
	if ok {
		return path
	}
	path = filepath.Join(folder, lock.FileName)
	if there, err := l.configs.isThere(path); !there && err == nil {
		path = ""
		if above := filepath.Dir(folder); folder != top && above != folder {
			path = l.path(above, top)
		}
	}
	l.paths[folder] = path
	return path
}

func (l *locks) load(path string) (*lint.Lock, error) {
	read, text, err := openLock(shownName(l.configs.dir, path), path)
	if err != nil {
		return nil, &policyError{err}
	}
	return read.ForLint(text, l.whole(path)), nil
}

// openLock reads a lock file.
func openLock(name, path string) (*lock.Lock, []byte, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, nil, unreadable(name, err)
	}
	read, err := lock.Read(name, text)
	if err != nil {
		return nil, nil, fmt.Errorf("%w; correct it, or delete it and make it anew with %s lock", err, programName)
	}
	return read, text, nil
}
