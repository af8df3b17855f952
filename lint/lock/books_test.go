package lock_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint/lock"
)

// TestReadBook reads each form, told by what is in it.
func TestReadBook(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file string
		want map[string]string // digest by name, "" for none
	}{
		{"imgpolicy.lock", map[string]string{node: digest("2"), file: digest("1"), repo: commit}},
		{"metadata.json", map[string]string{
			node: digest("1"), "docker-image://registry.example.com:5000/team/app:1.2": digest("2"),
			"git://github.com/moby/buildkit.git#v0.20.0": commit, "https://example.com/tool.tgz": digest("3"),
			"docker-image://docker.io/library/alpine:latest": "", "https://example.com/unlike": "",
		}},
		{"metadata-bake.json", map[string]string{node: digest("1"), "docker-image://docker.io/library/alpine:3": digest("2")}},
		{"provenance.json", map[string]string{node: digest("1")}},
		{"source-policy.json", map[string]string{
			node: digest("1"), "docker-image://docker.io/library/alpine:3": digest("2"), "https://example.com/tool.tgz": digest("3"),
			"git://github.com/moby/buildkit.git#master": commit, "docker-image://docker.io/library/busybox:1": "",
			"docker-image://docker.io/library/debian:12": "", "docker-image://docker.io/library/ubuntu:24.04": "",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("testdata", tt.file))
			if err != nil {
				t.Fatal(err)
			}
			book, err := lock.ReadBook(tt.file, text)
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range tt.want {
				pin, ok := lock.Pin([]lock.Book{book}, name, "linux/amd64")
				if pin.Digest != want || ok != (want != "") || ok && !strings.HasPrefix(pin.From, tt.file) {
					t.Errorf("%s is pinned to %+v, want %q", name, pin, want)
				}
			}
		})
	}
}

func TestReadBookErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                "f: not JSON: ",
		"[]":                              "f: not JSON: ",
		`{"a": 1}`:                        "f: has no digests: neither metadata of docker buildx build with a provenance, nor a source policy, nor a lock",
		`{"rules": 1}`:                    "f: json: ",
		`{"materials": "x"}`:              "f: the provenance: json: ",
		`{"entries": [{}], "version": 1}`: `f:1:14: the key "identifier" is missing`,
		`{"buildx.build.provenance": {"materials": [1]}}`:        "f: buildx.build.provenance: json: ",
		`{"app": {"buildx.build.provenance": {"materials": 1}}}`: "f: buildx.build.provenance: json: ",
	} {
		if _, err := lock.ReadBook("f", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

// FuzzRead: a lock that reads is one that can be written, and is the same then;
// other files do no harm.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if book, err := lock.ReadBook("l", []byte(text)); err == nil {
			book.Pin(node, "")
		}
		l, err := lock.Read("l", []byte(text))
		if err != nil {
			return
		}
		written, err := l.Text()
		if err != nil {
			t.Fatalf("%q reads and cannot be written: %v", text, err)
		}
		again, err := lock.Read("l", written)
		if err != nil || len(again.Entries) != len(l.Entries) {
			t.Fatalf("%q is written as %q: %v", text, written, err)
		}
		if second, err := again.Text(); err != nil || string(second) != string(written) {
			t.Fatalf("%q is written as %q and then as %q: %v", text, written, second, err)
		}
	})
}
