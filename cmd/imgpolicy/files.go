package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/imgpolicy/imgpolicy/lint"
)

// maxFileSize is far beyond any Dockerfile or policy, and small enough not to
// hurt when somebody names a disk image.
const maxFileSize = 8 << 20

// The names of Dockerfiles are those that pre-commit hooks and Renovate look
// for, in any case; what is excluded has such a name and is something else.
var (
	dockerfileName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?is)^(docker|container)file([._-].*)?$|\.(docker|container)file$`)
	})
	otherName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\.(dockerignore|md|txt|json|lock|rego|j2|tmpl|template|bak)$`)
	})
	// Programs about Dockerfiles: dockerfile.go and dockerfile_test.py are
	// source code, Dockerfile.go is a Dockerfile for Go.
	sourceFileName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(docker|container)file[a-z0-9_-]*\.(go|py|rs|rb|js|mjs|ts|tsx|java|kt|c|h|cc|cpp|cs|php|swift)$`)
	})
)

func isDockerfileName(base string) bool {
	return dockerfileName().MatchString(base) && !otherName().MatchString(base) && !sourceFileName().MatchString(base)
}

// search collects the Dockerfiles that paths on the command line stand for: in
// the order given, sorted within a directory, each once.
type search struct {
	dir   string // the working directory
	files []lint.File
	// paths are the absolute paths of the files, by name: where their config and
	// policy are looked for.
	paths map[string]string
	// trees are the directories that were searched as a whole.
	trees []string
	// stdin is the name of standard input, "" where it is not linted.
	stdin  string
	failed failures
	// excluded tells of a file that it is not to be looked at, nil for none. One
	// that is named is looked at all the same without forceExclude.
	excluded     func(path string) bool
	forceExclude bool
	explicit     explicit
	// read is told what directories have that are searched, nil for nobody.
	read func(dir string, entries []fs.DirEntry)
}

func newSearch(dir string) *search {
	return &search{dir: dir, paths: map[string]string{}}
}

// add adds a file by its absolute path.
func (s *search) add(path string, name string, read func() ([]byte, error)) {
	if _, ok := s.paths[name]; ok {
		return
	}
	s.paths[name] = path
	s.files = append(s.files, lint.File{Name: name, Read: read})
}

func (s *search) addFile(path string) {
	name := shownName(s.dir, path)
	if name == s.stdin {
		s.failed = append(s.failed, twoTexts(name))
	}
	s.add(path, name, func() ([]byte, error) { return readFile(path) })
}

// addStdin adds standard input under the name of the file it stands for.
func (s *search) addStdin(ctx context.Context, stdin io.Reader, name string) {
	path, shown := filepath.Join(s.dir, "Dockerfile"), "<stdin>"
	if name != "" {
		path = absolute(s.dir, name)
		shown = shownName(s.dir, path)
	}
	if name != "" && s.forceExclude && s.excludes(path) {
		s.skip(path, "is excluded")
		return
	}
	if _, ok := s.paths[shown]; ok && s.stdin == "" {
		s.failed = append(s.failed, twoTexts(shown))
	}
	s.stdin = shown
	s.add(path, shown, sync.OnceValues(func() ([]byte, error) { return readStream(ctx, stdin) }))
}

// addPath adds the file or the directory that an argument names. A file is
// taken whatever it is called, unless its name says that it is something else
// about Dockerfiles (addNamed).
func (s *search) addPath(arg string) {
	path := absolute(s.dir, arg)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		s.failed = append(s.failed, unreadable(shownName(s.dir, path), err))
	case info.IsDir():
		s.addTree(path)
	case !info.Mode().IsRegular():
		s.failed = append(s.failed, notADockerfile(shownName(s.dir, path), info.Mode()))
	default:
		s.addNamed(path)
	}
}

// excludes tells whether a file is not to be looked at.
func (s *search) excludes(path string) bool { return s.excluded != nil && s.excluded(path) }

// addTree adds the Dockerfiles below a directory, hidden directories included:
// development containers and workflows build images too. What cannot be looked
// into is a failure, lest a run be clean for what it could not see.
func (s *search) addTree(root string) {
	s.trees = append(s.trees, root)
	found, excluded, before := false, 0, len(s.files)
	walkTree(root, s.read, func(path string, entry fs.DirEntry, err error) {
		switch {
		case err != nil:
			s.failed = append(s.failed, unreadable(shownName(s.dir, path), err))
			found = true // the failure says enough
		case isDockerfileName(entry.Name()) && s.regular(path, entry):
			found = true
			if s.excludes(path) {
				excluded++
			} else {
				s.addFile(path)
			}
		}
	})
	if excluded > 0 && len(s.files) == before {
		s.skip(root, "has excluded Dockerfiles only")
	}
	if !found {
		s.failed = append(s.failed, noDockerfile(shownName(s.dir, root)))
	}
}

// walkTree visits what is below a directory, but not what git keeps there, and
// directories only where they cannot be read. read is told what each directory has,
// before that is visited; nil wants to know nothing. Root itself is followed where it
// is a symbolic link, and none below it. An fs.FS would refuse names that are
// not UTF-8.
func walkTree(root string, read func(dir string, entries []fs.DirEntry), visit func(path string, entry fs.DirEntry, err error)) {
	entries, err := os.ReadDir(root)
	if err != nil {
		visit(root, nil, err)
	} else if read != nil {
		read(root, entries)
	}
	for _, entry := range entries {
		switch path := filepath.Join(root, entry.Name()); {
		case !entry.IsDir():
			visit(path, entry, nil)
		case entry.Name() != ".git":
			walkTree(path, read, visit)
		}
	}
}

// regular tells whether an entry is a regular file or leads to one. A link into
// the void is none: nothing could be built from it.
func (s *search) regular(path string, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return entry.Type().IsRegular()
	}
	info, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.failed = append(s.failed, unreadable(shownName(s.dir, path), err))
	}
	return err == nil && info.Mode().IsRegular()
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// shownName is a path as people and reports get to see it: relative to the
// working directory, with slashes on every system.
func shownName(dir, path string) string {
	if relative, err := filepath.Rel(dir, path); err == nil {
		path = relative
	}
	return filepath.ToSlash(path)
}

// tooLarge is a file of more than so many bytes.
type tooLarge int64

func (most tooLarge) Error() string {
	if most >= 1<<30 {
		return fmt.Sprintf("is larger than %d GiB", most>>30)
	}
	return fmt.Sprintf("is larger than %d MiB", most>>20)
}

// notRegular says that a file has no text of its own.
type notRegular fs.FileMode

func (m notRegular) Error() string {
	kind := "device"
	switch mode := fs.FileMode(m); {
	case mode.IsDir():
		kind = "directory"
	case mode&fs.ModeNamedPipe != 0:
		kind = "named pipe"
	case mode&fs.ModeSocket != 0:
		kind = "socket"
	}
	return "is a " + kind + ", not a regular file"
}

// readFile reads a regular file of reasonable size.
func readFile(path string) ([]byte, error) { return readFileOf(path, maxFileSize) }

// readFileOf reads a regular file of at most so many bytes.
func readFileOf(path string, most int64) ([]byte, error) {
	// A named pipe would block in Open.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(info.Mode())
	}
	if info.Size() > most {
		return nil, tooLarge(most)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// One read and no growing for a file that has the size it says.
	text := bytes.NewBuffer(make([]byte, 0, min(info.Size(), most)+bytes.MinRead))
	if _, err := text.ReadFrom(io.LimitReader(f, most+1)); err != nil {
		return nil, err
	}
	if int64(text.Len()) > most {
		return nil, tooLarge(most)
	}
	return text.Bytes(), nil
}

func readLimited(r io.Reader) ([]byte, error) { return readLimitedTo(r, maxFileSize) }

func readLimitedTo(r io.Reader, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(text)) > most {
		return nil, tooLarge(most)
	}
	return text, err
}

// readStream reads standard input. An interrupt has to end the wait for it,
// since a read of a terminal does not end by itself.
func readStream(ctx context.Context, r io.Reader) ([]byte, error) {
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := readLimited(r)
		done <- result{text, err}
	}()
	select {
	case got := <-done:
		return got.text, got.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
