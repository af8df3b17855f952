package main

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint/lock"
)

// listed are directories that a search has read and found nothing in that is about
// what is below them: no config, lock, policy or repository. There are a hundred
// thousand of them in a large tree, and none has to be asked for each of those names.
// The zero value knows none; it is filled in before it is asked.
type listed struct{ plain map[string]struct{} }

// read takes in a directory that was read as a whole.
func (l *listed) read(dir string, entries []fs.DirEntry) {
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return telling(e.Name()) }) {
		return
	}
	if l.plain == nil {
		l.plain = map[string]struct{}{}
	}
	l.plain[dir] = struct{}{}
}

// telling tells names that may be, to some file system, those of what is looked for:
// in any case, and with letters beyond ASCII that are taken for others.
func telling(name string) bool {
	for _, r := range name {
		if r >= 0x80 {
			return true
		}
	}
	name = strings.ToLower(name)
	return name == ".git" || name == lock.FileName || strings.HasPrefix(name, ".imgpolicy") || strings.HasSuffix(name, regoEnding)
}

// lacks tells whether it is known that there is no such config, lock, policy or
// repository at a path.
func (l *listed) lacks(path string) bool {
	_, ok := l.plain[filepath.Dir(path)]
	return ok
}
