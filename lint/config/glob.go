package config

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// A glob is tried once for every choice that its braces give, and a handful of
// them already give more than any run has time for.
const (
	maxGlob         = 1024 // bytes
	maxAlternatives = 100
)

// alternatives is how many globs without braces one with them stands for, or
// more: those within others are counted as if they stood beside them. It stops
// counting where there are too many.
func alternatives(glob string) int {
	all, open := 1, []int{}
	for i := 0; i < len(glob) && all <= maxAlternatives; i++ {
		switch last := len(open) - 1; {
		case glob[i] == '{':
			open = append(open, 1)
		case last < 0:
		case glob[i] == ',':
			open[last]++
		case glob[i] == '}':
			all *= min(open[last], maxAlternatives+1)
			open = open[:last]
		}
	}
	return all
}

// matchesGlob tells whether a glob is about a file, or about a directory it is
// in. name is relative to the directory of the config, with slashes. A glob
// without a slash is about names anywhere, another about paths.
func matchesGlob(glob, name string) bool {
	glob = strings.TrimSuffix(glob, "/")
	anywhere := !strings.Contains(glob, "/")
	glob = strings.TrimPrefix(strings.TrimPrefix(glob, "./"), "/")
	for end := 0; end < len(name); {
		next := strings.IndexByte(name[end:], '/')
		if next < 0 {
			next = len(name) - end
		}
		end += next
		part := name[:end]
		if anywhere {
			part = path.Base(part)
		}
		if ok, err := doublestar.Match(glob, part); err == nil && ok {
			return true
		}
		end++
	}
	return false
}

// below is a path as seen from a directory, with slashes; ok is false where it is
// not below it.
func below(dir, file string) (name string, ok bool) {
	name, err := filepath.Rel(dir, file)
	if dir == "" || err != nil || !filepath.IsLocal(name) {
		return "", false
	}
	return filepath.ToSlash(name), true
}
