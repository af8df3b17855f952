package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/lock"
)

// registry behaves like one for lookups: it has digests by name, is down where it
// has none, and may be busy first.
type registry struct {
	digests map[string]string
	busy    func()
	mu      sync.Mutex
	asked   []string
}

func (r *registry) Pin(_ context.Context, src source.Source, platform string) (upstreamPin, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy != nil {
		r.busy()
	}
	name, _ := source.Unpin(src)
	r.asked = append(r.asked, name+" "+platform)
	digest, ok := r.digests[name]
	if !ok {
		return upstreamPin{}, errors.New("registry.example.com: connection refused")
	}
	return upstreamPin{lint.Pin{Digest: digest, From: "the registry"}, digestOf(platform)}, nil
}

// digestOf is a digest of its own for every platform.
func digestOf(platform string) string {
	if platform == "" {
		return ""
	}
	return "sha256:" + strings.Repeat(platform[len(platform)-1:], 64)
}

// lockIn runs lock in a directory, with a registry, and returns the exit code and
// what it prints.
func lockIn(t *testing.T, dir string, r *registry, update bool) (code int, output string) {
	t.Helper()
	var out bytes.Buffer
	a := &app{
		stdout: &out, stderr: &out, getwd: func() (string, error) { return dir, nil },
		lookupEnv: func(string) (string, bool) { return "", false },
	}
	configs := &configs{dir: dir, chains: map[string]loadedChain{}, paths: map[string]foundPath{}, roots: map[string]string{}, seen: map[string]bool{}}
	found := newSearch(dir)
	found.addTree(dir)
	l := &locking{
		app: a, configs: configs, build: buildOptions{platforms: []string{"linux/amd64", "linux/arm/v6"}}, found: found, lookup: r,
		update: update, now: time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC),
	}
	code = a.exitCode(l.run(t.Context()))
	return code, out.String()
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const (
	nodeName = "docker-image://docker.io/library/node:20"
	fileName = "https://example.com/x"
)

func TestLocking(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := "sha256:"+strings.Repeat("1", 64), "sha256:"+strings.Repeat("2", 64)
	write(t, dir, ".git/config", "")
	write(t, dir, "api/Dockerfile", "FROM node:20\nADD https://example.com/x /\n")
	r := &registry{digests: map[string]string{nodeName: one}}

	// Where something cannot be looked up nothing is written, and it is named.
	code, output := lockIn(t, dir, r, false)
	want := "imgpolicy: api/Dockerfile:2: looking up https://example.com/x: registry.example.com: connection refused\n" +
		"imgpolicy: imgpolicy.lock was not written, since not everything was found\n"
	if _, err := os.Stat(filepath.Join(dir, lock.FileName)); code != exitUnchecked || output != want || !os.IsNotExist(err) {
		t.Fatalf("exit code %d, output %q, the file: %v", code, output, err)
	}

	r.digests[fileName] = two
	code, output = lockIn(t, dir, r, false)
	want = "Wrote imgpolicy.lock: 2 added, 0 changed, 0 removed, 0 as they were\n" +
		"  + " + nodeName + " " + one + " (the registry)\n  + " + fileName + " " + two + " (the registry)\n"
	if code != exitClean || output != want {
		t.Fatalf("exit code %d, output %q", code, output)
	}
	text := read(t, filepath.Join(dir, lock.FileName))
	for _, line := range []string{
		`"linux/amd64": "sha256:4444444444444444444444444444444444444444444444444444444444444444",`,
		`"linux/arm/v6": "sha256:6666666666666666666666666666666666666666666666666666666666666666"`, `"resolvedAt": "2026-03-31T12:00:00Z"`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("the lock lacks %s:\n%s", line, text)
		}
	}

	// What is there is not asked for again, unless it is to be.
	r.asked, r.digests = nil, map[string]string{nodeName: two, fileName: two}
	if code, output = lockIn(t, dir, r, false); code != exitClean || output != "imgpolicy.lock is up to date: 2 entries\n" || r.asked != nil {
		t.Errorf("exit code %d, output %q, asked for %q", code, output, r.asked)
	}
	code, output = lockIn(t, dir, r, true)
	want = "Wrote imgpolicy.lock: 0 added, 1 changed, 0 removed, 1 as they were\n  ~ " + nodeName + " " + one + " -> " + two + " (the registry)\n"
	if code != exitClean || output != want {
		t.Errorf("exit code %d, output %q, want %q", code, output, want)
	}
}

// TestLockingSecure: of a file over plain HTTP the lock knows, too, what https
// has, where that is the same.
func TestLockingSecure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := "sha256:"+strings.Repeat("1", 64), "sha256:"+strings.Repeat("2", 64)
	write(t, dir, "Dockerfile", "FROM scratch\nADD http://h/same /\nADD http://h:80/port /\nADD http://h/other /\nADD http://h/none /\nADD --checksum="+one+" http://h/pinned /\n")
	r := &registry{digests: map[string]string{
		"http://h/same": one, "https://h/same": one, "http://h:80/port": one, "https://h/port": one, "http://h/other": one, "https://h/other": two, "http://h/none": one,
		"http://h/pinned": one, "https://h/pinned": one,
	}}
	code, output := lockIn(t, dir, r, false)
	for name, want := range map[string]bool{
		"https://h/same": true, "https://h/port": true, "https://h/other": false, "https://h/none": false, "https://h/pinned": true, "http://h/none": true,
	} {
		if got := strings.Contains(output, "+ "+name+" "+one); got != want {
			t.Errorf("%s is locked: %t, want %t", name, got, want)
		}
	}
	if code != exitClean {
		t.Errorf("lock ends with %d: %s", code, output)
	}
	// Nothing that is wanted is missing, and nothing is stale.
	for _, args := range []string{"lock --check", "lint --enable stale-lock --fail-on never"} {
		if code, stdout, stderr := runIn(t.Context(), dir, nil, nil, strings.Fields(args)...); code != exitClean || strings.Contains(stdout, "stale-lock") {
			t.Errorf("%s ends with %d:\n%s%s", args, code, stdout, stderr)
		}
	}
}

// TestLockingLies: an answer that is no digest is not written.
func TestLockingLies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "Dockerfile", "FROM node:20\n")
	code, output := lockIn(t, dir, &registry{digests: map[string]string{nodeName: "sha256:00\nRUN x"}}, false)
	if _, err := os.Stat(filepath.Join(dir, lock.FileName)); code != exitUnchecked || !strings.Contains(output, "is no digest of it") || err == nil {
		t.Errorf("exit code %d, output %q", code, output)
	}
}

// TestLockingTwice: of two processes the one that is late leaves alone what the
// other has written.
func TestLockingTwice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "Dockerfile", "FROM node:20\n")
	theirs := "{\n  \"version\": 1,\n  \"entries\": []\n}\n"
	r := &registry{digests: map[string]string{nodeName: "sha256:" + strings.Repeat("1", 64)}}
	r.busy = func() { write(t, dir, lock.FileName, theirs) }
	code, output := lockIn(t, dir, r, false)
	if code != exitUnchecked || output != "imgpolicy: writing imgpolicy.lock: somebody else wrote it meanwhile; run this again\n" || read(t, filepath.Join(dir, lock.FileName)) != theirs {
		t.Errorf("exit code %d, output %q", code, output)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("files are left: %v, %v", entries, err)
	}
}

// TestLockingMoves: a tag that moves while it is looked up for several platforms
// has no digest that is right for all.
func TestLockingMoves(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "Dockerfile", "FROM node:20\n")
	r := &registry{digests: map[string]string{nodeName: "sha256:" + strings.Repeat("1", 64)}}
	r.busy = func() {
		if len(r.asked) == 1 {
			r.digests[nodeName] = "sha256:" + strings.Repeat("2", 64)
		}
	}
	if code, output := lockIn(t, dir, r, false); code != exitUnchecked || !strings.Contains(output, "it changed while it was looked up; run this again") {
		t.Errorf("exit code %d, output %q", code, output)
	}
}

// TestPins: the digests that a fix may use come from the files given, then from
// the other Dockerfiles of the repository, without those that are excluded.
func TestPins(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two, three := "sha256:"+strings.Repeat("1", 64), "sha256:"+strings.Repeat("2", 64), "sha256:"+strings.Repeat("3", 64)
	write(t, dir, ".git/config", "")
	write(t, dir, ".imgpolicy.yaml", "exclude: [vendor]\n")
	write(t, dir, "api/Dockerfile", "FROM node:20\n")
	write(t, dir, "web/Dockerfile", "FROM node:20@"+one+"\nFROM alpine:3@"+one+"\n")
	write(t, dir, "old/Dockerfile", "FROM alpine:3@"+two+"\nADD --checksum="+two+" https://example.com/x /\n")
	write(t, dir, "vendor/Dockerfile", "FROM node:20@"+two+"\n")
	write(t, dir, "policy.json", `{"rules": [{"action": "CONVERT", "selector": {"identifier": "https://example.com/x"}, "updates": {"attrs": {"http.checksum": "`+three+`"}}}]}`)
	configs := &configs{dir: dir, chains: map[string]loadedChain{}, paths: map[string]foundPath{}, roots: map[string]string{}, seen: map[string]bool{}}
	found := newSearch(dir)
	found.excluded, found.explicit.configs = configs.excludes, configs
	found.addPath("api/Dockerfile")
	books, _, err := openBooks(dir, []string{"policy.json"})
	if err != nil {
		t.Fatal(err)
	}
	s := &settings{configs: configs, build: buildOptions{platforms: []string{"linux/amd64"}}}
	pins := new(app).pins(pinOptions{books: books, neighbours: new(neighbours)}, found, s, nil)
	for word, want := range map[string]lint.Pin{
		"node:20": {Digest: one, From: "web/Dockerfile:1"}, "alpine:3": {}, fileName: {Digest: three, From: "policy.json"}, "node": {},
	} {
		var src source.Source
		src, err = source.ParseImage(word)
		if word == fileName {
			src, err = source.ParseHTTP(word, "")
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, ok, err := pins(t.Context(), src, "linux/amd64"); got != want || ok != (want.Digest != "") || err != nil {
			t.Errorf("%s is pinned to %+v, %v; want %+v", word, got, err, want)
		}
	}
	if new(app).pins(pinOptions{locked: true, books: books}, found, s, nil) != nil {
		t.Error("--locked asks somebody else")
	}
}
