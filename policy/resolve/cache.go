package resolve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// cache keeps answers in a folder, for later runs and for other processes at the
// same time: content by its digest, and for a while what names lead to. There
// are no locks. Files appear whole or not at all, and what is read is checked:
// content against its digest, anything else against its question. What does not
// pass is as if it was not there, and is written anew.
//
// Nothing is kept of a source with credentials in it.
type cache struct {
	dir string // "" keeps nothing
	ttl time.Duration
	now func() time.Time

	sweep sync.Once
	mu    sync.Mutex
	err   error // the first in writing
}

func newCache(dir string, ttl time.Duration, now func() time.Time) *cache {
	return &cache{dir: dir, ttl: ttl, now: now}
}

// keptRef is what a name led to when it was looked up.
type keptRef struct {
	Version int       `json:"version"`
	Key     string    `json:"key"`
	At      time.Time `json:"at"`

	Digest string `json:"digest,omitempty"` // of an image or a file
	// Ref, Object and Commit are of a git remote.
	Ref    string `json:"ref,omitempty"`
	Object string `json:"object,omitempty"`
	Commit string `json:"commit,omitempty"`
}

const (
	keptVersion = 1
	maxKept     = 16 << 10
)

// parseKept reads an entry and tells whether it answers the question key now.
func parseKept(text []byte, key string, now time.Time, ttl time.Duration) (keptRef, bool) {
	var k keptRef
	if err := json.Unmarshal(text, &k); err != nil || k.Version != keptVersion || k.Key != key {
		return keptRef{}, false
	}
	age := now.Sub(k.At)
	if age < 0 || age >= ttl {
		return keptRef{}, false
	}
	if k.Digest != "" && digest.Digest(k.Digest).Validate() != nil {
		return keptRef{}, false
	}
	for _, id := range []string{k.Object, k.Commit} {
		if id != "" && !source.IsCommit(id) {
			return keptRef{}, false
		}
	}
	return k, k.Digest != "" || k.Object != ""
}

func (c *cache) refFile(key string) string {
	return filepath.Join(c.dir, "refs", digest.FromString(key).Encoded()+".json")
}

// ref is what a name leads to, if that was looked up a short while ago.
func (c *cache) ref(key string) (keptRef, bool) {
	if c.dir == "" || c.ttl == 0 || hasSecret(key) {
		return keptRef{}, false
	}
	text, ok := read(c.refFile(key), maxKept)
	if !ok {
		return keptRef{}, false
	}
	return parseKept(text, key, c.now(), c.ttl)
}

// putRef keeps what a name leads to; about is the source, for messages.
func (c *cache) putRef(about, key string, k keptRef) {
	if c.dir == "" || c.ttl == 0 || hasSecret(key) {
		return
	}
	k.Version, k.Key, k.At = keptVersion, key, c.now().UTC()
	text, err := json.Marshal(k)
	if err == nil && len(text) <= maxKept {
		c.write(about, c.refFile(key), text)
	}
}

// nameKey is the key of what a name at a host leads to. What a host said that did
// not have to prove who it is counts only for those who do not ask it to.
func (r *Resolver) nameKey(kind string, at host, name string) string {
	if r.guard.insecure.has(at) {
		kind = "insecure " + kind
	}
	return kind + " " + name
}

// hasSecret tells keys that are not fit to be written down.
func hasSecret(key string) bool { return source.Redact(key) != key }

// blob is the content with a digest.
func (c *cache) blob(d digest.Digest, limit int64) ([]byte, bool) {
	if c.dir == "" || d.Validate() != nil {
		return nil, false
	}
	text, ok := read(c.blobFile(d), limit)
	if !ok || d.Algorithm().FromBytes(text) != d {
		return nil, false
	}
	return text, true
}

func (c *cache) blobFile(d digest.Digest) string {
	return filepath.Join(c.dir, "blobs", d.Algorithm().String(), d.Encoded())
}

func (c *cache) putBlob(about string, d digest.Digest, text []byte) {
	if c.dir != "" && !hasSecret(about) {
		c.write(about, c.blobFile(d), text)
	}
}

// object is the git object with an id.
func (c *cache) object(id string) (kind string, body []byte, ok bool) {
	if c.dir == "" || !source.IsCommit(id) {
		return "", nil, false
	}
	text, ok := read(c.objectFile(id), maxObject)
	if !ok {
		return "", nil, false
	}
	kind, body, ok = splitObject(text)
	return kind, body, ok && objectID(kind, body, len(id)) == id
}

func (c *cache) objectFile(id string) string { return filepath.Join(c.dir, "git", id) }

func (c *cache) putObject(about, id, kind string, body []byte) {
	if c.dir != "" && !hasSecret(about) {
		c.write(about, c.objectFile(id), joinObject(kind, body))
	}
}

// read reads a file of ours: no link or pipe, nobody else's, of at most limit
// bytes.
func read(name string, limit int64) ([]byte, bool) {
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > limit {
		return nil, false
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 || !ours(info) {
		return nil, false
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	if now, err := f.Stat(); err != nil || !os.SameFile(now, info) {
		return nil, false
	}
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	return text, err == nil && int64(len(text)) <= limit
}

// write puts a file in its place, whole. Trouble is remembered and is no
// failure: the answer is right without it.
func (c *cache) write(about, name string, text []byte) {
	if old, ok := read(name, int64(len(text))); ok && bytes.Equal(old, text) {
		return
	}
	c.sweep.Do(c.removeOld)
	if err := c.replace(name, text); err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if path := (*fs.PathError)(nil); errors.As(err, &path) {
			err = path.Err // of a file that has a name of the moment
		}
		if c.err == nil {
			c.err = fmt.Errorf("%s was looked up but could not be kept in the cache: %w", printable(source.Redact(about)), err)
		}
	}
}

func (c *cache) replace(name string, text []byte) (err error) {
	temporary := filepath.Join(c.dir, "tmp")
	for _, dir := range []string{temporary, filepath.Dir(name)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	f, err := os.CreateTemp(temporary, "new-*") // of mode 0600, and of a name that there was not
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
	return os.Rename(f.Name(), name)
}

func ignoreNotExist(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// removeOld removes what processes that were killed left behind.
func (c *cache) removeOld() {
	temporary := filepath.Join(c.dir, "tmp")
	entries, _ := os.ReadDir(temporary)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(filepath.Join(temporary, e.Name()))
		}
	}
}

func (c *cache) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
