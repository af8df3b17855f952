package sigstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/moby/policy-helpers/roots"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/tuf"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// Roots are what signatures are trusted by. It is called for every bundle.
type Roots func(ctx context.Context) (root.TrustedMaterial, error)

// Fetch gets what an https URL leads to, at most limit bytes of it. The error is
// fs.ErrNotExist where the host says that there is nothing.
type Fetch func(ctx context.Context, url string, limit int64) ([]byte, error)

// Repository is where the root of the public Sigstore is published.
const Repository = tuf.DefaultMirror

// onlineTimeout bounds how long the root is waited for. It is less than what one
// evaluation of a policy may take, so that the host is blamed and not the policy.
const onlineTimeout = 8 * time.Second

const rootFile = "trusted_root.json"

// Embedded is the root of the public Sigstore as it was when policy-helpers were
// released. It needs no network, and knows no key that is younger.
func Embedded(context.Context) (root.TrustedMaterial, error) {
	text, err := roots.EmbeddedTUF.ReadFile("tuf-root/targets/" + rootFile)
	if err != nil {
		return nil, err
	}
	return root.NewTrustedRootFromJSON(text)
}

// Offline is the root that an earlier run with Online has left in a folder, as
// long as it has not expired, and otherwise the embedded one.
func Offline(folder string) Roots { return public(Repository).offline(folder) }

// repository is where a root is published, with TUF's first root for it, nil for
// Sigstore's.
type repository struct {
	url  string
	root []byte
}

func public(url string) repository { return repository{url: url} }

func (r repository) offline(folder string) Roots {
	kept := sync.OnceValues(func() (root.TrustedMaterial, error) {
		// To ask TUF would make the folder.
		if _, err := os.Stat(filepath.Join(folder, tuf.URLToPath(r.url), "root.json")); folder == "" || err != nil {
			return nil, fs.ErrNotExist
		}
		return r.updated(folder, func(string, int64) ([]byte, error) { return nil, fs.ErrPermission })
	})
	return func(ctx context.Context) (root.TrustedMaterial, error) {
		if trusted, err := kept(); err == nil {
			return trusted, nil
		}
		return Embedded(ctx)
	}
}

// Online is the root of a TUF repository that begins with Sigstore's keys,
// Repository itself or a mirror. It is kept in a folder, "" for none, and asked
// for again once it has expired. Nothing is read or fetched before it is first
// called; what came of that is remembered, also where it failed.
//
// policy-helpers do the same with a client of their own that neither heeds a
// context nor lets anybody else decide what is connected to.
func Online(folder, url string, fetch Fetch) Roots { return public(url).online(folder, fetch) }

func (r repository) online(folder string, fetch Fetch) Roots {
	var mu sync.Mutex
	var trusted root.TrustedMaterial
	var failure error
	return func(ctx context.Context) (root.TrustedMaterial, error) {
		mu.Lock()
		defer mu.Unlock()
		if trusted != nil || failure != nil {
			return trusted, failure
		}
		limit, cancel := context.WithTimeout(ctx, onlineTimeout)
		defer cancel()
		var first error // TUF does not always say why
		download := func(url string, max int64) ([]byte, error) {
			body, err := fetch(limit, url, max)
			if errors.Is(err, fs.ErrNotExist) {
				return nil, &metadata.ErrDownloadHTTP{StatusCode: http.StatusNotFound, URL: url}
			}
			if err != nil && first == nil {
				first = err
			}
			return body, err
		}
		found, err := r.updated(folder, download)
		if err != nil && first == nil && folder != "" {
			found, err = r.updated("", download) // what is kept is broken, or nothing can be
		}
		switch {
		case err == nil:
			trusted = found
			return trusted, nil
		case first != nil:
			err = first
		}
		if ctx.Err() == nil {
			failure = err
		}
		return nil, err
	}
}

// updated asks the repository for the root, through what the folder has of it.
func (r repository) updated(folder string, download downloader) (root.TrustedMaterial, error) {
	first := r.root
	if first == nil {
		var err error
		if first, err = roots.EmbeddedTUF.ReadFile("tuf-root/root.json"); err != nil {
			return nil, err
		}
	}
	client, err := tuf.New(&tuf.Options{
		Root: first, RepositoryBaseURL: r.url, Fetcher: download,
		CachePath: folder, DisableLocalCache: folder == "", ForceCache: true,
	})
	if err != nil {
		return nil, fmt.Errorf("the root of Sigstore: %w", err)
	}
	text, err := client.GetTarget(rootFile)
	if err != nil {
		return nil, fmt.Errorf("the root of Sigstore: %w", err)
	}
	return root.NewTrustedRootFromJSON(text)
}

// downloader is a function as TUF wants it.
type downloader func(url string, limit int64) ([]byte, error)

// DownloadFile implements fetcher.Fetcher of go-tuf.
func (d downloader) DownloadFile(url string, limit int64, _ time.Duration) ([]byte, error) {
	return d(url, limit)
}
