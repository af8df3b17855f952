package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// alone tells that nothing but the file is in its directory.
func alone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the file there is something: %v, %v", entries, err)
	}
}

func TestRewriteChanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "Dockerfile")
	writeFiles(t, dir, map[string]string{"Dockerfile": "FROM b\n"})
	err := rewrite("Dockerfile", path, "FROM a\n", "FROM c\n")
	if err == nil || err.Error() != "Dockerfile: was not changed: it has changed since it was read; run imgpolicy again" {
		t.Errorf("rewrite: %v", err)
	}
	if got := fileText(t, path); got != "FROM b\n" {
		t.Errorf("the file is %q", got)
	}
	alone(t, path)
}

func TestRewriteKeepsMode(t *testing.T) {
	t.Parallel()
	for _, mode := range []fs.FileMode{0o600, 0o644, 0o755, 0o464} {
		dir := t.TempDir()
		path := filepath.Join(dir, strings.Repeat("n", 250)) // no room for another ending
		writeFiles(t, dir, map[string]string{filepath.Base(path): "FROM a\n"})
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := rewrite("Dockerfile", path, "FROM a\n", "FROM c\n"); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode() != mode || fileText(t, path) != "FROM c\n" {
			t.Errorf("mode %v became %v (%v), %q", mode, info.Mode(), err, fileText(t, path))
		}
		alone(t, path)
	}
}

// TestRewriteFails: the file is as it was, and the message says of what it is.
func TestRewriteFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"Dockerfile": "FROM a\n"})
	path := filepath.Join(dir, "Dockerfile")
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	err := rewrite("Dockerfile", path, "FROM a\n", "FROM c\n")
	if os.Geteuid() != 0 && (err == nil || !strings.HasPrefix(err.Error(), "Dockerfile: could not be changed: its directory may not be written to; ")) {
		t.Errorf("rewrite: %v", err)
	}
	if err != nil && fileText(t, path) != "FROM a\n" {
		t.Errorf("the file is %q", fileText(t, path))
	}
	alone(t, path)
}

func TestUnwritten(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&fs.PathError{Op: "write", Path: "/x/.imgpolicy-1.tmp", Err: syscall.ENOSPC}, "f: could not be changed: no space left on device; it is as it was"},
		{&os.LinkError{Op: "rename", Old: "/x/.imgpolicy-1.tmp", New: "/x/f", Err: syscall.EIO}, "f: could not be changed: input/output error; it is as it was"},
		{&fs.PathError{Op: "open", Path: "/x", Err: syscall.EROFS}, "f: could not be changed: its directory may not be written to; a new file is written beside it and then takes its place"},
		{errors.New("short write"), "f: could not be changed: short write; it is as it was"},
	} {
		if got := unwritten("f", tt.err).Error(); got != tt.want {
			t.Errorf("unwritten(%v) = %q, want %q", tt.err, got, tt.want)
		}
	}
}
