package rules_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/fix"
)

// Digests as the cases name them.
var pinned = map[string]string{
	"A": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	"B": "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
	"C": "6fe9d4dd6b8a8bb5ba0d5c0a6f2a6e02ad2cf93b",
}

// pinsOf reads lines of "IDENTIFIER DIGEST [REF]".
func pinsOf(t *testing.T, text string) func(context.Context, source.Source, string) (lint.Pin, bool, error) {
	t.Helper()
	known := map[string]lint.Pin{}
	for line := range strings.Lines(text) {
		f := append(strings.Fields(line), "")
		if len(f) < 3 || pinned[f[1]] == "" {
			t.Fatalf("line of pins %q", line)
		}
		known[f[0]] = lint.Pin{Digest: pinned[f[1]], Ref: f[2], From: "test.lock:1"}
	}
	return func(_ context.Context, src source.Source, _ string) (lint.Pin, bool, error) {
		pin, ok := known[src.Identifier()]
		return pin, ok, nil
	}
}

// TestPinCases runs testdata/pins/<rule>.txtar: a Dockerfile NAME, what is known
// in NAME.pins, build args in NAME.args. NAME.want is what the rule says with its
// fixes, NAME.fixed the text once all of them are made, unsafe ones too; digests
// are written as in pinned.
func TestPinCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/pins/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := txtar.Format(pinCases(t, strings.TrimSuffix(filepath.Base(file), ".txtar"), archive))
			want := txtar.Format(archive)
			switch {
			case string(got) == string(want):
			case *update:
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			default:
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func pinCases(t *testing.T, id string, archive *txtar.Archive) *txtar.Archive {
	t.Helper()
	given := map[string]string{}
	for _, f := range archive.Files {
		given[f.Name] = string(f.Data)
	}
	out := &txtar.Archive{Comment: archive.Comment}
	for _, f := range archive.Files {
		if strings.HasSuffix(f.Name, ".want") || strings.HasSuffix(f.Name, ".fixed") {
			continue
		}
		out.Files = append(out.Files, f)
		if name, ok := strings.CutSuffix(f.Name, ".pins"); ok {
			want, fixed := pinCase(t, id, name, given[name], given[f.Name], given[name+".args"])
			out.Files = append(out.Files, txtar.File{Name: name + ".want", Data: []byte(short(want))}, txtar.File{Name: name + ".fixed", Data: []byte(short(fixed))})
		}
	}
	return out
}

// short names digests as the cases do.
func short(text string) string {
	for name, digest := range pinned {
		text = strings.ReplaceAll(text, digest, "{"+name+"}")
	}
	return text
}

func pinCase(t *testing.T, id, name, text, pins, args string) (want, fixed string) {
	t.Helper()
	l := &lint.Linter{Pins: pinsOf(t, pins), Settings: lint.Settings{Disabled: map[string]bool{}, Enabled: map[string]bool{}}}
	applyArgs(t, l, args)
	of := func(text string) []lint.Diagnostic {
		all := run(t, l, text).Diagnostics
		return slices.DeleteFunc(all, func(d lint.Diagnostic) bool { return d.Rule.ID != id })
	}
	before := of(text)
	for _, d := range before {
		want += describe(d)
		for _, f := range d.Fixes {
			want += "  fix: " + f.Title
			if !f.Safe {
				want += " [unsafe]"
			}
			want += "\n"
		}
	}
	result := fix.Apply(text, before, fix.Options{Unsafe: true, Check: fix.SameBuild(l.Settings.Builds)})
	for _, r := range result.Refused {
		t.Errorf("%s: %s is refused: conflict %v, %v", name, r.Fix.Title, r.Conflict, r.Err)
	}
	for _, d := range of(result.Text) {
		if len(d.Fixes) > 0 {
			t.Errorf("%s: once mended there still is: %s\n%s", name, d.Message, result.Text)
		}
	}
	return want, result.Text
}

// TestFixesKeepBytes: nothing but the edits changes where a txtar cannot tell.
func TestFixesKeepBytes(t *testing.T) {
	t.Parallel()
	const bom = "\uFEFF"
	text := bom + "# syntax=docker/dockerfile:1\r\n\r\nARG V=3.20 \t\r\nFROM --platform=$BUILDPLATFORM alp\\ \r\n# words\r\nine:3.20 AS a\r\n" +
		"RUN --mount=type=bind,\"from=busybox\",target=/x true\r\nADD \\\r\n  http://h/x \\\r\n  /\r\nCOPY --from=\"nginx\" /x /y"
	pins := pinsOf(t, "docker-image://docker.io/docker/dockerfile:1 A\ndocker-image://docker.io/library/alpine:3.20 A\n"+
		"docker-image://docker.io/library/busybox:latest B\ndocker-image://docker.io/library/nginx:latest B\nhttp://h/x A\nhttps://h/x A\n")
	want := strings.NewReplacer("dockerfile:1", "dockerfile:1@"+pinned["A"], "ine:3.20", "ine:3.20@"+pinned["A"], "from=busybox", "from=busybox:latest@"+pinned["B"],
		`"nginx"`, `"nginx:latest@`+pinned["B"]+`"`, "ADD", "ADD --checksum="+pinned["A"], "http://", "https://").Replace(text)
	result := run(t, &lint.Linter{Pins: pins}, text)
	got := fix.Apply(text, result.Diagnostics, fix.Options{Check: fix.SameBuild(nil)})
	if got.Text != want || len(got.Refused) > 0 {
		t.Errorf("Apply = %q, refused %v, want %q", got.Text, got.Refused, want)
	}
	if left := run(t, &lint.Linter{Pins: pins}, got.Text).Diagnostics; len(left) > 0 {
		t.Errorf("left is %s: %s", left[0].Rule.ID, left[0].Message)
	}
}

// TestOneDigestForTwoPlatforms: each build has another image there, so that no
// digest is right for both.
func TestOneDigestForTwoPlatforms(t *testing.T) {
	t.Parallel()
	text := "ARG V=1\nFROM alpine:$V\n"
	l := &lint.Linter{Pins: pinsOf(t, "docker-image://docker.io/library/alpine:1 A\ndocker-image://docker.io/library/alpine:2 B\n")}
	l.Settings.Builds = []dockerfile.Options{{}, {BuildArgs: map[string]string{"V": "2"}}}
	result := run(t, l, text)
	got := fix.Apply(text, result.Diagnostics, fix.Options{Unsafe: true, Check: fix.SameBuild(l.Settings.Builds)})
	if want := "ARG V=1@" + pinned["A"] + "\nFROM alpine:$V\n"; got.Text != want {
		t.Errorf("Apply = %q, want %q", got.Text, want)
	}
}
