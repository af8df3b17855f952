package lock_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/lock"
	"github.com/imgpolicy/imgpolicy/policy"
)

const (
	node   = "docker-image://docker.io/library/node:20"
	file   = "https://example.com/x?a=1&b=<2>"
	repo   = "git://example.com/o/r.git#v1"
	commit = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)

func digest(c string) string { return "sha256:" + strings.Repeat(c, 64) }

// TestText: what is written is sorted, in the form that is documented, and reads
// as the same again.
func TestText(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 31, 14, 0, 0, 0, time.FixedZone("CEST", 2*60*60))
	l := &lock.Lock{Name: "imgpolicy.lock", Entries: []lock.Entry{
		{Name: file, Digest: digest("1"), ResolvedAt: at, Source: "a\x1b[2Jb/Dockerfile:3"},
		{Name: repo, Digest: commit, Ref: "refs/tags/v1", ResolvedAt: at, Source: "git"},
		{Name: node, Digest: digest("2"), ResolvedAt: at, Source: "the registry", Platforms: map[string]string{"linux/arm64": digest("4"), "linux/amd64": digest("3")}},
	}}
	text, err := l.Text()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.FromSlash("testdata/imgpolicy.lock"))
	if err != nil || string(text) != string(want) {
		t.Errorf("%v; got\n%s\nwant\n%s", err, text, want)
	}
	again, err := lock.Read("imgpolicy.lock", text)
	if err != nil {
		t.Fatal(err)
	}
	second, err := again.Text()
	if err != nil || string(second) != string(text) {
		t.Errorf("%v; read and written again it is\n%s", err, second)
	}
	if pin, ok := again.Pin(repo, ""); !ok || pin != (lint.Pin{Digest: commit, Ref: "refs/tags/v1", From: "imgpolicy.lock:15"}) {
		t.Errorf("the pin of %s is %+v", repo, pin)
	}
	if pin, ok := again.Pin("docker-image://docker.io/library/node:2", ""); ok {
		t.Errorf("a name that is not there has the pin %+v", pin)
	}
	if empty, err := (&lock.Lock{}).Text(); err != nil || string(empty) != "{\n  \"version\": 1,\n  \"entries\": []\n}\n" {
		t.Errorf("without entries it is %q, %v", empty, err)
	}
}

// TestTextRefuses: nothing is written that could not be read.
func TestTextRefuses(t *testing.T) {
	t.Parallel()
	l := &lock.Lock{Name: "l", Entries: []lock.Entry{{Name: "https://bot:hunter2@h/x", Digest: digest("1"), Source: "s"}}}
	if _, err := l.Text(); err == nil || !strings.Contains(err.Error(), "credentials") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want an error about credentials that shows none", err)
	}
}

func TestReadErrors(t *testing.T) {
	t.Parallel()
	entry := func(pairs ...string) string {
		keys := map[string]string{
			"identifier": `"` + node + `"`, "digest": `"` + digest("1") + `"`, "resolvedAt": `"2026-03-31T12:00:00Z"`, "source": `"s"`,
		}
		for i := 0; i < len(pairs); i += 2 {
			keys[pairs[i]] = pairs[i+1]
		}
		var parts []string
		for _, key := range []string{"identifier", "digest", "platforms", "ref", "resolvedAt", "source", "sourc"} {
			if keys[key] != "" {
				parts = append(parts, fmt.Sprintf("%q: %s", key, keys[key]))
			}
		}
		return "{" + strings.Join(parts, ",\n") + "}"
	}
	of := func(entries ...string) string {
		return "{\"version\": 1, \"entries\": [\n" + strings.Join(entries, ",\n") + "\n]}"
	}
	tests := []struct{ name, text, want string }{
		{"empty", "", "l:1:1: the file is empty"},
		{"list", "[]", "l:1:1: here must be an object, not a list"},
		{"version missing", `{"entries": []}`, `l:1:1: the key "version" is missing`},
		{"entries missing", `{"version": 1}`, `l:1:1: the key "entries" is missing`},
		{"version", `{"version": 2, "entries": []}`, "l:1:13: this program reads version 1 of the format, not this: 2"},
		{"version as text", `{"version": "1", "entries": []}`, "l:1:13: this program reads version 1 of the format, not this: \"1\""},
		{"entries", `{"version": 1, "entries": {}}`, `l:1:27: "entries" must be a list, not an object`},
		{"key", `{"version": 1, "entrys": []}`, `l:1:16: unknown key: did you mean "entries"?: "entrys"`},
		{"entry", of("1"), "l:2:1: here must be an object, not a number: 1"},
		{"entry's key", of(entry("sourc", `""`)), `l:6:1: unknown key: did you mean "source"?: "sourc"`},
		{"missing key", of(`{"identifier": "` + node + `"}`), `l:2:1: the key "digest" is missing`},
		{"number", of(entry("digest", "1")), `l:3:11: "digest" must be a string, not a number: 1`},
		{"short", of(entry("digest", `"sha256:1234"`)), `l:3:11: this is not a digest: sha256: and 64 lower-case hexadecimal digits: "sha256:1234"`},
		{"image for a commit", of(entry("identifier", `"`+repo+`"`)), "l:3:11: this is not a full commit: 40 or 64 lower-case hexadecimal digits: "},
		{"commit for a file", of(entry("identifier", `"https://h/x"`, "digest", `"`+commit+`"`)), "l:3:11: this is not a checksum: "},
		{"familiar", of(entry("identifier", `"node:20"`)), "l:2:16: this is no identifier, such as docker-image://"},
		{"digest in it", of(entry("identifier", `"`+node+"@"+digest("1")+`"`)), `l:2:16: the digest belongs into "digest"`},
		{"credentials", of(entry("identifier", `"https://bot:hunter2@h/x"`)), "l:2:16: a URL with credentials is not locked: whoever reads the file would have them: \"https://***@h/x\""},
		{"twice", of(entry(), entry()), "l:6:16: there are two entries of this (the first is on line 2): delete the wrong one: "},
		{"key twice", of(strings.Replace(entry(), `"source": "s"`, `"source": "s", "source": "s"`, 1)), "l:5:16: duplicate key (the first is on line 5)"},
		{"time", of(entry("resolvedAt", `"yesterday"`)), "l:4:15: this is not a time such as 2026-03-31T12:00:00Z: \"yesterday\""},
		{"ref of an image", of(entry("ref", `"refs/heads/main"`)), "l:4:8: this is not the full name of a git ref"},
		{"short ref", of(entry("identifier", `"`+repo+`"`, "digest", `"`+commit+`"`, "ref", `"v1"`)), "l:4:8: this is not the full name of a git ref"},
		{"platforms", of(entry("platforms", "[]")), `l:4:14: "platforms" must be an object, not a list`},
		{"platform", of(entry("platforms", `{"amd64/linux/x/y": "`+digest("1")+`"}`)), "l:4:15: this is no platform, such as linux/amd64"},
		{"platform's digest", of(entry("platforms", `{"linux/amd64": "`+commit+`"}`)), "l:4:30: this is not a digest"},
		{"platforms of a file", of(entry("identifier", `"https://h/x"`, "platforms", "{}")), "l:4:14: only an image has platforms"},
		{"merge", "{\"version\": 1,\n<<<<<<< HEAD\n\"entries\": []}", "l:2:1: a conflict of a merge is not resolved here: <<<<<<< HEAD"},
		{"comma", of(entry()) + ",", "l:6:3: nothing may follow the closing }"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := lock.Read("l", []byte(tt.text))
			var load *policy.LoadError
			if !errors.As(err, &load) || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	if l, err := lock.Read("l", []byte(of(entry()))); err != nil || len(l.Entries) != 1 {
		t.Errorf("the entry that the others are made of does not read: %v", err)
	}
}

// uses are those of Dockerfiles, by name and text.
func uses(texts ...string) *lock.Uses {
	u := new(lock.Uses)
	for i := 0; i < len(texts); i += 2 {
		f := dockerfile.Parse(texts[i], []byte(texts[i+1]))
		u.Add(f, f.Resolve(dockerfile.Options{}))
	}
	return u
}

func TestUses(t *testing.T) {
	t.Parallel()
	u := uses("a", "# syntax=docker/dockerfile:1\nFROM node:20\nFROM node@"+digest("1")+"\nADD https://bot:hunter2@h/x /\n",
		"b", "\nFROM --platform=linux/arm64 node:20@"+digest("2")+"\nFROM alpine:3@"+digest("3")+"\nARG X\nADD https://h/$X /\n",
		"c", "FROM node:20\nFROM alpine:3@"+digest("4")+"\nADD --checksum="+commit+" https://example.com/o/r.git#v1:sub /\n")
	var got []string
	for _, use := range u.All() {
		pin, _ := u.Pin(use.Name, dockerfile.DefaultPlatform)
		got = append(got, fmt.Sprint(use.Name, " ", use.Source.Identifier() == use.Name, use.Source.Pinned(), use.Platforms, " ", use.Place, " ", pin.Digest, " ", pin.From))
	}
	want := []string{
		"docker-image://docker.io/docker/dockerfile:1 true false [linux/amd64] a:1  ",
		"docker-image://docker.io/library/alpine:3 true false [linux/amd64] b:3  ",
		node + " true false [linux/amd64 linux/arm64] a:2  ", // the digest that is known may be right for arm64 alone
		repo + " false false [] c:3 " + commit + " c:3",
	}
	for i := range want {
		want[i] = strings.ReplaceAll(want[i], "[linux/amd64]", "["+dockerfile.DefaultPlatform+"]")
	}
	if !slices.Equal(got, want) || u.Unknown != 1 {
		t.Errorf("got\n%s\nand %d unknown; want\n%s", strings.Join(got, "\n"), u.Unknown, strings.Join(want, "\n"))
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	old := &lock.Lock{Name: "imgpolicy.lock", Entries: []lock.Entry{
		{Name: "docker-image://docker.io/library/alpine:3", Digest: digest("a"), Source: "old"},
		{Name: node, Digest: digest("b"), Platforms: map[string]string{"linux/arm64": digest("c")}, Source: "old"},
		{Name: "https://h/gone", Digest: digest("d"), Source: "old"},
	}}
	u := uses("a", "FROM node:20\nFROM --platform=linux/arm64 node:20@"+digest("c")+"\nFROM alpine:3@"+digest("e")+
		"\nFROM debian:12@"+digest("1")+"\nFROM debian:12@"+digest("2")+"\nFROM busybox:1@"+digest("3")+"\nADD https://h/new /\n")
	tests := []struct {
		name    string
		update  lock.Update
		missing []string
		changes []lock.Change
	}{
		{
			"at first",
			lock.Update{Follow: true, Prune: true},
			[]string{"docker-image://docker.io/library/debian:12", "https://h/new"},
			[]lock.Change{
				{"docker-image://docker.io/library/alpine:3", digest("a"), digest("e"), "a:3"},
				{"docker-image://docker.io/library/busybox:1", "", digest("3"), "a:6"},
				{"docker-image://docker.io/library/debian:12", "", digest("9"), "the registry"},
				{"https://h/gone", digest("d"), "", ""},
				{"https://h/new", "", digest("9"), "the registry"},
			},
		},
		{
			"with a book, of some Dockerfiles",
			lock.Update{Books: []lock.Book{uses("m", "FROM scratch\nADD --checksum="+digest("7")+" https://h/new /\n")}},
			[]string{"docker-image://docker.io/library/debian:12"},
			[]lock.Change{
				{"docker-image://docker.io/library/busybox:1", "", digest("3"), "a:6"},
				{"docker-image://docker.io/library/debian:12", "", digest("9"), "the registry"},
				{"https://h/new", "", digest("7"), "m:2"},
			},
		},
		{
			"all again",
			lock.Update{Again: true},
			[]string{
				"docker-image://docker.io/library/alpine:3", "docker-image://docker.io/library/busybox:1",
				"docker-image://docker.io/library/debian:12", node, "https://h/new",
			},
			[]lock.Change{
				{"docker-image://docker.io/library/alpine:3", digest("a"), digest("9"), "the registry"},
				{"docker-image://docker.io/library/busybox:1", "", digest("9"), "the registry"},
				{"docker-image://docker.io/library/debian:12", "", digest("9"), "the registry"},
				{node, digest("b"), digest("9"), "the registry"},
				{"https://h/new", "", digest("9"), "the registry"},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			up := tt.update
			up.Old, up.Uses, up.Now = old, u, time.Date(2026, 6, 1, 0, 0, 0, 1, time.UTC)
			var missing []string
			for _, use := range up.Missing() {
				missing = append(missing, use.Name)
				up.Add(use, lock.Found{Pin: lint.Pin{Digest: digest("9"), From: "the registry"}})
			}
			if !slices.Equal(missing, tt.missing) {
				t.Errorf("missing are\n%s\nwant\n%s", strings.Join(missing, "\n"), strings.Join(tt.missing, "\n"))
			}
			if got := up.Changes(); !slices.Equal(got, tt.changes) {
				t.Errorf("changes are\n%v\nwant\n%v", got, tt.changes)
			}
			if _, err := up.Lock().Text(); err != nil {
				t.Error(err)
			}
		})
	}
	// A digest for one platform is not taken for all.
	one := lock.Update{Old: &lock.Lock{Name: "l"}, Uses: uses("a", "FROM node:20\nFROM --platform=linux/arm64 node:20@"+digest("c")+"\n"), Follow: true}
	if missing := one.Missing(); len(missing) != 1 {
		t.Errorf("with a digest for arm64 missing are %v", missing)
	}
	// What is found to be the same stays as it is.
	up := lock.Update{Old: old, Uses: uses("a", "FROM node:20\n"), Again: true, Now: time.Now()}
	for _, use := range up.Missing() {
		up.Add(use, lock.Found{Pin: lint.Pin{Digest: digest("b"), From: "the registry"}})
	}
	if e := up.Lock().Entry(node); len(up.Changes()) > 0 || e.Source != "old" || !e.ResolvedAt.IsZero() || len(up.Unused()) != 2 {
		t.Errorf("changes are %v, the entry is %+v, unused are %v", up.Changes(), e, up.Unused())
	}
}
