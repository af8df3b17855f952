package source_test

import (
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

func TestUnpin(t *testing.T) {
	t.Parallel()
	const commit = "6fe9d4dd6b8a8bb5ba0d5c0a6f2a6e02ad2cf93b"
	image := func(ref string) source.Source {
		img, err := source.ParseImage(ref)
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	file := func(url, checksum string) source.Source {
		h, err := source.ParseHTTP(url, checksum)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	repository := func(word, checksum string) source.Source {
		g, isGit, err := source.ParseGit(word)
		if err != nil || !isGit {
			t.Fatal(word, isGit, err)
		}
		if checksum != "" {
			g.Checksum = checksum
		}
		return g
	}
	tests := []struct {
		src       source.Source
		name, pin string
	}{
		{image("node"), "docker-image://docker.io/library/node:latest", ""},
		{image("ghcr.io/a/b:1"), "docker-image://ghcr.io/a/b:1", ""},
		{image("node:20@" + sha256), "docker-image://docker.io/library/node:20", sha256},
		{image("node@" + sha256), "", sha256},
		{file("https://h/x?a=b#c", ""), "https://h/x?a=b#c", ""},
		{file("http://h/x", sha256), "http://h/x", sha256},
		{file("https://bot:hunter2@h/x", sha256), "", sha256},
		{file("https://h/\u202e", sha256), "", sha256},
		{repository("https://h/o/r.git", ""), "git://h/o/r.git", ""},
		{repository("https://h/o/r.git#main:sub/dir", ""), "git://h/o/r.git#main", ""},
		{repository("git@h:o/r.git#main", ""), "git://h/o/r.git#main", ""},
		{repository("https://h/r.git#v1", commit), "git://h/r.git#v1", commit},
		{repository("https://h/r.git#v1", commit[:8]), "git://h/r.git#v1", ""},
		{repository("https://h/r.git#"+commit, ""), "", commit},
		{repository("https://token@h/r.git#v1", ""), "", ""},
		{source.Local{Name: "context"}, "", ""},
	}
	for _, tt := range tests {
		name, pin := source.Unpin(tt.src)
		if name != tt.name || pin != tt.pin {
			t.Errorf("Unpin(%s) = %q, %q, want %q, %q", tt.src.Identifier(), name, pin, tt.name, tt.pin)
		}
		if name != "" && !source.IsName(name) {
			t.Errorf("IsName(%q) is false", name)
		}
		if name != "" && pin != "" && !source.IsPin(name, pin) {
			t.Errorf("IsPin(%q, %q) is false", name, pin)
		}
	}
	for _, text := range []string{
		"", "node:20", "docker-image://node:20", "docker-image://docker.io/library/node", "docker-image://docker.io/library/node:20@" + sha256,
		"docker-image://", "git://", "git://h", "git://h/r#" + commit, "https://bot:hunter2@h/x", "https://h/a b", "local://context", "ftp://h/x",
	} {
		if source.IsName(text) {
			t.Errorf("IsName(%q) is true", text)
		}
	}
	for name, pin := range map[string]string{
		"git://h/r": sha256, "https://h/x": commit, "docker-image://docker.io/library/node:20": strings.ToUpper(sha256), "https://h/y": "",
	} {
		if source.IsPin(name, pin) {
			t.Errorf("IsPin(%q, %q) is true", name, pin)
		}
	}
}
