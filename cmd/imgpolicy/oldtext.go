package main

import (
	"bytes"
	"context"
	"crypto/sha1" // #nosec G505 -- what git names objects by
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// place is a file in its repository.
type place struct {
	revision *revision
	path     string // from the root, with slashes
	file     string // on disk
}

// locate finds the repository of a file, and wants to know of it. There may be
// none.
func (r *revisions) locate(ctx context.Context, file string) (place, bool, error) {
	file = filepath.Join(withoutLinks(filepath.Dir(file)), filepath.Base(file))
	root, ok := repositoryRoot(filepath.Dir(file))
	if !ok {
		return place{}, false, nil
	}
	revision, err := r.at(ctx, root)
	if err != nil {
		return place{}, false, err
	}
	path, _ := inside(root, file)
	revision.wanted[path] = true
	return place{revision, path, file}, true, nil
}

// read looks up what there was of all that is wanted.
func (r *revisions) read(ctx context.Context) error {
	for _, v := range r.repositories {
		if v.commit == "" {
			continue
		}
		var err error
		v.entries, err = v.git.tree(ctx, v.commit, func(p string) bool { return v.wanted[p] || isPolicyName(path.Base(p)) })
		if err != nil {
			return err
		}
	}
	return nil
}

// isPolicyName tells names that policies and configurations are found by.
func isPolicyName(base string) bool {
	return strings.HasSuffix(strings.ToLower(base), regoEnding) || strings.HasPrefix(base, ".imgpolicy.")
}

// old is what a file was: under its own name, or the one it had before it was
// renamed.
func (p place) old(ctx context.Context) (treeEntry, bool) {
	v := p.revision
	if v.commit == "" {
		return treeEntry{}, false
	}
	if e, ok := v.entries[p.path]; ok {
		return e, true
	}
	if v.renamed == nil {
		// What cannot be found out counts as new.
		v.renamed, _ = v.git.renames(ctx, v.commit)
		if v.renamed == nil {
			v.renamed = map[string]treeEntry{}
		}
	}
	e, ok := v.renamed[p.path]
	return e, ok
}

// changed tells whether a file that may be there or not, now or then, is
// another one than it was.
func (p place) changed() bool {
	info, err := os.Lstat(p.file)
	e, was := treeEntry{}, false
	if p.revision.commit != "" {
		e, was = p.revision.entries[p.path]
	}
	switch {
	case err != nil || info.IsDir():
		return was || err != nil && !missing(err)
	case !was || (info.Mode()&fs.ModeSymlink != 0) != (e.mode == linkMode):
		return true
	case e.mode == linkMode:
		target, err := os.Readlink(p.file)
		return err != nil || !sameBlob(e.id, []byte(filepath.ToSlash(target)))
	}
	text, err := readFile(p.file)
	return err != nil || !sameBlob(e.id, text)
}

// sameBlob tells whether git has a text under an id, with line ends as it may
// have changed them on the way to the disk.
func sameBlob(id string, text []byte) bool {
	return blobID(id, text) == id || blobID(id, bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))) == id
}

// blobID is the id that git gives a text, of the same kind as another one.
func blobID(like string, text []byte) string {
	var h hash.Hash = sha1.New() // #nosec G401 -- what git names objects by
	if len(like) > hex.EncodedLen(h.Size()) {
		h = sha256.New()
	}
	fmt.Fprintf(h, "blob %d\x00", len(text))
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil))
}
