// Package cache keeps what linting files came to, by keys that are the hash of all
// that it depends on. What is in them is for the caller to know.
package cache

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/imgpolicy/imgpolicy/policy/cachedir"
)

// Key stands for all that an entry depends on: a SHA-256.
type Key [sha256.Size]byte

const (
	// maxBucket bounds a bucket, of which there are 256, and maxEntry an entry, in
	// bytes.
	maxBucket = 8 << 20
	maxEntry  = 1 << 20
	// maxUnused is after how many days without use an entry goes, and keepUsed how
	// many days old a note of its last use may be before that is written anew.
	maxUnused = 30
	keepUsed  = 7
)

// Store keeps entries in files of a directory, which are read when they are first
// needed and written by Close. Runs at the same time may use the same directory:
// what one of them adds the other may lose, and no more. It is safe for concurrent
// use.
type Store struct {
	dir     *cachedir.Dir
	today   int // days since 1970
	buckets [256]bucket
}

// bucket are the entries whose keys begin with the same byte.
type bucket struct {
	once    sync.Once
	mu      sync.Mutex
	entries map[Key]entry
	// changed tells that it has new entries, touched that days are others.
	changed, touched bool
}

// entry has the day when it was last used.
type entry struct {
	used int
	text []byte
}

// Open is the store in a directory, which may not be there yet. now is the time by
// which entries grow old. It does no I/O.
func Open(dir string, now time.Time) *Store {
	return &Store{dir: cachedir.New(dir), today: int(now.Unix() / (24 * 60 * 60))}
}

// Get is the entry with a key. It must not be changed.
func (s *Store) Get(key Key) ([]byte, bool) {
	b := s.bucket(key)
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.entries[key]
	if ok && s.today-e.used > keepUsed {
		e.used = s.today
		b.entries[key], b.touched = e, true
	}
	return e.text, ok
}

// Put adds an entry. One that is very large or has line feeds is not kept.
func (s *Store) Put(key Key, text []byte) {
	if len(text) > maxEntry || bytes.IndexByte(text, '\n') >= 0 {
		return
	}
	b := s.bucket(key)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries[key], b.changed = entry{s.today, text}, true
}

func (s *Store) bucket(key Key) *bucket {
	b := &s.buckets[key[0]]
	b.once.Do(func() { b.entries = s.read(int(key[0])) })
	return b
}

// Close writes what has changed. The error is that of the first file with new entries
// that could not be written: a cache that may only be read does until it grows old.
func (s *Store) Close() error {
	var first error
	for n := range s.buckets {
		b := &s.buckets[n]
		if !b.changed && !b.touched {
			continue
		}
		// Another run may have written it in the meantime.
		all := s.read(n)
		maps.Copy(all, b.entries)
		if err := s.dir.Write(s.path(n), s.text(all)); b.changed {
			first = cmp.Or(first, err)
		}
	}
	if path := (*fs.PathError)(nil); errors.As(first, &path) {
		return path.Err // of a file that has a name of the moment
	}
	return first
}

func (s *Store) path(bucket int) string { return s.dir.Path("lint", fmt.Sprintf("%02x", bucket)) }

// header is what a bucket begins with: its version, and the hash of what follows.
func header(text []byte) string {
	return fmt.Sprintf("imgpolicy lint cache 1 %x\n", sha256.Sum256(text))
}

// read reads a bucket. One that is not whole has nothing.
func (s *Store) read(n int) map[Key]entry {
	all := map[Key]entry{}
	file, ok := cachedir.Read(s.path(n), 2*maxBucket)
	first, rest, found := bytes.Cut(file, []byte("\n"))
	if !ok || !found || string(first)+"\n" != header(rest) {
		return all
	}
	for line := range bytes.Lines(rest) {
		if key, e, ok := parse(bytes.TrimSuffix(line, []byte("\n"))); ok {
			all[key] = e
		}
	}
	return all
}

// parse reads a line: the key, the day of the last use and the entry.
func parse(line []byte) (key Key, e entry, ok bool) {
	id, rest, ok := bytes.Cut(line, []byte(" "))
	day, text, also := bytes.Cut(rest, []byte(" "))
	if !ok || !also || len(id) != hex.EncodedLen(len(key)) {
		return key, e, false
	}
	if _, err := hex.Decode(key[:], id); err != nil {
		return key, e, false
	}
	used, err := strconv.Atoi(string(day))
	return key, entry{used, text}, err == nil
}

// text is a bucket as it is written: what was used last comes first, and what is not
// used any more or too much is left out.
func (s *Store) text(all map[Key]entry) []byte {
	keys := slices.SortedFunc(maps.Keys(all), func(a, b Key) int {
		return cmp.Or(cmp.Compare(all[b].used, all[a].used), bytes.Compare(a[:], b[:]))
	})
	var b strings.Builder
	for _, key := range keys {
		e := all[key]
		if s.today-e.used > maxUnused || e.used > s.today || b.Len()+len(e.text) > maxBucket {
			continue
		}
		fmt.Fprintf(&b, "%x %d %s\n", key[:], e.used, e.text)
	}
	text := []byte(b.String())
	return append([]byte(header(text)), text...)
}
