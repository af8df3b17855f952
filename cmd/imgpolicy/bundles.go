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
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/policy/bundle"
)

// bundles are the configs that others extend by a pinned reference, with all that
// came with them: kept in the cache, and fetched only where that is asked for. It
// is safe for concurrent use.
type bundles struct {
	dir string // "" for none
	// fetch is the network, nil where nothing may be fetched.
	fetch func() (*network, error)
	ctx   context.Context //nolint:containedctx // of the run: configs are loaded by functions without one

	mu      sync.Mutex
	checked map[string]error // by key
	fetched []string         // what was fetched, as written
}

// bundles are those of a run with these flags, which fetches nothing by itself.
func (a *app) bundles(c *cli.Context, dir string) *bundles {
	return &bundles{dir: a.cacheDirOf(c, dir), ctx: c.Context, checked: map[string]error{}}
}

// key is what the content of a reference is kept by.
func key(ref config.Reference) string { return sum([]byte(ref.Location + "#" + ref.Pin)) }

// locate is the place of a reference in the cache, once it has been held against
// what is pinned.
func (b *bundles) locate(ref config.Reference) (config.Kept, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dir == "" {
		return config.Kept{}, errors.New("there is no directory to keep what is fetched in: set HOME or XDG_CACHE_HOME, or give --cache-dir")
	}
	folder := filepath.Join(b.dir, "policies", key(ref))
	err, done := b.checked[key(ref)]
	if !done {
		err = b.check(ref, folder)
		if errors.Is(err, fs.ErrNotExist) {
			err = b.get(ref, folder)
		}
		b.checked[key(ref)] = err
	}
	if err != nil {
		return config.Kept{}, err
	}
	kept := config.Kept{Path: filepath.Join(folder, "tree", filepath.FromSlash(ref.File)), Root: filepath.Join(folder, "tree")}
	if ref.Kind == config.HTTPS {
		kept.Root = ""
	}
	return kept, nil
}

// get fetches what is not there yet, and keeps it.
func (b *bundles) get(ref config.Reference, folder string) error {
	if b.fetch == nil {
		return fmt.Errorf("it is not here yet: `%s policy pull` fetches it", programName)
	}
	n, err := b.fetch()
	if err != nil {
		return err
	}
	if n == nil {
		return fmt.Errorf("it is not here yet: `%s policy pull` fetches it", programName)
	}
	content, err := b.download(n, ref)
	if err != nil {
		return err
	}
	if err := keepBundle(folder, ref, content); err != nil {
		return fmt.Errorf("keeping it in %s: %w", b.dir, err)
	}
	b.fetched = append(b.fetched, ref.Text)
	return b.check(ref, folder)
}

// download is the content of a reference, held against its pin.
func (b *bundles) download(n *network, ref config.Reference) ([]byte, error) {
	switch ref.Kind {
	case config.HTTPS:
		content, err := n.resolver.Fetch(b.ctx, ref.Location, maxFileSize)
		if err != nil {
			return nil, err
		}
		return content, pinned(ref, content)
	case config.OCI:
		img, err := source.ParseReference(ref.Location)
		if err != nil {
			return nil, err
		}
		a, err := n.resolver.Artifact(b.ctx, img, bundle.MaxText)
		if err != nil {
			return nil, err
		}
		if a.MediaType != bundle.MediaType {
			return nil, fmt.Errorf("the artifact is of the type %q and holds no policies: `%s policy push` makes one", a.MediaType, programName)
		}
		return a.Content, nil
	case config.Git:
		src, _, err := source.ParseGit(ref.Location + "#" + ref.Pin)
		if err != nil {
			return nil, err
		}
		return n.resolver.Tree(b.ctx, src, bundle.MaxText)
	}
	return nil, errors.New("this is no reference to fetch")
}

// pinned holds a file against its SHA-256.
func pinned(ref config.Reference, content []byte) error {
	if got := sum(content); got != ref.Pin {
		return fmt.Errorf("the content has changed: its SHA-256 is %s, and %s is pinned", got, ref.Pin)
	}
	return nil
}

// keepBundle puts content into the cache, as a whole or not at all. Beside it stands
// the hash of what was fetched, by which it is known again: of a file that is its
// pin, of an artifact or a repository what its digest or commit led to.
func keepBundle(folder string, ref config.Reference, content []byte) error {
	files, err := bundled(ref, content)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o777); err != nil {
		return errors.New(why(err))
	}
	temporary, err := os.MkdirTemp(filepath.Dir(folder), ".new-")
	if err != nil {
		return errors.New(why(err))
	}
	defer os.RemoveAll(temporary)
	files = append(prefixed(files, "tree/"), bundle.File{Name: "content", Text: content}, bundle.File{Name: "sha256", Text: []byte(sum(content))})
	for _, f := range files {
		path := filepath.Join(temporary, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return errors.New(why(err))
		}
		if err := writeFile(path, func(w io.Writer) error { _, err := w.Write(f.Text); return err }); err != nil {
			return errors.New(why(err))
		}
	}
	if err := os.Rename(temporary, folder); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, there := os.Stat(filepath.Join(folder, "sha256")); there != nil {
			return errors.New(why(err))
		}
	}
	return nil
}

// bundled are the files that content consists of.
func bundled(ref config.Reference, content []byte) ([]bundle.File, error) {
	if ref.Kind == config.HTTPS {
		return []bundle.File{{Name: ref.File, Text: content}}, nil
	}
	return bundle.Unpack(content)
}

func prefixed(files []bundle.File, prefix string) []bundle.File {
	out := make([]bundle.File, len(files))
	for i, f := range files {
		out[i] = bundle.File{Name: prefix + f.Name, Text: f.Text}
	}
	return out
}

// check holds what is kept against what is pinned: fs.ErrNotExist where nothing is.
func (b *bundles) check(ref config.Reference, folder string) error {
	content, err := readFileOf(filepath.Join(folder, "content"), bundle.MaxText)
	if err != nil {
		return err
	}
	want := ref.Pin
	if ref.Kind != config.HTTPS {
		kept, err := readFile(filepath.Join(folder, "sha256"))
		if err != nil {
			return err
		}
		want = string(kept)
	}
	changed := fmt.Errorf("what is kept of it in %s has changed: remove that directory, and run `%s policy pull`", folder, programName)
	if sum(content) != want {
		return fmt.Errorf("%w (its SHA-256 is %s, and was %s)", changed, sum(content), want)
	}
	files, err := bundled(ref, content)
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := readFileOf(filepath.Join(folder, "tree", filepath.FromSlash(f.Name)), bundle.MaxFile)
		if err != nil || !bytes.Equal(text, f.Text) {
			return changed
		}
	}
	if n, err := countFiles(filepath.Join(folder, "tree")); err != nil || n != len(files) {
		return changed
	}
	if _, err := os.Stat(filepath.Join(folder, "tree", filepath.FromSlash(ref.File))); err != nil {
		return fmt.Errorf("it has no file %s: name the config behind a # or, in a repository, a colon", ref.File)
	}
	return nil
}

// countFiles counts what is no directory.
func countFiles(dir string) (n int, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	return n, err
}
