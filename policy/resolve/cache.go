package resolve

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/cachedir"
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

	files *cachedir.Dir // of dir
	mu    sync.Mutex
	err   error // the first in writing
}

func newCache(dir string, ttl time.Duration, now func() time.Time) *cache {
	return &cache{dir: dir, files: cachedir.New(dir), ttl: ttl, now: now}
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
	return c.files.Path("refs", digest.FromString(key).Encoded()+".json")
}

// ref is what a name leads to, if that was looked up a short while ago.
func (c *cache) ref(key string) (keptRef, bool) {
	if c.dir == "" || c.ttl == 0 || hasSecret(key) {
		return keptRef{}, false
	}
	text, ok := cachedir.Read(c.refFile(key), maxKept)
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
	text, ok := cachedir.Read(c.blobFile(d), limit)
	if !ok || d.Algorithm().FromBytes(text) != d {
		return nil, false
	}
	return text, true
}

func (c *cache) blobFile(d digest.Digest) string {
	return c.files.Path("blobs", d.Algorithm().String(), d.Encoded())
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
	text, ok := cachedir.Read(c.objectFile(id), maxObject)
	if !ok {
		return "", nil, false
	}
	kind, body, ok = splitObject(text)
	return kind, body, ok && objectID(kind, body, len(id)) == id
}

func (c *cache) objectFile(id string) string { return c.files.Path("git", id) }

func (c *cache) putObject(about, id, kind string, body []byte) {
	if c.dir != "" && !hasSecret(about) {
		c.write(about, c.objectFile(id), joinObject(kind, body))
	}
}

// write puts a file in its place, whole. Trouble is remembered and is no
// failure: the answer is right without it.
func (c *cache) write(about, name string, text []byte) {
	if err := c.files.Write(name, text); err != nil {
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

func (c *cache) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
