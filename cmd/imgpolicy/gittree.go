package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// treeEntry is a file of a commit.
type treeEntry struct{ mode, id string }

// The modes of entries that hold no text of their own.
const (
	linkMode      = "120000" // the text is where it leads
	submoduleMode = "160000" // the id is a commit of another repository
)

// tree lists the files of a commit that are wanted, by path.
func (g git) tree(ctx context.Context, commit string, wanted func(path string) bool) (map[string]treeEntry, error) {
	entries := map[string]treeEntry{}
	err := g.stream(ctx, "", func(r *bufio.Reader) error {
		for {
			line, err := record(r)
			if err != nil {
				return atEnd(err)
			}
			about, path, _ := strings.Cut(line, "\t")
			fields := strings.Fields(about) // mode, type, id
			if len(fields) != 3 {
				return gitError(fmt.Sprintf("ls-tree prints %q", line))
			}
			if wanted(path) {
				entries[strings.Clone(path)] = treeEntry{strings.Clone(fields[0]), strings.Clone(fields[2])}
			}
		}
	}, "ls-tree", "-r", "-z", "--full-tree", commit)
	return entries, err
}

// renames are the files that were renamed since a commit, by their new path:
// what they were then. The index is looked at and not the files themselves, for
// which git would run filters; an untracked file is new anyway.
func (g git) renames(ctx context.Context, commit string) (map[string]treeEntry, error) {
	renamed := map[string]treeEntry{}
	err := g.stream(ctx, "", func(r *bufio.Reader) error {
		for {
			line, err := record(r)
			if err != nil {
				return atEnd(err)
			}
			fields := strings.Fields(line) // :mode, mode, id, id, R100
			if len(fields) != 5 {
				return gitError(fmt.Sprintf("diff-index prints %q", line))
			}
			_, err = record(r) // the path, or the one it had
			if err == nil && strings.HasPrefix(fields[4], "R") {
				var path string
				path, err = record(r)
				renamed[path] = treeEntry{strings.TrimPrefix(fields[0], ":"), fields[2]}
			}
			if err != nil {
				return err
			}
		}
	}, "diff-index", "--cached", "--raw", "-z", "-M", "--no-abbrev", "--no-ext-diff", "--no-textconv", "--ignore-submodules", commit)
	return renamed, err
}

// record reads what ends in a zero byte. The error is io.EOF where there is no
// more.
func record(r *bufio.Reader) (string, error) {
	text, err := r.ReadString(0)
	if errors.Is(err, io.EOF) && text != "" {
		err = io.ErrUnexpectedEOF
	}
	return strings.TrimSuffix(text, "\x00"), err
}

// atEnd is an error of reading, unless it is that there is no more.
func atEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// blobs are the texts of files by their id, from one process. Those that are
// missing, or larger than a Dockerfile can be, are left out.
func (g git) blobs(ctx context.Context, ids []string) (map[string][]byte, error) {
	texts := map[string][]byte{}
	if len(ids) == 0 {
		return texts, nil
	}
	err := g.stream(ctx, strings.Join(ids, "\n")+"\n", func(r *bufio.Reader) error {
		for {
			header, err := r.ReadString('\n')
			switch {
			case errors.Is(err, io.EOF) && header == "":
				return nil
			case err != nil:
				return err
			}
			fields := strings.Fields(header) // id, type, size; or id, "missing"
			if len(fields) != 3 {
				continue
			}
			size, err := strconv.ParseInt(fields[2], 10, 64)
			if err != nil {
				return gitError(fmt.Sprintf("cat-file prints %q", header))
			}
			var text bytes.Buffer
			into := io.Writer(&text)
			if size > maxFileSize {
				into = io.Discard
			}
			if _, err := io.CopyN(into, r, size); err != nil {
				return err
			}
			if _, err := r.Discard(1); err != nil { // the newline after it
				return err
			}
			if size <= maxFileSize && fields[1] == "blob" {
				texts[fields[0]] = text.Bytes()
			}
		}
	}, "cat-file", "--batch")
	return texts, err
}
