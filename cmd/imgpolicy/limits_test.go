//go:build unix

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint/report"
)

// TestLimits lints what is as large as it may be, and what is larger by one: that
// is not checked, and says so, in the code, too.
func TestLimits(t *testing.T) {
	t.Parallel()
	const from = "FROM scratch\n"
	comment := func(size int) string {
		// Lines that BuildKit takes: one may have 65535 bytes.
		line := "#" + strings.Repeat("x", 1000) + "\n"
		text := from + strings.Repeat(line, (size-len(from))/len(line))
		return text + strings.Repeat("\n", size-len(text))
	}
	line := func(size int) string { return from + "RUN " + strings.Repeat("a", size-len("RUN ")) + "\n" }
	list := func(size int) string {
		const before, after = `{"whitelist": [`, `], "defaultAllow": true}`
		return before + strings.Repeat(" ", size-len(before)-len(after)) + after
	}
	doubled := func(n int) string {
		var b strings.Builder
		b.WriteString("ARG A0=x\n")
		for i := range n {
			b.WriteString("ARG A" + string(rune('1'+i)) + "=${A" + string(rune('0'+i)) + "}${A" + string(rune('0'+i)) + "}\n")
		}
		return b.String()
	}
	chain := func(depth, width int) string { // width to the power of depth
		var b strings.Builder
		b.WriteString("ARG A0=x\n")
		for i := range depth {
			b.WriteString("ARG A" + string(rune('1'+i)) + "=" + strings.Repeat("$A"+string(rune('0'+i)), width) + "\n")
		}
		return b.String() + "FROM alpine:3 AS b\nFROM b\n"
	}
	nested := func(depth int) string {
		return `{"defaultAllow": true, "x": ` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "}"
	}
	tests := []struct {
		name, dockerfile, policy string
		code                     int
		says                     string // on stdout or stderr
	}{
		{"file of 8 MiB", comment(maxFileSize), "", 0, "No problems"},
		{"file above", comment(maxFileSize + 1), "", 2, "Dockerfile: is larger than 8 MiB"},
		{"line of 65534 bytes", line(65534), "", 0, "No problems"},
		{"line above", line(65536), "", 1, "dockerfile line greater than max allowed size of 65535"},
		{"many stages", strings.Repeat(from, 50_000), "", 0, "No problems found in 1 file"},
		{"variables that double", doubled(8) + from, "", 0, "No problems"},
		{"variables of 10 MiB", chain(7, 10), "", 1, "variables expand to too much text: more than 1 MiB in a word or 64 MiB in the file"},
		{"policy of 1 MiB", from, list(1 << 20), 0, "No problems"},
		{"policy above", from, list(1<<20 + 1), 2, "at most 1048576 are read"},
		{"policy too deep", from, nested(20_000), 2, "policy.json"},
		{"NUL", "FROM al\x00pine\n", "", 1, `"al\x00pine" is no valid image reference`},
		{"not UTF-8", "FROM \xff\xfe\n", "", 1, "is no valid image reference"},
		{"nothing", "", "", 1, "Dockerfile"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			args := []string{"lint", "--quiet=false", "Dockerfile"}
			for name, text := range map[string]string{"Dockerfile": tt.dockerfile, "policy.json": tt.policy} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if tt.policy != "" {
				args = append(args, "--policy=policy.json")
			}
			code, out, errs := runIn(t.Context(), dir, nil, strings.NewReader(""), args...)
			if all := out + errs; code != tt.code || !strings.Contains(all, tt.says) {
				t.Errorf("code %d and %.300q, want %d and %q", code, all, tt.code, tt.says)
			}
		})
	}
}

// TestReportSize merges a report as large as it may be, of nothing, and one that is
// larger by one. It is not parallel: policies beside it would run into the limit of
// their memory.
func TestReportSize(t *testing.T) {
	defer debug.FreeOSMemory()
	dir := t.TempDir()
	write(t, dir, "report.json", "")
	for _, tt := range []struct {
		size int64
		says string
	}{
		{maxReportSize, "report.json is no JSON from byte 1 on"},
		{maxReportSize + 1, "report.json: is larger than 1 GiB"},
	} {
		// No byte of it is on the disk.
		if err := os.Truncate(filepath.Join(dir, "report.json"), tt.size); err != nil {
			t.Fatal(err)
		}
		if code, _, errs := runIn(t.Context(), dir, nil, nil, "merge", "report.json"); code != exitUnchecked || !strings.Contains(errs, tt.says) {
			t.Errorf("%d bytes: code %d, %q, want %q", tt.size, code, errs, tt.says)
		}
	}
}

// TestEvaluationTime judges by a policy that takes no time and by one that takes more
// than there is.
func TestEvaluationTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "Dockerfile", "FROM node:20@sha256:"+strings.Repeat("1", 64)+"\n")
	for rule, tt := range map[string]struct {
		limit string
		code  int
		says  string
	}{
		"true": {"5s", exitClean, "No problems"},
		"count([x | a := numbers.range(1, 3000)[_]; b := numbers.range(1, 3000)[_]; c := numbers.range(1, 3000)[_]; x := [a, b, c]; x[0] < 0]) > 0": {"300ms", exitUnchecked, "300ms"},
	} {
		write(t, dir, "policy.rego", "package docker\n\ndefault allow := false\nallow if input.local\nallow if "+rule+"\ndecision := {\"allow\": allow}\n")
		if code, out, errs := runIn(t.Context(), dir, nil, nil, "lint", "--policy=policy.rego", "--timeout="+tt.limit, "--memory-limit=off", "Dockerfile"); code != tt.code || !strings.Contains(out+errs, tt.says) {
			t.Errorf("%s in %s: code %d, %s%s", rule, tt.limit, code, out, errs)
		}
	}
}

// TestVanishing: files that are there when they are searched for and gone when they
// are to be read are not checked, and the others are.
func TestVanishing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const files = 200
	for i := range files {
		write(t, dir, fmt.Sprintf("tree/%03d/Dockerfile", i), "FROM scratch\n"+strings.Repeat("RUN make\n", 5000))
	}
	vanish := readerFunc(func([]byte) (int, error) { return 0, cmp.Or(os.RemoveAll(filepath.Join(dir, "tree")), io.EOF) })
	code, out, errs := runIn(t.Context(), dir, nil, vanish, "lint", "--format=json", "-", "tree")
	var report struct{ Summary struct{ Files int } }
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	gone := strings.Count(errs, "/Dockerfile: no such file or directory")
	if code != exitUnchecked || gone == 0 || report.Summary.Files+gone != files+1 {
		t.Errorf("code %d, %d files of %d checked and %d gone: %.500s", code, report.Summary.Files, files+1, gone, errs)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestSpecialFiles names what has no text, or none that ends.
func TestSpecialFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
		t.Skip("no named pipes here:", err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(dir, "empty", "Dockerfile"), 0o755))
	must(os.Symlink("loop", filepath.Join(dir, "loop")))
	must(os.Symlink("gone", filepath.Join(dir, "dangling")))
	must(os.MkdirAll(filepath.Join(dir, "tree", "Dockerfile"), 0o755))
	must(os.Symlink("..", filepath.Join(dir, "tree", "up")))
	must(os.Symlink("/dev/zero", filepath.Join(dir, "tree", "Dockerfile.zero")))
	must(syscall.Mkfifo(filepath.Join(dir, "tree", "Dockerfile.pipe"), 0o644))
	must(os.WriteFile(filepath.Join(dir, "tree", "Dockerfile", "Dockerfile"), []byte("FROM scratch\n"), 0o644))
	must(os.WriteFile(filepath.Join(dir, "locked"), []byte("FROM scratch\n"), 0o000))
	for name, want := range map[string]string{
		"pipe":      "pipe: is a named pipe, not a regular file",
		"/dev/zero": "is a device, not a regular file",
		"empty":     "empty: no Dockerfile found",
		"loop":      "loop: too many levels of symbolic links",
		"dangling":  "dangling: no such file",
		"locked":    "locked: permission denied",
		"gone":      "gone: no such file",
	} {
		if name == "locked" && os.Geteuid() == 0 {
			continue // root may read it
		}
		code, out, errs := runIn(t.Context(), dir, nil, strings.NewReader(""), "lint", name)
		if code != exitUnchecked || out != "" || !strings.Contains(errs, want) {
			t.Errorf("lint %s: code %d, %q and %q, want %q", name, code, out, errs, want)
		}
	}
	// In a tree only what is a file is a Dockerfile, and no link leads in circles.
	code, out, errs := runIn(t.Context(), dir, nil, strings.NewReader(""), "lint", "tree")
	if code != exitClean || !strings.Contains(out, "No problems found in 1 file") {
		t.Errorf("lint tree: code %d, %q and %q", code, out, errs)
	}
	// A policy, config or report that is none is not waited for either.
	for _, args := range [][]string{{"lint", "--policy=pipe", "tree"}, {"lint", "--config=pipe", "tree"}, {"lint", "--baseline=pipe", "tree"}, {"lint", "--catalog=pipe", "tree"}, {"merge", "pipe"}} {
		if code, _, errs := runIn(t.Context(), dir, nil, strings.NewReader(""), args...); code != exitUnchecked || errs == "" {
			t.Errorf("%q: code %d and %q", args, code, errs)
		}
	}
}

// TestNoCredentials plants credentials wherever a Dockerfile, a policy or the
// environment may have some, and looks for them in all that any format prints, in
// the facts of shards too.
func TestNoCredentials(t *testing.T) {
	t.Parallel()
	const planted = "s3cr3tPlanted"
	dir := t.TempDir()
	text := "ARG T=" + planted + "5\nFROM alpine:3\nARG T\n" +
		"ADD https://user:" + planted + "2@h.example/a /\n" +
		"ADD https://github.com/a/b.git?token=" + planted + "3#main /b\n" +
		"ADD https://h.example/f?X-Amz-Signature=" + planted + "4 /f\n" +
		"ADD --checksum=sha256:" + strings.Repeat("1", 64) + " https://user:" + planted + "0@h.example/a /\n" +
		"ADD --checksum=sha256:" + strings.Repeat("2", 64) + " https://user:" + planted + "0@h.example/a?sig=" + planted + "10 /\n" +
		"ADD https://h.example/g?sig=${T}&x=1 /\n" +
		"ARG GITHUB_TOKEN=" + planted + "6\nADD https://${GITHUB_TOKEN}@h.example/g /g\n"
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	rego := "package docker\n\ndecision := {\"allow\": false, \"deny_msg\": [sprintf(\"no: %v\", [input])]}\n"
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile.rego"), []byte(rego), 0o644); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"GITHUB_TOKEN": planted + "7", "DOCKER_AUTH_CONFIG": `{"auths":{"h.example":{"auth":"` + planted + `8"}}}`, "GIT_AUTH_TOKEN": planted + "9"}
	var outputs []string
	for _, f := range report.Names() {
		outputs = append(outputs, "--format="+f)
	}
	for _, flag := range append(outputs, "--shard=1/1") {
		args := []string{"lint", flag, "--cache", "--cache-dir=kept", "Dockerfile"}
		if strings.HasPrefix(flag, "--shard") {
			args = append(args, "--format=json")
		}
		_, out, errs := runIn(t.Context(), dir, env, strings.NewReader(""), args...)
		if out == "" {
			t.Errorf("%s prints nothing", flag)
		}
		for _, line := range bytes.Split([]byte(out+errs), []byte("\n")) {
			if i := bytes.Index(line, []byte(planted)); i >= 0 {
				t.Errorf("%s prints %s", flag, line[max(0, i-60):min(len(line), i+30)])
			}
		}
	}
	kept, err := filepath.Glob(filepath.Join(dir, "kept", "lint", "*"))
	if err != nil || len(kept) == 0 {
		t.Fatal("nothing is kept", err)
	}
	for _, name := range kept {
		if text, err := os.ReadFile(name); err != nil || bytes.Contains(text, []byte(planted)) {
			t.Errorf("the cache has it: %v %s", err, text)
		}
	}
}
