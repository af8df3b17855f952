package main

import (
	"path/filepath"
	"sync"
)

// texts are the files of a run that mends them: each is read once, and from then
// on what fixes make of it stands in its place, long before it is written. A
// file that links lead to is the same by all its names. The nil texts are the
// files as they are. They are safe for concurrent use.
type texts struct {
	mu   sync.Mutex
	was  map[string]string // as read, by path without links
	is   map[string]string // as mended, of those that are
	errs map[string]error
}

func newTexts() *texts {
	return &texts{was: map[string]string{}, is: map[string]string{}, errs: map[string]error{}}
}

// stdinText is what standard input is kept by: no file has such a path.
const stdinText = "-"

// textKey is what the text of a path is kept by.
func textKey(path string) string {
	if path == stdinText {
		return path
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}

// read reads a file.
func (t *texts) read(path string) ([]byte, error) {
	return t.readBy(path, func() ([]byte, error) { return readFile(path) })
}

// readBy reads a file with a function of its own.
func (t *texts) readBy(path string, read func() ([]byte, error)) ([]byte, error) {
	if t == nil {
		return read()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := textKey(path)
	if now, ok := t.is[key]; ok {
		return []byte(now), nil
	}
	if was, ok := t.was[key]; ok {
		return []byte(was), nil
	}
	if err, ok := t.errs[key]; ok {
		return nil, err
	}
	text, err := read()
	if err != nil {
		t.errs[key] = err
		return nil, err
	}
	t.was[key] = string(text)
	return text, nil
}

// set puts a mended text in the place of a file that was read.
func (t *texts) set(path, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := textKey(path)
	t.is[key] = text
	if t.was[key] == text {
		delete(t.is, key) // back to where it began
	}
}

// changed are a file's text as read and as mended, ok is false where these are
// the same.
func (t *texts) changed(path string) (was, is string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	is, ok = t.is[textKey(path)]
	return t.was[textKey(path)], is, ok
}
