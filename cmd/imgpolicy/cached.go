package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/cache"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

func cacheFlag() cli.Flag {
	return &cli.BoolFlag{Name: "cache", Usage: "keep what files come to below --cache-dir, and do not\nparse again what is as it was"}
}

// cacheOption is the store of --cache, nil without it.
func (a *app) cacheOption(c *cli.Context, dir string) (*cache.Store, error) {
	if !c.Bool("cache") {
		return nil, nil
	}
	at := a.cacheDirOf(c, dir)
	if at == "" {
		return nil, usageError("--cache needs a directory: add --cache-dir DIR, or set HOME or XDG_CACHE_HOME")
	}
	return cache.Open(at, time.Now()), nil
}

// cached is the lint.Cache of a run.
type cached struct {
	store    *cache.Store
	run      string // stands for what is the same for all files
	today    string
	settings *settings

	mu     sync.Mutex
	prints map[*lint.Settings]string
	sums   sync.Map // of what policies have read, by path
}

// cached is that of a run, nil where there is none: what a run mends is not kept, and
// takes digests from other Dockerfiles; and --diff-base asks what policies have read.
func (o *lintOptions) cached(c *cli.Context, run *linting) lint.Cache {
	if o.cache == nil || o.texts != nil || o.digests.neighbours != nil || o.known.diffBase != "" {
		return nil
	}
	build := buildID()
	if build == "" {
		return nil
	}
	h := sha256.New()
	write := json.NewEncoder(h)
	_ = write.Encode([]string{build, runtime.GOOS, runtime.GOARCH, sumOfFiles(o.digests.files...)})
	_ = write.Encode([]bool{run.linter.LineHashes, run.linter.ReachedOnly})
	encodeFlags(write, c)
	return &cached{
		store: o.cache, run: hex.EncodeToString(h.Sum(nil)), today: catalog.DateOf(o.now).String(),
		settings: run.settings, prints: map[*lint.Settings]string{},
	}
}

// key stands for all that the outcome of a file depends on; ok is false where it
// depends on more.
func (k *cached) key(q lint.Question) (key cache.Key, ok bool) {
	of := k.print(q.Settings)
	if of == "" {
		return key, false
	}
	day := ""
	if q.Settings.Levels != nil || bytes.Contains(q.Text, []byte(programName)) { // it may have an ignore
		day = k.today
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%q %q %v %q %d\n", k.run, of, day, q.File, q.Part, q.Others, len(q.Text))
	h.Write(q.Text)
	return cache.Key(h.Sum(nil)), true
}

// print stands for settings and the files that they come from, "" where what they
// come to may change by itself.
func (k *cached) print(s *lint.Settings) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	print, ok := k.prints[s]
	if !ok {
		print = k.settings.print(s)
		k.prints[s] = print
	}
	return print
}

// print is that of cached.
func (s *settings) print(of *lint.Settings) string {
	h := sha256.New()
	plain := *of
	plain.Policies, plain.Levels, plain.Lock = nil, nil, nil
	fmt.Fprintf(h, "%#v\n", plain)
	for _, pol := range of.Policies {
		sum := s.policies.sum(pol)
		if sum == "" {
			return ""
		}
		fmt.Fprintf(h, "policy %s\n", sum)
	}
	if of.Levels != nil {
		fmt.Fprintf(h, "levels %s %v\n", s.levels.sum(of.Levels), of.Levels.Whole)
	}
	if of.Lock != nil {
		fmt.Fprintf(h, "lock %s %v\n", sumOfFiles(of.Lock.File), of.Lock.Whole)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sumOfFiles stands for the names and the texts of files.
func sumOfFiles(files ...policy.File) string {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%q %d\n%s\n", f.Name, len(f.Text), f.Text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// keptFile is an entry of the store.
type keptFile struct {
	*lint.CachedFile
	// Reads are the files that the policies have asked for below their roots.
	Reads []readBelow `json:"reads,omitempty"`
}

// readBelow is a file that a policy has asked for, and what it found there.
type readBelow struct {
	Policy int    `json:"policy"` // of the settings, by number
	Name   string `json:"name"`
	Sum    string `json:"sum"`
}

// maxReads bounds how many files an entry may depend on.
const maxReads = 64

// Get implements lint.Cache.
func (k *cached) Get(q lint.Question) *lint.CachedFile {
	key, ok := k.key(q)
	if !ok {
		return nil
	}
	text, ok := k.store.Get(key)
	if !ok {
		return nil
	}
	kept := keptFile{CachedFile: new(lint.CachedFile)}
	if err := json.Unmarshal(text, &kept); err != nil || kept.CachedFile == nil {
		return nil
	}
	for _, r := range kept.Reads {
		if r.Sum == sumUnknown || r.Policy < 0 || r.Policy >= len(q.Settings.Policies) || k.sum(q.Settings.Policies[r.Policy], r.Name) != r.Sum {
			return nil
		}
	}
	for _, r := range kept.Reads {
		k.settings.policies.below(q.Settings.Policies[r.Policy]).note(r)
	}
	return kept.CachedFile
}

// sum is what a policy would find today, looked at once in a run.
func (k *cached) sum(pol policy.Policy, name string) string {
	b := k.settings.policies.below(pol)
	if !fs.ValidPath(name) {
		return sumUnknown
	}
	path := filepath.Join(b.root, filepath.FromSlash(name))
	if have, ok := k.sums.Load(path); ok {
		sum, _ := have.(string)
		return sum
	}
	sum := b.sumNow(name)
	k.sums.Store(path, sum)
	return sum
}

// notUTF8 is what JSON has in place of a byte that is none: as it is written, U+FFFD
// itself stands for itself.
var notUTF8 = []byte(`\ufffd`)

// Put implements lint.Cache.
func (k *cached) Put(q lint.Question, file *lint.CachedFile) {
	key, ok := k.key(q)
	if !ok {
		return
	}
	kept := keptFile{CachedFile: file}
	for i, pol := range q.Settings.Policies {
		reads, ok := k.settings.policies.below(pol).reads(i)
		if !ok || len(kept.Reads)+len(reads) > maxReads {
			return
		}
		kept.Reads = append(kept.Reads, reads...)
	}
	if text, err := json.Marshal(kept); err == nil && !bytes.Contains(text, notUTF8) {
		k.store.Put(key, text)
	}
}

// closeCache keeps what a run has found out.
func (o *lintOptions) closeCache() error {
	if o.cache == nil {
		return nil
	}
	if err := o.cache.Close(); err != nil {
		return fmt.Errorf("--cache: what files came to could not be kept: %w", err)
	}
	return nil
}

// encodeFlags writes those flags that decide what is found.
func encodeFlags(write *json.Encoder, c *cli.Context) {
	for _, f := range findFlags() {
		name := f.Names()[0]
		if !c.IsSet(name) || name == "cache-dir" {
			continue
		}
		if _, ok := f.(*cli.StringSliceFlag); ok {
			_ = write.Encode(append([]string{name}, c.StringSlice(name)...))
		} else {
			_ = write.Encode([]string{name, fmt.Sprint(c.Value(name))})
		}
	}
}
