package rules_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/lock"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

// lintAll lints the files of an archive, with its imgpolicy.lock in force if it
// has one.
func lintAll(t *testing.T, l *lint.Linter, archive string) *lint.Result {
	t.Helper()
	var files []lint.File
	for _, f := range txtar.Parse([]byte(archive)).Files {
		if f.Name != lock.FileName {
			files = append(files, lint.File{Name: f.Name, Read: func() ([]byte, error) { return f.Data, nil }})
			continue
		}
		locked, err := lock.Read(f.Name, f.Data)
		if err != nil {
			t.Fatal(err)
		}
		l.Settings.Lock = locked.ForLint(f.Data, true)
	}
	l.Rules = rules.All()
	result, failures := l.Lint(t.Context(), files)
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	return result
}

// testLocks runs the examples of a rule about lock files.
func testLocks(t *testing.T, rule *lint.Rule) {
	t.Helper()
	bad := lintAll(t, &lint.Linter{}, rule.Bad).Diagnostics
	if len(bad) != 1 || bad[0].Rule.ID != rule.ID || bad[0].Help == "" || len(bad[0].Frame.Lines) != 1 {
		t.Errorf("Bad example reports %+v, want one %s with help and frame", bad, rule.ID)
	}
	if good := lintAll(t, &lint.Linter{}, rule.Good).Diagnostics; len(good) > 0 {
		t.Errorf("Good example reports %+v", good)
	}
}

// upstream answers the same for every source.
func upstream(u lint.Upstream) func(context.Context, source.Source, string) (lint.Upstream, error) {
	return func(context.Context, source.Source, string) (lint.Upstream, error) { return u, nil }
}

// goneBeef is where the digest of the examples was deleted.
func goneBeef(_ context.Context, src source.Source, _ string) (lint.Upstream, error) {
	_, pin := source.Unpin(src)
	return lint.Upstream{Digest: "sha256:" + strings.Repeat("1", 64), Gone: strings.HasPrefix(pin, "sha256:beef"), From: "the registry"}, nil
}

// shown are diagnostics as "file rule: message", with the places related to them.
func shown(r *lint.Result) []string {
	var out []string
	for _, d := range r.Diagnostics {
		line := d.File + " " + d.Severity.String() + " " + d.Rule.ID + ": " + d.Message
		for _, related := range d.Related {
			line += " | " + related.File + ":" + string(rune('0'+related.Range.Start.Line)) + " " + related.Message
		}
		out = append(out, line)
	}
	return out
}

var (
	one = "sha256:" + strings.Repeat("1", 64)
	two = "sha256:" + strings.Repeat("2", 64)
)

const (
	commitA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	commitB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

func TestDigestMismatchAcrossFiles(t *testing.T) {
	t.Parallel()
	got := shown(lintAll(t, &lint.Linter{}, "-- a --\nFROM node:20@"+one+"\nADD --checksum="+one+" https://h/x /\n"+
		"-- b --\n\nFROM docker.io/library/node:20@"+two+"\nADD --checksum="+two+" https://h/x /\n"+
		"ADD --checksum="+commitA+" https://h/r.git#v1 /\n-- c --\n"+
		"FROM --platform=linux/arm64 node:20@"+two+"\nFROM alpine:3@"+one+"\nADD --checksum="+commitB+" https://h/r.git#v1:sub /\n"))
	want := []string{
		"a warning digest-mismatch: node:20 is pinned to sha256:111111111111… here, and elsewhere to sha256:222222222222… | b:2 pinned to sha256:222222222222…",
		"a warning digest-mismatch: https://h/x is pinned to sha256:111111111111… here, and elsewhere to sha256:222222222222… | b:3 pinned to sha256:222222222222…",
		"b warning digest-mismatch: node:20 is pinned to sha256:222222222222… here, and elsewhere to sha256:111111111111… | a:1 pinned to sha256:111111111111…",
		"b warning digest-mismatch: https://h/x is pinned to sha256:222222222222… here, and elsewhere to sha256:111111111111… | a:2 pinned to sha256:111111111111…",
		"b warning digest-mismatch: https://h/r.git#v1 is pinned to aaaaaaaaaaaa… here, and elsewhere to bbbbbbbbbbbb… | c:3 pinned to bbbbbbbbbbbb…",
		"c warning digest-mismatch: https://h/r.git#v1 is pinned to bbbbbbbbbbbb… here, and elsewhere to aaaaaaaaaaaa… | b:4 pinned to aaaaaaaaaaaa…",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestDigestMismatchIgnored: an ignore of it is used, although the files are
// compared only after all of them are linted; and it is unused where all agree.
func TestDigestMismatchIgnored(t *testing.T) {
	t.Parallel()
	ignored := "-- a --\n# imgpolicy ignore=digest-mismatch;reason=frozen\nFROM node:20@" + one + "\n-- b --\nFROM node:20@"
	if got := shown(lintAll(t, &lint.Linter{}, ignored+two+"\n")); len(got) != 1 || !strings.HasPrefix(got[0], "b warning digest-mismatch: ") {
		t.Errorf("got %q, want that of b alone", got)
	}
	if got := shown(lintAll(t, &lint.Linter{}, ignored+one+"\n")); len(got) != 1 || !strings.HasPrefix(got[0], "a warning unused-ignore: ") {
		t.Errorf("got %q, want an unused ignore", got)
	}
	off := &lint.Linter{Settings: lint.Settings{Disabled: map[string]bool{"digest-mismatch": true}}}
	if got := shown(lintAll(t, off, "-- a --\nFROM node:20@"+one+"\n-- b --\nFROM node:20@"+two+"\n")); len(got) > 0 {
		t.Errorf("got %q while it is off", got)
	}
}

const lockText = `-- imgpolicy.lock --
{"version": 1, "entries": [
{"identifier": "docker-image://docker.io/library/node:20", "digest": "ONE", "platforms": {"linux/arm64": "THREE"}, "resolvedAt": "2026-03-31T12:00:00Z", "source": "the registry"},
{"identifier": "git://h/r.git#v1", "digest": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ref": "refs/tags/v1", "resolvedAt": "2026-03-31T12:00:00Z", "source": "git"}
]}
`

func lockOf() string {
	return strings.NewReplacer("ONE", one, "THREE", "sha256:"+strings.Repeat("3", 64)).Replace(lockText)
}

func TestDigestMismatchWithLock(t *testing.T) {
	t.Parallel()
	three := "sha256:" + strings.Repeat("3", 64)
	result := lintAll(t, &lint.Linter{}, lockOf()+"-- a --\nFROM node:20@"+one+"\nFROM --platform=linux/arm64 node:20@"+three+
		"\nADD --checksum="+commitB+" https://h/r.git#v1 /\n-- b --\nFROM node:20@"+two+"\nFROM node:20@"+three+"\n")
	want := []string{
		"a error digest-mismatch: https://h/r.git#v1 is pinned to bbbbbbbbbbbb…, but imgpolicy.lock:3 has aaaaaaaaaaaa…",
		"b error digest-mismatch: node:20 is pinned to sha256:222222222222…, but imgpolicy.lock:2 has sha256:111111111111…",
		"b error digest-mismatch: node:20 is pinned to sha256:333333333333…, but imgpolicy.lock:2 has sha256:111111111111…",
	}
	if got := shown(result); !slices.Equal(got, want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if help := result.Diagnostics[0].Help; !strings.Contains(help, "write `"+commitA+"` in place of bbbbbbbbbbbb…") {
		t.Errorf("help is %q", help)
	}
	d := result.Diagnostics[1]
	if !strings.Contains(d.Help, "write `node:20@"+one+"`\n") || len(d.Fixes) != 1 || d.Fixes[0].Safe || d.Fixes[0].Edits[0].New != one {
		t.Errorf("help is %q, fixes are %+v", d.Help, d.Fixes)
	}
}

// TestStaleLock: it is silent where something is not known.
func TestStaleLock(t *testing.T) {
	t.Parallel()
	used := lockOf() + "-- a --\nFROM node:20\nADD https://h/r.git#v1 /\n"
	partly := lockOf() + "-- a --\nFROM node:20\n"
	unknown := partly + "ARG X\nADD https://h/$X /\n"
	stale := "imgpolicy.lock warning stale-lock: nothing uses git://h/r.git#v1"
	for text, want := range map[string]bool{used: false, partly: true, unknown: false} {
		if got := shown(lintAll(t, &lint.Linter{}, text)); slices.Contains(got, stale) != want {
			t.Errorf("got %q, want %q: %t", got, stale, want)
		}
	}
	off := &lint.Linter{Settings: lint.Settings{Disabled: map[string]bool{"stale-lock": true}}}
	if got := shown(lintAll(t, off, partly)); slices.Contains(got, stale) {
		t.Errorf("got %q while it is off", got)
	}
}

// TestLockedPins: what is not pinned can be pinned to what the lock says, before
// anyone else is asked.
func TestLockedPins(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked []string
	l := &lint.Linter{Pins: func(_ context.Context, src source.Source, _ string) (lint.Pin, bool, error) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, src.Identifier())
		return lint.Pin{}, false, nil
	}}
	result := lintAll(t, l, lockOf()+"-- a --\nFROM node:20\nADD https://h/r.git#v1:sub /\nADD https://h/x /\nADD https://bot:hunter2@h/y /\n")
	slices.Sort(asked)
	if want := []string{"https://bot:hunter2@h/y", "https://h/x"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	// What the lock lacks it is said how to add, if it can be.
	var notes []string
	for _, d := range result.Diagnostics {
		for _, n := range d.Notes {
			notes = append(notes, d.Input.Word+": "+n)
		}
	}
	if want := []string{"https://h/x: imgpolicy.lock does not have it: `imgpolicy lock` adds it"}; !slices.Equal(notes, want) {
		t.Errorf("notes are %q, want %q", notes, want)
	}
}

func TestUpstream(t *testing.T) {
	t.Parallel()
	text := "-- a --\nFROM node:20@" + one + "\nFROM node@" + one + "\nFROM busybox\nADD --checksum=" + commitB + " https://h/r.git#v1 /\n" +
		"ADD --checksum=" + one + " https://h/x /\n"
	moved := func(u lint.Upstream) []string {
		l := &lint.Linter{Upstream: upstream(u), Settings: lint.Settings{Disabled: map[string]bool{"unpinned-image": true, "latest-tag": true}}}
		return shown(lintAll(t, l, text))
	}
	tests := []struct {
		name string
		u    lint.Upstream
		want []string
	}{
		{"nobody looked", lint.Upstream{}, nil},
		{"moved", lint.Upstream{Digest: two, From: "the registry"}, []string{
			"a info moved-tag: node:20 has the digest sha256:222222222222… today, and is pinned to sha256:111111111111…",
			"a info moved-tag: https://h/r.git#v1 is at the commit sha256:222222222222… today, not at bbbbbbbbbbbb…: the build fails",
		}},
		{"the digest of the platform", lint.Upstream{Digest: two, Platforms: map[string]string{dockerfile.DefaultPlatform: one}}, []string{
			"a info moved-tag: https://h/r.git#v1 is at the commit sha256:222222222222… today, not at bbbbbbbbbbbb…: the build fails",
		}},
		{"gone", lint.Upstream{Gone: true, From: "the registry"}, []string{
			"a error digest-gone: node:20 is pinned to sha256:111111111111…, which the registry has no more",
			"a error digest-gone: node is pinned to sha256:111111111111…, which the registry has no more",
			"a error digest-gone: https://h/r.git#v1 is pinned to bbbbbbbbbbbb…, which the registry has no more",
			"a error digest-gone: https://h/x is pinned to sha256:111111111111…, which the registry has no more",
		}},
	}
	for _, tt := range tests {
		if got := moved(tt.u); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

// TestUpstreamOfLocked: what the lock has is not changed for what is there today,
// since the lock would have it changed back.
func TestUpstreamOfLocked(t *testing.T) {
	t.Parallel()
	locked := "-- imgpolicy.lock --\n" + `{"version": 1, "entries": [{"identifier": "docker-image://docker.io/library/node:20", "digest": "` + one +
		`", "resolvedAt": "2026-03-31T12:00:00Z", "source": "x"}]}`
	for archive, fixes := range map[string]int{"": 1, locked: 0} {
		for _, now := range []lint.Upstream{{Digest: two}, {Digest: two, Gone: true}} {
			result := lintAll(t, &lint.Linter{Upstream: upstream(now)}, "-- a --\nFROM node:20@"+one+"\n"+archive)
			if len(result.Diagnostics) != 1 || len(result.Diagnostics[0].Fixes) != fixes {
				t.Errorf("with %q and %+v: %v", archive, now, shown(result))
			} else if help := result.Diagnostics[0].Help; strings.Contains(help, "`imgpolicy lock --update`") != (fixes == 0) {
				t.Errorf("help is %q", help)
			}
		}
	}
}
