package lint_test

import (
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

func TestParseRegistry(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"ghcr.io", ""},
		{"ghcr.io/acme", ""},
		{"localhost", ""},
		{"localhost:5000/a", ""},
		{"*.corp.example/team-*/base", ""},
		{"[::1]:5000/a", ""},
		{"", "empty"},
		{"https://ghcr.io", "no scheme"},
		{"ghcr.io/", "slash at the end"},
		{"ghcr.io//a", "part of the path is empty"},
		{"acme/app", "docker.io/acme/app"},
		{"acme", "docker.io/acme"},
		{"index.docker.io/library", "docker.io"},
		{"ghcr.io/acme:1", "no tag"},
		{"ghcr.io/acme@sha256:00", "HOST/PATH"},
		{"ghcr.io/Acme", "lower case"},
		{"ghcr.io:latest", `"ghcr.io:latest" is no HOST:PORT`},
		{"ghcr.io:99999/a", `"ghcr.io:99999" is no HOST:PORT`},
		{":5000", `":5000" is no HOST:PORT`},
		{"localhost:*/a", ""},
		{"::1", "in brackets: [::1]"},
		{"[::1", "[ADDRESS]"},
		{"[::1]a", "[ADDRESS]"},
	}
	for _, tt := range tests {
		_, err := lint.ParseRegistry(tt.text)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParseRegistry(%q): %v, want %q", tt.text, err, tt.want)
		}
	}
}

func TestParseHost(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"github.com": "", "*.example.com:443": "", "[::1]": "", "": "empty", "https://a": "no scheme", "a/b": "without a path", "a@b": "HOST",
		"::1": "in brackets: [::1]", "a:x": "no HOST:PORT", "a:": "no HOST:PORT", "[::1]:80": "", "[::1]:": "no HOST:PORT", "*:8*": "",
	} {
		_, err := lint.ParseHost(text)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("ParseHost(%q): %v, want %q", text, err, want)
		}
	}
}

// TestAllows tries what entries must tell apart; the rules' own cases have more.
func TestAllows(t *testing.T) {
	t.Parallel()
	images := []struct {
		entry, image string
		want         bool
	}{
		{"ghcr.io/acme", "ghcr.io/acme/a", true},
		{"ghcr.io/acme/a", "ghcr.io/acme", false},
		{"*/acme", "ghcr.io/acme/a", true},
		{"*", "alpine", true},
		{"docker.io/*", "alpine", true},
		{"ghcr.io/*/base", "ghcr.io/a/base", true},
		{"ghcr.io/*/base", "ghcr.io/a/b/base", false},
		{"ghcr.io/a*c", "ghcr.io/abcabc", true},
		{"ghcr.io/a*c", "ghcr.io/abcab", false},
		{"ghcr.io/" + strings.Repeat("a*", 100) + "b", "ghcr.io/" + strings.Repeat("a", 200), false},
	}
	for _, tt := range images {
		e, err := lint.ParseRegistry(tt.entry)
		if err != nil {
			t.Fatal(err)
		}
		img, err := source.ParseImage(tt.image)
		if err != nil {
			t.Fatal(err)
		}
		l := lint.AllowList{Entries: []lint.AllowEntry{e}}
		if got := l.AllowsImage(img); got != tt.want {
			t.Errorf("%q allows %q: %v, want %v", tt.entry, tt.image, got, tt.want)
		}
	}
	hosts := []struct {
		entry, host string
		want        bool
	}{
		{"a.example", "a.example:8443", true},
		{"a.example:443", "a.example", false},
		{"[::1]", "[::1]:80", true},
		{"*.example", "x.y.example", true},
		{"*.example", "example", false},
		{"A.example.", "a.EXAMPLE", true},
		{"*", "", false},
	}
	for _, tt := range hosts {
		e, err := lint.ParseHost(tt.entry)
		if err != nil {
			t.Fatal(err)
		}
		l := lint.AllowList{Entries: []lint.AllowEntry{e}}
		if got := l.AllowsHost(tt.host); got != tt.want {
			t.Errorf("%q allows %q: %v, want %v", tt.entry, tt.host, got, tt.want)
		}
	}
	if l := (lint.AllowList{}); l.AllowsHost("a") {
		t.Error("an empty list allows a host")
	}
}
