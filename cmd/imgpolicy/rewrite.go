package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// withinTree is the file that a path leads to, which must not be outside of tree,
// the directory that is worked on.
func withinTree(name, path, tree string) (string, error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", unreadable(name, err)
	}
	if tree, err = filepath.EvalSymlinks(tree); err != nil {
		return "", unreadable(name, err)
	}
	if within, err := filepath.Rel(tree, target); err != nil || !filepath.IsLocal(within) {
		return "", failure{name, "is a link that leads out of its repository", "name the file itself to have it changed"}
	}
	return target, nil
}

// rewrite puts a mended text in the place of a file that is no link, as a whole or
// not at all. The file must still be what was read.
func rewrite(name, path, was, is string) error {
	if err := replaceFile(path, was, is); err != nil {
		return unwritten(name, err)
	}
	return nil
}

// errChanged says that a file is not what was linted.
var errChanged = errors.New("has changed since it was read")

// replaceFile writes beside a file and then renames, so that nobody ever finds
// half of it. The mode stays, and the owner where that is allowed.
func replaceFile(path, was, is string) (err error) {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".imgpolicy-*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			temporary.Close()
			os.Remove(temporary.Name())
		}
	}()
	if _, err = io.Copy(temporary, strings.NewReader(is)); err != nil {
		return err
	}
	keepOwner(temporary, info)
	if err = temporary.Chmod(info.Mode().Perm()); err != nil {
		return err
	}
	if err = temporary.Sync(); err != nil {
		return err
	}
	if err = temporary.Close(); err != nil {
		return err
	}
	now, err := readFile(path)
	if err != nil {
		return err
	}
	if string(now) != was {
		return errChanged
	}
	return os.Rename(temporary.Name(), path)
}

// unwritten explains why a file could not be changed.
func unwritten(name string, err error) error {
	var pathError *fs.PathError
	var linkError *os.LinkError
	switch {
	case errors.Is(err, errChanged):
		return failure{name, "was not changed: it " + err.Error(), "run " + programName + " again"}
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return failure{name, "could not be changed: its directory may not be written to", "a new file is written beside it and then takes its place"}
	case errors.As(err, &pathError):
		err = pathError.Err
	case errors.As(err, &linkError):
		err = linkError.Err
	}
	return failure{name, "could not be changed: " + err.Error(), "it is as it was"}
}
