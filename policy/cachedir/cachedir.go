// Package cachedir keeps files in a directory for later runs, and for other
// processes at the same time. There are no locks: files appear whole or not at all.
// What is read comes from whoever may write there, and is for the caller to check.
package cachedir

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Dir is such a directory. It is made when something is first written.
type Dir struct {
	path  string
	sweep sync.Once
}

// New is the directory at a path.
func New(path string) *Dir { return &Dir{path: path} }

// Path is that of a file below it.
func (d *Dir) Path(elem ...string) string {
	return filepath.Join(append([]string{d.path}, elem...)...)
}

// Read reads a file of ours by its path: no link or pipe, nobody else's, of at most
// limit bytes. Any other is as if it was not there.
func Read(path string, limit int64) ([]byte, bool) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > limit {
		return nil, false
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 || !ours(info) {
		return nil, false
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	if now, err := f.Stat(); err != nil || !os.SameFile(now, info) {
		return nil, false
	}
	// One read and no growing for a file that has the size it says.
	text := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead))
	_, err = text.ReadFrom(io.LimitReader(f, limit+1))
	return text.Bytes(), err == nil && int64(text.Len()) <= limit
}

// Write puts a file in its place below the directory, whole, unless it is there
// already.
func (d *Dir) Write(path string, text []byte) error {
	if old, ok := Read(path, int64(len(text))); ok && bytes.Equal(old, text) {
		return nil
	}
	d.sweep.Do(d.removeOld)
	return d.replace(path, text)
}

func (d *Dir) replace(path string, text []byte) (err error) {
	temporary := d.Path("tmp")
	for _, dir := range []string{temporary, filepath.Dir(path)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	f, err := os.CreateTemp(temporary, newPrefix+"*") // of mode 0600, and of a name that there was not
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreNotExist(os.Remove(f.Name())))
		}
	}()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return rename(f.Name(), path)
}

// rename waits a little where another process reads or replaces the file, which
// Windows refuses for as long.
func rename(from, to string) error {
	var err error
	for try := range 20 {
		if err = os.Rename(from, to); runtime.GOOS != "windows" || !errors.Is(err, fs.ErrPermission) {
			return err
		}
		time.Sleep(time.Duration(1+try) * time.Millisecond)
	}
	return err
}

func ignoreNotExist(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// newPrefix begins the names of files that are not in their place yet.
const newPrefix = "imgpolicy-new-"

// removeOld removes what processes that were killed left behind: files of ours alone,
// since the directory is one that somebody has named.
func (d *Dir) removeOld() {
	temporary := d.Path("tmp")
	entries, _ := os.ReadDir(temporary)
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.HasPrefix(e.Name(), newPrefix) {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(filepath.Join(temporary, e.Name()))
		}
	}
}
