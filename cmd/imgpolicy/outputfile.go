package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/report"
)

// writeOutput writes one form to its file.
func (a *app) writeOutput(out output, result *lint.Result, options report.Options, dir string) error {
	if w := a.stream(out.file); w != nil {
		options.Runner = a.onGitHub()
		return out.format.Write(w, result, options)
	}
	err := writeFile(absolute(dir, out.file), func(w io.Writer) error { return out.format.Write(w, result, options) })
	var pathError *fs.PathError
	if errors.As(err, &pathError) { // its path is that of a temporary file
		return failure{out.file, pathError.Err.Error(), outputHint(pathError.Err)}
	}
	return err
}

// outputHint is what to do about a file that cannot be written, "" where only who
// has the machine can say.
func outputHint(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "make its directory first"
	case errors.Is(err, fs.ErrPermission):
		return "name a file in a directory that you may write to"
	}
	return ""
}

// stream is the stream that a file's name stands for, nil for none. Opened by
// its name, a file that a shell redirects to is another one and is written over.
func (a *app) stream(file string) io.Writer {
	switch filepath.ToSlash(filepath.Clean(file)) {
	case "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		return a.stdout
	case "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2":
		return a.stderr
	default:
		return nil
	}
}

// replaced is the first output that a linted file would be lost to.
func (o *lintOptions) replaced(run *linting) error {
	for _, out := range o.outputs {
		there, err := os.Stat(absolute(o.dir, out.file))
		if err != nil {
			continue // a new one
		}
		for _, path := range run.found.paths {
			if linted, err := os.Stat(path); err == nil && os.SameFile(there, linted) {
				return usageError(fmt.Sprintf("--output %s=%s would replace a file that is linted", out.format.Name, out.file))
			}
		}
	}
	return nil
}

// target is the path that is written to where links lead from a path.
func target(path string) string {
	const most = 40 // links, as many as Linux follows
	for range most {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return real
		}
		leads, err := os.Readlink(path)
		if err != nil {
			break
		}
		path = absolute(filepath.Dir(path), leads) // to a file that is yet to be made
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}

// writeFile replaces a file as a whole: nobody finds half a report, and an old
// one stays where the new one cannot be written. What is no regular file, such
// as /dev/stderr or a pipe, is written to as it is.
func writeFile(name string, write func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target // a link goes on being one
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return writeInto(name, os.O_WRONLY, write)
	}
	// Not by the number of the process: in containers that is the same each time,
	// and what one left that was killed would be in the way of all others.
	temporary := fmt.Sprintf("%s.%016x.tmp", name, rand.Uint64()) // #nosec G404 -- a name that is free: the file is made anew or not at all
	if err := writeInto(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, write); err != nil {
		return err
	}
	if err := os.Rename(temporary, name); err != nil {
		os.Remove(temporary)
		return err
	}
	return nil
}

// writeInto writes to a file, and takes a new one away again where that fails.
func writeInto(name string, flags int, write func(io.Writer) error) error {
	file, err := os.OpenFile(name, flags, fs.FileMode(0o666))
	if err != nil {
		return err
	}
	err = write(file)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil && flags&os.O_CREATE != 0 {
		os.Remove(name)
	}
	return err
}
