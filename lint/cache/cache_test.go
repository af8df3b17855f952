package cache_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/lint/cache"
)

var day = time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)

// key is one that begins with a byte, by which its bucket is found.
func key(bucket byte, text string) cache.Key {
	k := cache.Key(sha256.Sum256([]byte(text)))
	k[0] = bucket
	return k
}

// put adds entries in a run of its own.
func put(t *testing.T, dir string, now time.Time, entries map[cache.Key]string) {
	t.Helper()
	s := cache.Open(dir, now)
	for k, text := range entries {
		s.Put(k, []byte(text))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func wantEntry(t *testing.T, s *cache.Store, k cache.Key, want string) {
	t.Helper()
	if got, ok := s.Get(k); string(got) != want || ok != (want != "") {
		t.Errorf("got %q, %v, want %q", got, ok, want)
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	one, two, other := key(1, "one"), key(1, "two"), key(2, "other")
	put(t, dir, day, map[cache.Key]string{one: `{"a": 1}`, other: "x y z"})
	put(t, dir, day, map[cache.Key]string{two: "2", key(3, "lines"): "a\nb", key(3, "large"): strings.Repeat("x", 1<<20+1)})
	s := cache.Open(dir, day)
	wantEntry(t, s, one, `{"a": 1}`)
	wantEntry(t, s, two, "2")
	wantEntry(t, s, other, "x y z")
	wantEntry(t, s, key(3, "lines"), "")
	wantEntry(t, s, key(3, "large"), "")
	wantEntry(t, s, key(4, "none"), "")
	before := modified(t, dir)
	if err := s.Close(); err != nil || modified(t, dir) != before {
		t.Errorf("reading alone has written: %v", err)
	}
}

// modified are the times of all files.
func modified(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err == nil {
			out.WriteString(path + info.ModTime().String())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestAge: what nobody asks for is gone after a month, and what somebody does is not.
func TestAge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	asked, unasked := key(1, "asked"), key(1, "unasked")
	put(t, dir, day, map[cache.Key]string{asked: "1", unasked: "2"})
	later := cache.Open(dir, day.AddDate(0, 0, 20))
	wantEntry(t, later, asked, "1")
	if err := later.Close(); err != nil {
		t.Fatal(err)
	}
	put(t, dir, day.AddDate(0, 0, 40), map[cache.Key]string{key(1, "new"): "3"})
	end := cache.Open(dir, day.AddDate(0, 0, 40))
	wantEntry(t, end, asked, "1")
	wantEntry(t, end, unasked, "")
}

// TestReadOnly: a cache that cannot be written does for what it has, however old.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := key(1, "k")
	put(t, dir, day, map[cache.Key]string{k: "1"})
	if err := os.Remove(filepath.Join(dir, "tmp")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tmp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := cache.Open(dir, day.AddDate(0, 0, 20))
	wantEntry(t, s, k, "1")
	if err := s.Close(); err != nil {
		t.Errorf("noting its use fails with %v", err)
	}
	s.Put(key(2, "new"), []byte("2"))
	if err := s.Close(); err == nil {
		t.Error("a new entry is lost in silence")
	}
}

// TestFull: what was used last stays.
func TestFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for d := range 10 {
		put(t, dir, day.AddDate(0, 0, d), map[cache.Key]string{key(1, string(rune('a'+d))): strings.Repeat("x", 1<<20)})
	}
	files, err := filepath.Glob(filepath.Join(dir, "lint", "*"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Size() > 9<<20 {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
	s := cache.Open(dir, day.AddDate(0, 0, 9))
	if _, ok := s.Get(key(1, "j")); !ok {
		t.Error("the newest is gone")
	}
	wantEntry(t, s, key(1, "a"), "")
}

// TestDamage: what is not whole, or not ours, has nothing, and is written anew.
func TestDamage(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(path string) error{
		"cut":        func(path string) error { return os.Truncate(path, 90) },
		"empty":      func(path string) error { return os.Truncate(path, 0) },
		"changed":    func(path string) error { return replace(path, "whole", "while") },
		"other":      func(path string) error { return replace(path, "cache 1", "cache 2") },
		"readable":   func(path string) error { return os.Chmod(path, 0o644) },
		"link":       func(path string) error { return errors.Join(os.Rename(path, path+"x"), os.Symlink(path+"x", path)) },
		"unreadable": func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			k := key(1, "k")
			put(t, dir, day, map[cache.Key]string{k: "whole"})
			if err := damage(filepath.Join(dir, "lint", "01")); err != nil {
				t.Fatal(err)
			}
			s := cache.Open(dir, day)
			wantEntry(t, s, k, "")
			s.Put(k, []byte("again"))
			if err := s.Close(); name == "unreadable" != (err != nil) {
				t.Fatalf("closing: %v", err)
			}
			if name != "unreadable" {
				wantEntry(t, cache.Open(dir, day), k, "again")
			}
		})
	}
}

func replace(path, old, new string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, bytes.ReplaceAll(text, []byte(old), []byte(new)), 0o600)
}

// TestAtOnce has runs use a directory at the same time: nothing is torn, and one of
// them may lose what another adds.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var runs sync.WaitGroup
	for run := range 8 {
		runs.Go(func() {
			s := cache.Open(dir, day)
			var users sync.WaitGroup
			for user := range 4 {
				users.Go(func() {
					for n := range 100 {
						k := key(byte(n%3), string(rune('a'+run))+string(rune('a'+user))+string(rune('a'+n)))
						s.Put(k, k[:8:8])
						s.Get(k)
					}
				})
			}
			users.Wait()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	runs.Wait()
	left, err := os.ReadDir(filepath.Join(dir, "tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// FuzzStore reads a file that may be anything.
func FuzzStore(f *testing.F) {
	f.Add([]byte("imgpolicy lint cache 1 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"))
	f.Add([]byte("imgpolicy lint cache 1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		// A file that is signed for what it says gets further.
		if first, rest, ok := bytes.Cut(text, []byte("\n")); ok && len(first) == 0 {
			text = append(fmt.Appendf(nil, "imgpolicy lint cache 1 %x\n", sha256.Sum256(rest)), rest...)
		}
		path := filepath.Join(dir, "lint", "00")
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, text, 0o600)); err != nil {
			t.Fatal(err)
		}
		s := cache.Open(dir, day)
		k := key(0, "k")
		s.Put(k, []byte("v"))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		wantEntry(t, cache.Open(dir, day), k, "v")
	})
}
