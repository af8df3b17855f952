package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

// fixKnowing runs fix in a directory where it is known what sources can be pinned
// to, by identifier.
func fixKnowing(t *testing.T, dir string, known map[string]lint.Pin, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	a := &app{
		stdin: strings.NewReader(""), stdout: &out, stderr: &errs,
		lookupEnv: func(string) (string, bool) { return "", false },
		getwd:     func() (string, error) { return dir, nil },
	}
	pins := func(_ context.Context, src source.Source, _ string) (lint.Pin, bool, error) {
		pin, ok := known[src.Identifier()]
		if pin.From == "nowhere" {
			return pin, false, errors.New("nobody answers")
		}
		return pin, ok, nil
	}
	program := a.program()
	command := named(program.Commands, "fix")
	command.Action = func(c *cli.Context) error {
		f := &fixing{app: a, cli: c, unsafe: c.Bool("unsafe")}
		f.options = func() (lintOptions, error) {
			o, err := a.findOptions(c)
			o.pins = pins
			return o, err
		}
		return f.all(c.Bool("diff"), c.Bool("check"))
	}
	args, err := arrange(program, append([]string{"fix"}, args...))
	if err == nil {
		err = program.RunContext(t.Context(), append([]string{programName}, args...))
	}
	return a.exitCode(err), out.String(), errs.String()
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func fileText(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const (
	testDigest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	testCommit = "6fe9d4dd6b8a8bb5ba0d5c0a6f2a6e02ad2cf93b"
)

// TestFixPins: every kind of input is pinned, what is printed says by what, and
// nothing is left.
func TestFixPins(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const text = "\uFEFF# syntax=docker/dockerfile:1\r\nARG V=3.20\r\nFROM --platform=$BUILDPLATFORM alpine:$V AS a\r\nFROM alpine:${V}\r\n" +
		"COPY --from=busybox /x /\r\nADD https://h/x /\r\nADD https://h/r.git#v1 /\r\nADD https://h/r.git /"
	writeFiles(t, dir, map[string]string{"api/Dockerfile": text})
	known := map[string]lint.Pin{
		"docker-image://docker.io/docker/dockerfile:1":    {Digest: testDigest, From: "the registry"},
		"docker-image://docker.io/library/alpine:3.20":    {Digest: testDigest, From: "imgpolicy.lock:7"},
		"docker-image://docker.io/library/busybox:latest": {Digest: testDigest, From: "web/Dockerfile:3"},
		"https://h/x":      {Digest: testDigest, From: "imgpolicy.lock:9"},
		"git://h/r.git#v1": {Digest: testCommit, Ref: "refs/tags/v1", From: "imgpolicy.lock:11"},
		"git://h/r.git":    {Digest: testCommit, Ref: "refs/heads/main", From: "imgpolicy.lock:13"},
	}
	code, stdout, stderr := fixKnowing(t, dir, known, "--check")
	if code != exitFound || stderr != "" || fileText(t, dir, "api/Dockerfile") != text {
		t.Fatalf("fix --check exits with %d: %s%s", code, stdout, stderr)
	}
	code, stdout, stderr = fixKnowing(t, dir, known)
	wantOut := strings.ReplaceAll(`api/Dockerfile:1: syntax=docker/dockerfile:1 → syntax=docker/dockerfile:1@{D}
    unpinned-frontend: write the digest behind the tag (the registry)
api/Dockerfile:2: V=3.20 → V=3.20@{D}
    unpinned-image: write the digest behind the default of V (imgpolicy.lock:7)
api/Dockerfile:5: --from=busybox → --from=busybox:latest@{D}
    unpinned-image: write the digest behind the tag (web/Dockerfile:3)
api/Dockerfile:6: ADD https://h/x → ADD --checksum={D} https://h/x
    missing-checksum: write the checksum (imgpolicy.lock:9)
api/Dockerfile:7: ADD https://h/r.git#v1 → ADD --checksum={C} https://h/r.git#v1
    unpinned-git: keep the tag, and write the commit it must have (imgpolicy.lock:11)
api/Dockerfile:8: https://h/r.git → https://h/r.git#{C}
    unpinned-git: write the commit of refs/heads/main (imgpolicy.lock:13)
Fixed 7 diagnostics in 1 file
`, "{D}", testDigest)
	wantOut = strings.ReplaceAll(wantOut, "{C}", testCommit)
	if code != exitClean || stdout != wantOut || stderr != "" {
		t.Errorf("fix exits with %d:\n%s%s\nwant\n%s", code, stdout, stderr, wantOut)
	}
	want := strings.NewReplacer("dockerfile:1", "dockerfile:1@"+testDigest, "V=3.20", "V=3.20@"+testDigest, "busybox", "busybox:latest@"+testDigest,
		"ADD https://h/x", "ADD --checksum="+testDigest+" https://h/x", "ADD https://h/r.git#v1", "ADD --checksum="+testCommit+" https://h/r.git#v1",
		"ADD https://h/r.git /", "ADD https://h/r.git#"+testCommit+" /").Replace(text)
	if got := fileText(t, dir, "api/Dockerfile"); got != want {
		t.Errorf("the file is %q, want %q", got, want)
	}
	if code, stdout, _ = fixKnowing(t, dir, known, "--check"); code != exitClean || stdout != "Nothing to change\n" {
		t.Errorf("once fixed fix --check exits with %d: %s", code, stdout)
	}
}

// TestFixUnanswered: what could not be looked up is exit code 2, and the rest is
// mended.
func TestFixUnanswered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"Dockerfile": "FROM alpine:1 AS a\nFROM alpine:2\n"})
	code, stdout, stderr := fixKnowing(t, dir, map[string]lint.Pin{
		"docker-image://docker.io/library/alpine:1": {From: "nowhere"},
		"docker-image://docker.io/library/alpine:2": {Digest: testDigest, From: "the registry"},
	})
	if want := "imgpolicy: Dockerfile:1: looking up docker-image://docker.io/library/alpine:1: nobody answers\n"; code != exitUnchecked || stderr != want {
		t.Errorf("fix exits with %d, %q, want %q", code, stderr, want)
	}
	if got, want := fileText(t, dir, "Dockerfile"), "FROM alpine:1 AS a\nFROM alpine:2@"+testDigest+"\n"; got != want {
		t.Errorf("the file is %q, want %q\n%s", got, want, stdout)
	}
}

// TestFixInRounds: what one fix brings to light goes in the same run.
func TestFixInRounds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"Dockerfile": "# imgpolicy ignore=insecure-urll\nFROM scratch\n"})
	code, stdout, stderr := fixKnowing(t, dir, nil, "--unsafe")
	if got := fileText(t, dir, "Dockerfile"); got != "FROM scratch\n" || code != exitClean {
		t.Errorf("fix exits with %d and makes %q:\n%s%s", code, got, stdout, stderr)
	}
}
