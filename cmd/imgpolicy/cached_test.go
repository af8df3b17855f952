package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/imgpolicy/imgpolicy/lint/report"
)

// cachedTree is a Dockerfile that is judged by all that there is.
func cachedTree() map[string]string {
	digest := "sha256:" + strings.Repeat("1", 64)
	return map[string]string{
		"base/base.yaml":      "level: organization\nname: acme\ncatalog: catalog.json\nextends: more.yaml\n",
		"base/more.yaml":      "rules: {unpinned-frontend: off}\n",
		"base/catalog.json":   `{"version": 1, "images": []}`,
		".imgpolicy.yaml":     "extends: base/base.yaml\npolicies: [policy.json]\nexceptions:\n  - {rule: latest-tag, source: \"node@" + digest + "\", reason: x, by: y, until: 2027-12-01}\n",
		"policy.json":         `{"whitelist": ["^docker\\.io/library/node:", "^nothing"], "defaultAllow": false}`,
		"imgpolicy.lock":      `{"version": 1, "entries": []}`,
		"app/Dockerfile":      "ARG FROM_ENV\nFROM node:20 AS x\nRUN true\n",
		"app/Dockerfile.rego": "package docker\n\nimport data.lib.util\n\nallow if input.local\nallow if load_json(\"later.json\").ok\nallow if load_json(\"data.json\").ok\ndecision := {\"allow\": allow}\n",
		"app/lib/util.rego":   "package lib.util\n\nx := 1\n",
		"app/data.json":       `{"ok": true}`,
		"pins.json":           `{"rules": []}`,
	}
}

// poison puts another number of inputs into all that a cache has, so that what comes
// from it is told from what was found.
func poison(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "lint", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the cache is empty: %v", err)
	}
	inputs := regexp.MustCompile(`"inputs":\d+`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := bytes.Cut(text, []byte("\n"))
		if !inputs.Match(rest) {
			t.Fatalf("nothing to change in %s", rest)
		}
		rest = inputs.ReplaceAll(rest, []byte(`"inputs":777`))
		text = append(fmt.Appendf(nil, "imgpolicy lint cache 1 %x\n", sha256.Sum256(rest)), rest...)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// fromCache lints, and tells whether what was found comes from a poisoned cache.
func fromCache(t *testing.T, dir string, env map[string]string, args ...string) bool {
	t.Helper()
	args = append([]string{"lint", "--format", "json", "--fail-on", "never", "--cache", "--cache-dir", filepath.Join(dir, ".cache")}, args...)
	code, out, errs := runIn(t.Context(), dir, env, nil, args...)
	var got struct{ Summary struct{ Inputs int } }
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitClean || errs != "" {
		t.Fatalf("%v: code %d, %v, %s%s", args, code, err, out, errs)
	}
	switch got.Summary.Inputs {
	case 777:
		return true
	case 1:
		return false
	}
	t.Fatalf("%v: %d inputs", args, got.Summary.Inputs)
	return false
}

// TestCacheKeys: whatever a result depends on makes it another one, and it is there
// again once that is as it was.
func TestCacheKeys(t *testing.T) {
	t.Parallel()
	standard := []string{"--now", "2027-01-01", "--pins-from", "pins.json", "--build-arg", "FROM_ENV", "app"}
	fresh := func(t *testing.T) string {
		t.Helper()
		dir := t.TempDir()
		for name, text := range cachedTree() {
			write(t, dir, name, text)
		}
		write(t, dir, ".git/HEAD", "")
		if fromCache(t, dir, nil, standard...) {
			t.Fatal("there was something in the cache")
		}
		poison(t, filepath.Join(dir, ".cache"))
		if !fromCache(t, dir, nil, standard...) {
			t.Fatal("nothing comes from the cache")
		}
		return dir
	}
	changed := maps.Clone(cachedTree())
	changed["app/later.json"], changed["app/.imgpolicy.yaml"] = "", "extends: ../.imgpolicy.yaml\n"
	for name, text := range changed {
		t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
			t.Parallel()
			dir := fresh(t)
			path := filepath.Join(dir, filepath.FromSlash(name))
			before, err := os.ReadFile(path)
			write(t, dir, name, text+"\n")
			if fromCache(t, dir, nil, standard...) {
				t.Errorf("another %s changes nothing", name)
			}
			if err != nil {
				err = os.Remove(path)
			} else {
				err = os.WriteFile(path, before, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			// What is only read while it is judged is no part of the key.
			below := strings.HasPrefix(name, "app/") && name != "app/Dockerfile" && name != "app/Dockerfile.rego" && name != "app/.imgpolicy.yaml"
			if fromCache(t, dir, nil, standard...) == below {
				t.Errorf("with the old %s it is not found again", name)
			}
		})
	}
	t.Run("flags", func(t *testing.T) {
		t.Parallel()
		dir := fresh(t)
		for _, args := range []string{
			"--now 2027-01-02", "--platform linux/arm64", "--enable ignore-without-reason", "--disable latest-tag", "--label a=b", "--reached-only",
			"--build-arg X=1", "--buildx 0.37", "--timeout 9s", "--unknown warning", "--policy policy.json", "--target x", "--build-context x=docker-image://alpine", "--output sarif=x",
		} {
			all := append(slices.Clone(standard), strings.Fields(args)...)
			if fromCache(t, dir, nil, all...) {
				t.Errorf("%s changes nothing", args)
			}
		}
		if fromCache(t, dir, map[string]string{"FROM_ENV": "x"}, standard...) {
			t.Error("a build arg of the environment changes nothing")
		}
		if fromCache(t, dir, map[string]string{"DOCKER_DEFAULT_PLATFORM": "linux/arm64"}, standard...) {
			t.Error("a platform of the environment changes nothing")
		}
		if !fromCache(t, dir, nil, standard...) {
			t.Error("what was kept is gone")
		}
	})
	t.Run("name", func(t *testing.T) {
		t.Parallel()
		dir := fresh(t)
		write(t, dir, "app/Dockerfile.x", cachedTree()["app/Dockerfile"])
		write(t, dir, "app/Dockerfile.x.rego", cachedTree()["app/Dockerfile.rego"])
		if fromCache(t, dir, nil, append(standard[:len(standard)-1:len(standard)-1], "app/Dockerfile.x")...) {
			t.Error("another name changes nothing")
		}
	})
}

// TestCachedSame: what comes from the cache is what would be found, in every format,
// in shards and in one run.
func TestCachedSame(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile(filepath.Join(root, "testdata", "script", "shard.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range archive.Files {
		write(t, dir, f.Name, string(f.Data))
	}
	write(t, dir, "bytes/Dockerfile", "FROM caf\xe9\n# \xff\nADD http://h.example/\xe9 /\n")
	write(t, dir, "bytes/b/Dockerfile", "# \ufffd\nFROM caf\ufffd:1\nADD http://h.example/x /\n")
	trees := []string{"tree", "bytes"}
	corpus, err := filepath.Abs(corpusDir())
	if err == nil {
		if _, err := os.Stat(corpus); err == nil {
			trees = append(trees, corpus)
		} else {
			t.Logf("without the corpus: %v", err)
		}
	}
	lint := func(args ...string) string {
		t.Helper()
		code, out, errs := runIn(t.Context(), dir, nil, nil, append([]string{"lint", "--now", "2027-01-01"}, args...)...)
		if code == exitUnchecked && !slices.Contains(args, corpus) {
			t.Fatalf("%v: %s", args, errs)
		}
		return randomWord().ReplaceAllString(out, "::") + errs
	}
	cached := []string{"--cache", "--cache-dir", ".cache"}
	for _, tree := range trees {
		for _, format := range report.Formats() {
			want := lint("--format", format.Name, tree)
			for _, when := range []string{"at first", "then"} {
				if got := lint(append(cached, "--format", format.Name, tree)...); got != want {
					t.Errorf("%s, %s, %s: \n%s\nwant\n%s", tree, format.Name, when, got, want)
				}
			}
		}
	}
	want := lint("--format", "text", "tree")
	for _, when := range []string{"at first", "then"} {
		merge := []string{"merge", "--format", "text"}
		for k := range 3 {
			report := fmt.Sprintf("%d.json", k)
			lint(append(cached, "--shard", fmt.Sprintf("%d/3", k+1), "--format", "json", "--output", "json="+report, "tree")...)
			merge = append(merge, report)
		}
		if _, got, errs := runIn(t.Context(), dir, nil, nil, merge...); got != want {
			t.Errorf("merged %s:\n%s%s\nwant\n%s", when, got, errs, want)
		}
	}
}

// randomWord is what GitHub's commands are quoted by.
var randomWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`::(stop-commands::)?[A-Z0-9]{10,}(::)?`) })

// TestNotCached: what may be otherwise tomorrow is found anew.
func TestNotCached(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]string{"clock": "time.now_ns() > 0", "lot": `rand.intn("a", 2) >= 0`, "zone": `time.clock([1700000000000000000, "Local"])[0] >= 0`, "local time": `time.parse_ns("2006 MST", "2024 EST") > 0`, "directory": `load_json("folder").ok`, "dots": `load_json("./a.json").ok`, "parts": `load_json("folder/../a.json").ok`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "Dockerfile", "FROM node:20\n")
			write(t, dir, "folder/x", "")
			write(t, dir, "Dockerfile.rego", "package docker\n\nallow if input.local\nallow if "+rule+"\nallow if true\ndecision := {\"allow\": allow}\n")
			fromCache(t, dir, nil)
			if files, err := filepath.Glob(filepath.Join(dir, ".cache", "lint", "*")); err != nil || len(files) > 0 {
				t.Errorf("kept in %v, %v", files, err)
			}
		})
	}
}

// TestCacheNotes: what policies read is known as read where the result comes from the
// cache, too, and --diff-base, which wants to know more, does without it.
func TestCacheNotes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "Dockerfile", "FROM node:20\n")
	write(t, dir, "sub/node.rego", `{"ok": true}`)
	write(t, dir, "Dockerfile.rego", "package docker\n\ndefault allow := false\nallow if input.local\nallow if load_json(concat(\"/\", [\"sub\", concat(\"\", [input.image.repo, \".rego\"])])).ok\ndecision := {\"allow\": allow}\n")
	for range 2 {
		if code, _, errs := runIn(t.Context(), dir, nil, nil, "lint", "--cache", "--cache-dir", "kept", "Dockerfile", "sub/node.rego"); code != exitFound || errs != "" {
			t.Errorf("code %d, %s", code, errs)
		}
	}
	runIn(t.Context(), dir, nil, nil, "lint", "--cache", "--cache-dir", "other", "--diff-base", "HEAD")
	if _, err := os.Stat(filepath.Join(dir, "other")); err == nil {
		t.Error("--diff-base uses the cache")
	}
}

// FuzzCache lints with an entry that may be anything: it can be wrong, and no more.
func FuzzCache(f *testing.F) {
	files := map[string]string{
		"Dockerfile": "FROM node:20@sha256:" + strings.Repeat("1", 64) + "\n", "policy.json": `{"whitelist": ["^docker"]}`,
		"imgpolicy.lock": `{"version": 1, "entries": []}`,
	}
	flags := []string{"lint", "--policy", "policy.json", "--now", "2027-01-01", "--cache", "--cache-dir"}
	dir := f.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	cacheDir := filepath.Join(dir, ".cache")
	runIn(f.Context(), dir, nil, nil, append(flags, cacheDir)...)
	buckets, err := filepath.Glob(filepath.Join(cacheDir, "lint", "*"))
	if err != nil || len(buckets) != 1 {
		f.Fatal(buckets, err)
	}
	text, err := os.ReadFile(buckets[0])
	if err != nil {
		f.Fatal(err)
	}
	line := strings.SplitN(strings.Split(string(text), "\n")[1], " ", 3)
	f.Add(line[2])
	f.Add(`{"diagnostics":[{"rule":"latest-tag","severity":"error","message":"\u001b[31m"}],"locked":[5],"used":[[9],[9]],"waived":["x"]}`)
	f.Add(`{"pins":["1 2 3 4 5 6 7 8 sha256:x  a b"],"reads":[{"policy":7}]}`)
	f.Fuzz(func(t *testing.T, entry string) {
		rest := line[0] + " " + line[1] + " " + entry + "\n"
		cacheDir := t.TempDir()
		write(t, cacheDir, filepath.Join("lint", filepath.Base(buckets[0])), fmt.Sprintf("imgpolicy lint cache 1 %x\n%s", sha256.Sum256([]byte(rest)), rest))
		args := append(flags, cacheDir)
		for _, format := range report.Formats() {
			args = append(args, "--output", format.Name+"="+filepath.Join(cacheDir, format.Name))
		}
		if code, _, errs := runIn(t.Context(), dir, nil, nil, args...); code > exitFound {
			t.Fatalf("code %d, %s", code, errs)
		}
		for _, format := range report.Formats() {
			text, err := os.ReadFile(filepath.Join(cacheDir, format.Name))
			if err != nil {
				t.Fatal(err)
			}
			out := string(text)
			if !utf8.ValidString(out) || strings.ContainsFunc(out, func(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }) {
				t.Errorf("%s: %q", format.Name, out)
			}
		}
	})
}
