package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// below is a directory as a policy may read it: nothing outside of it, through
// symbolic links neither. It is opened anew for each file, so that no handle
// stays open for every directory of a large tree.
type below struct {
	root string
	// read takes in the files that are opened, asked those that are not there, too, by
	// path, with what sum is of them; nil for nowhere.
	read, asked *sync.Map
	// sums has what is asked for summed up, "" else.
	sums bool
}

// Open implements fs.FS.
func (b below) Open(name string) (fs.File, error) {
	// Before it is read: if it changes in between, the sum is not that of tomorrow.
	b.sum(name)
	file, err := b.open(name)
	if err != nil {
		return nil, err
	}
	if b.read != nil {
		b.read.Store(filepath.Join(b.root, name), true)
	}
	return file, nil
}

// open opens what is no pipe or device: those would be waited for.
func (b below) open(name string) (*os.File, error) {
	root, err := os.OpenRoot(b.root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	switch info, err := root.Stat(name); {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() && !info.IsDir():
		return nil, &fs.PathError{Op: "open", Path: name, Err: notRegular(info.Mode())}
	}
	return root.Open(name)
}

// The sums of what has none.
const (
	sumUnknown = ""
	sumAbsent  = "absent"
)

// sum stands for what a file says now, or said when it was first asked for in this
// run. sumUnknown is that this is not known.
func (b below) sum(name string) string {
	local := filepath.FromSlash(name)
	if b.asked == nil || !filepath.IsLocal(local) { // which nobody opens
		return sumUnknown
	}
	path := filepath.Join(b.root, local)
	sum := sumUnknown
	if have, ok := b.asked.Load(path); ok {
		sum, _ = have.(string)
		return sum
	}
	if b.sums && fs.ValidPath(name) { // what has dots in it may be another file by another name
		sum = b.sumNow(name)
	}
	have, _ := b.asked.LoadOrStore(path, sum)
	sum, _ = have.(string)
	return sum
}

// note notes that the policy would have read a file, which says what it did.
func (b below) note(r readBelow) {
	path := filepath.Join(b.root, filepath.FromSlash(r.Name))
	b.asked.LoadOrStore(path, r.Sum)
	if b.read != nil && r.Sum != sumAbsent {
		b.read.Store(path, true)
	}
}

func (b below) sumNow(name string) string {
	file, err := b.open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return sumAbsent
	case err != nil:
		return sumUnknown
	}
	defer file.Close()
	h := sha256.New()
	if n, err := io.Copy(h, io.LimitReader(file, maxFileSize+1)); err != nil || n > maxFileSize {
		return sumUnknown
	}
	return hex.EncodeToString(h.Sum(nil))
}

// reads are the files that were asked for so far, by policy number of. ok is false
// where it is not known what one of them says.
func (b below) reads(of int) (reads []readBelow, ok bool) {
	ok = true
	if b.asked == nil {
		return nil, true
	}
	b.asked.Range(func(path, sum any) bool {
		at, _ := path.(string)
		name, err := filepath.Rel(b.root, at)
		text, _ := sum.(string)
		ok = err == nil && text != sumUnknown && len(reads) < maxReads
		reads = append(reads, readBelow{of, filepath.ToSlash(name), text})
		return ok
	})
	slices.SortFunc(reads, func(a, b readBelow) int { return strings.Compare(a.Name, b.Name) })
	return reads, ok
}
