package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestWindows runs the program for Windows by wine (.ci/wine): its paths, drives and
// line ends, and names that differ in case.
func TestWindows(t *testing.T) {
	t.Parallel()
	program := os.Getenv("IMGPOLICY_WINE")
	if program == "" {
		t.Skip("make wine runs the program for Windows")
	}
	dir := t.TempDir()
	digest := "sha256:" + strings.Repeat("1", 64)
	for name, text := range map[string]string{
		".git/HEAD":            "",
		".ImgPolicy.YAML":      "registries: [docker.io]\r\nexclude: [vendor/**]\r\n",
		"imgpolicy.LOCK":       `{"version": 1, "entries": [{"identifier": "docker-image://docker.io/library/node:20", "digest": "` + digest + `", "resolvedAt": "2026-03-31T12:00:00Z", "source": "the registry"}]}`,
		"sub/DOCKERFILE":       "FROM node:20\r\nRUN echo \\\r\n  a\r\nCOPY --from=ghcr.io/x/y:1 \\\r\n  C:\\a C:\\b\r\n",
		"sub/dockerfile.REGO":  "package docker\r\n\r\ndefault allow := false\r\nallow if input.local\r\nallow if load_json(\"DATA/names.json\").ok\r\ndecision := {\"allow\": allow}\r\n",
		"sub/data/Names.JSON":  `{"ok": true}`,
		"vendor/x/Dockerfile":  "FROM evil.example/x\r\n",
		"sub/deep/Dockerfile":  "FROM node:20@" + digest + "\r\n",
		"fixed/Dockerfile":     "# one\r\nFROM node:20 \\\r\n  AS a\r\n",
		"policies/images.json": "{\"whitelist\": [\"^docker\"],\r\n \"defaultAllow\": false}\r\n",
	} {
		write(t, dir, name, text)
	}
	run := func(want int, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "wine", append([]string{program}, args...)...)
		var out, errs bytes.Buffer
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
		err := cmd.Run()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) || cmd.ProcessState.ExitCode() != want {
			t.Fatalf("%v: code %d, want %d, %v\n%s%s", args, cmd.ProcessState.ExitCode(), want, err, out.String(), errs.String())
		}
		return out.String() + errs.String()
	}
	has := func(got string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !regexp.MustCompile(w).MatchString(got) {
				t.Errorf("%q has no %q", got, w)
			}
		}
	}
	drive := "Z:" + strings.ReplaceAll(dir, "/", `\`)
	// The config and the lock are found whatever the case of their names, and what is
	// shown has slashes.
	all := run(exitFound, "lint", "--format", "compact", ".")
	has(all, `(?m)^sub/DOCKERFILE:1:6: .*\[unpinned-image\]: `, `(?m)^sub/DOCKERFILE:4:13: .*\[untrusted-registry\]: ghcr\.io/x/y`, `(?m)^fixed/Dockerfile:2:6: `)
	if strings.Contains(all, "vendor") || strings.Contains(all, `\`) {
		t.Errorf("excluded, or with backslashes: %q", all)
	}
	one := run(exitFound, "lint", "--format", "compact", `sub\DOCKERFILE`)
	for _, path := range []string{`.\sub\..\sub\DOCKERFILE`, drive + `\sub\DOCKERFILE`, "sub/DOCKERFILE"} {
		if got := run(exitFound, "lint", "--format", "compact", path); got != one {
			t.Errorf("%s: %q, want %q", path, got, one)
		}
	}
	// So are policies, what they read, and reports.
	has(run(exitFound, "lint", "--policy", `policies\images.json`, "--format", "compact", `sub\DOCKERFILE`), `(?m)^policies/images\.json:1:\d+: `)
	has(run(exitFound, "lint", "--format", "sarif", "sub"), `"uri": "sub/DOCKERFILE"`)
	run(exitFound, "lint", "--output", `json=reports.json`, "sub")
	if text, err := os.ReadFile(filepath.Join(dir, "reports.json")); err != nil || !bytes.Contains(text, []byte(`"file": "sub/DOCKERFILE"`)) {
		t.Errorf("the report: %v, %.200s", err, text)
	}
	write(t, dir, "sub/data/Names.JSON", `{"ok": false}`)
	has(run(exitFound, "lint", "--format", "compact", "sub"), `policy-denied`)
	write(t, dir, "sub/data/Names.JSON", `{"ok": true}`)
	// Line ends stay.
	run(exitClean, "fix", `fixed\Dockerfile`)
	if text, err := os.ReadFile(filepath.Join(dir, "fixed", "Dockerfile")); err != nil || string(text) != "# one\r\nFROM node:20@"+digest+" \\\r\n  AS a\r\n" {
		t.Errorf("fixed: %v, %q", err, text)
	}
	// A cache knows the file again.
	first := run(exitFound, "lint", "--cache", "--cache-dir", drive+`\kept`, "sub")
	if again := run(exitFound, "lint", "--cache", "--cache-dir", "kept", "sub"); again != first {
		t.Errorf("from the cache: %q, want %q", again, first)
	}
	has(run(exitUnchecked, "lint", `sub\none`), `sub/none: no such file or directory|sub/none: `)
}
