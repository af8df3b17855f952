package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint/lock"
)

// faulty is a repository of which one source cannot be had, one can, and of which
// there is something to say whatever is looked up.
const faulty = "FROM ghcr.io/team/app:1 AS a\nFROM ghcr.io/team/other:1\nADD https://example.com/file /\n" +
	"ADD https://github.com/team/app.git#v1.2.0 /\nSHELL []\n"

// at answers in place of a path of the hosts.
func at(path string, answer http.HandlerFunc) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, req *http.Request) bool {
		if !strings.HasPrefix(req.URL.Path, path) {
			return false
		}
		answer(w, req)
		return true
	}
}

// answers is a status, and what it says with it.
func answers(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

// half is an answer that ends in the middle.
func half(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = fmt.Fprint(w, `{"schemaVersion": 2`)
}

// TestFaults gives every command that looks things up each fault: it is named with
// its host and reference, nothing wrong is written, and the rest is done.
func TestFaults(t *testing.T) {
	t.Parallel()
	const app, file, git = "/v2/team/app/manifests/", "/file", "/team/app.git/"
	tests := []struct {
		name  string
		path  string
		fault http.HandlerFunc
		want  string // what is said of it
	}{
		{"401", app, answers(401), "ghcr.io/team/app:1: it answered 401 Unauthorized; it may not exist, or needs: docker login ghcr.io"},
		{"404", app, answers(404), "ghcr.io/team/app:1: it answered 404 Not Found"},
		{"429", app, answers(429, "Retry-After", "3600"), "ghcr.io/team/app:1: it answered 429 Too Many Requests, try again after 3600 seconds"},
		{"503", app, answers(503, "Retry-After", "3600"), "ghcr.io/team/app:1: it answered 503 Service Unavailable"},
		{"half a manifest", app, half, "ghcr.io/team/app:1: the connection ended in the middle of the answer"},
		{"half a file", file, half, "https://example.com/file: the connection ended in the middle of the answer"},
		{"no file", file, answers(404), "https://example.com/file: it answered 404 Not Found"},
		{"no repository", git, answers(404), "https://github.com/team/app.git#v1.2.0: git: repository 'https://github.com/team/app.git/' not found"},
		{"half a repository", git, half, "https://github.com/team/app.git#v1.2.0: git: unable to access 'https://github.com/team/app.git/': "},
		{"a repository for others", git, answers(401, "WWW-Authenticate", "Basic"), "https://github.com/team/app.git#v1.2.0: git: it wants a password, and there is none for it; it may not exist, or be private"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHosts(t)
			h.image("team/app", "1", "app")
			h.image("team/other", "1", "other")
			h.repository()
			fault := at(tt.path, tt.fault)
			h.fault.Store(&fault)
			h.checkFault(t, tt.want)
		})
	}
}

// checkFault runs what looks things up.
func (h *hosts) checkFault(t *testing.T, want string, flags ...string) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "Dockerfile", faulty)
	for _, args := range []string{"lint --resolve --format compact", "fix --check --resolve", "lock", "fix --resolve"} {
		code, stdout, stderr := h.run(dir, append(strings.Fields(args), flags...)...)
		if code != exitUnchecked || !strings.HasPrefix(stderr, "imgpolicy: Dockerfile:") || !strings.Contains(stderr, ": "+want) || strings.Contains(stderr, "docker-image:") {
			t.Errorf("imgpolicy %s ends with %d: %q, want %q", args, code, stderr, want)
		}
		if args != "lock" && !strings.Contains(stdout, "SHELL requires") {
			t.Errorf("imgpolicy %s does not say the rest:\n%s", args, stdout)
		}
	}
	if read(t, filepath.Join(dir, lock.FileName)) != "" {
		t.Error("a lock was written")
	}
	if n := strings.Count(read(t, filepath.Join(dir, "Dockerfile")), "\n"); n != strings.Count(faulty, "\n") {
		t.Errorf("the Dockerfile has %d lines", n)
	}
}
