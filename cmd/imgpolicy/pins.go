package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/lock"
	"github.com/imgpolicy/imgpolicy/policy"
)

// pinFlags are the flags that say where digests are known from.
func pinFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "locked", Usage: "take digests from " + lock.FileName + " and from nowhere else"},
		pinsFromFlag(),
	}
}

func pinsFromFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "pins-from", Usage: "take digests from `FILE`, too: what docker buildx build\n--metadata-file wrote, or a source policy of BuildKit;\nrepeat for more"}
}

// pinOptions are the flags of pinFlags once they are known to make sense.
type pinOptions struct {
	locked bool
	books  []lock.Book
	files  []policy.File // of books
	// neighbours are the other Dockerfiles of the repository, nil where they are
	// not asked: only what is to be changed is worth reading them all for.
	neighbours *neighbours
}

func pinOptionsOf(c *cli.Context, dir string) (pinOptions, error) {
	o := pinOptions{locked: c.Bool("locked")}
	files := c.StringSlice("pins-from")
	if o.locked && len(files) > 0 {
		return o, usageError("--locked takes digests from " + lock.FileName + " alone, and --pins-from from another file: give one of them")
	}
	if c.Command.Name == "fix" || c.Bool("fix") {
		o.neighbours = new(neighbours)
	}
	var err error
	o.books, o.files, err = openBooks(dir, files)
	return o, err
}

// openBooks reads the files of --pins-from.
func openBooks(dir string, files []string) (books []lock.Book, read []policy.File, err error) {
	for _, name := range files {
		if name == "" {
			return nil, nil, usageError("--pins-from needs the name of a file")
		}
		text, err := readFile(absolute(dir, name))
		if err != nil {
			return nil, nil, fmt.Errorf("--pins-from %w", unreadable(name, err))
		}
		book, err := lock.ReadBook(name, text)
		if err != nil {
			return nil, nil, fmt.Errorf("--pins-from %w", err)
		}
		books, read = append(books, book), append(read, policy.File{Name: name, Text: text})
	}
	return books, read, nil
}

// pins is what a run asks for digests that the lock in force does not have: the
// files of --pins-from, then the other Dockerfiles of the repository, then the
// network. nil is nobody, as with --locked.
func (a *app) pins(o pinOptions, found *search, s *settings, net *network) func(context.Context, source.Source, string) (lint.Pin, bool, error) {
	books := o.books
	if n := o.neighbours; n != nil {
		if n.found == nil {
			n.found, n.settings = found, s
		}
		books = append(books[:len(books):len(books)], n)
	}
	if o.locked || len(books) == 0 && net == nil {
		return nil
	}
	return func(ctx context.Context, src source.Source, platform string) (lint.Pin, bool, error) {
		name, _ := source.Unpin(src)
		pin, ok := lock.Pin(books, name, platform)
		if ok || net == nil || name == "" {
			return pin, ok, nil
		}
		found, err := net.Pin(ctx, src, platform)
		return found.Pin, err == nil, err
	}
}

// neighbours are the Dockerfiles of the repositories that a run looks into, as a
// source of digests. They are read when the first digest is asked for.
type neighbours struct {
	found    *search
	settings *settings
	once     sync.Once
	uses     lock.Uses
}

// Pin is what all of them that use a name pin it to.
func (n *neighbours) Pin(name, platform string) (lint.Pin, bool) {
	n.once.Do(n.read)
	return n.uses.Pin(name, platform)
}

func (n *neighbours) read() {
	seen := map[string]bool{}
	for _, path := range slices.Sorted(maps.Values(n.found.paths)) {
		dir := filepath.Dir(path)
		top := n.settings.configs.topOf(dir)
		if seen[top] {
			continue
		}
		seen[top] = true
		for _, path := range n.found.tree(dir) {
			if !n.found.excludes(path) {
				n.add(path)
			}
		}
	}
}

// mayPin are the texts without one of which a Dockerfile pins nothing.
var mayPin = [][]byte{[]byte("sha256:"), []byte("sha512:"), []byte("checksum"), []byte("commit")}

// add takes in a Dockerfile. One that cannot be read tells nothing.
func (n *neighbours) add(path string) {
	text, err := readFile(path)
	if err != nil {
		return
	}
	chain, err := n.settings.configs.of(filepath.Dir(path))
	if err != nil {
		return
	}
	for _, some := range mayPin {
		if !bytes.Contains(text, some) {
			continue
		}
		f := dockerfile.Parse(shownName(n.found.dir, path), text)
		for _, build := range n.settings.build.builds(chain.For(path)) {
			n.uses.Add(f, f.Resolve(build))
		}
		return
	}
}
