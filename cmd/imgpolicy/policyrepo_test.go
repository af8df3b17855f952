package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPolicyRepository publishes policies in every way that a config can extend
// them by, and lints by them without any connection.
func TestPolicyRepository(t *testing.T) {
	t.Parallel()
	h := newHosts(t)
	home := t.TempDir()
	run := func(want int, args ...string) (stdout, stderr string) {
		t.Helper()
		code, stdout, stderr := h.runWith(home, []string{"XDG_CACHE_HOME=" + filepath.Join(home, "cache")}, args...)
		if code != want {
			t.Fatalf("%v ended with %d, want %d: %s%s", args, code, want, stdout, stderr)
		}
		return stdout, stderr
	}
	has := func(got, want string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	write(t, home, "policies/.imgpolicy.yaml", "extends: org/base.yaml\nlevel: program\nname: payments\n")
	write(t, home, "policies/org/base.yaml", "level: organization\nname: acme\nregistries: [registry.example.com]\n")
	write(t, home, "policies/catalog.json", `{"version": 1, "images": []}`)
	write(t, home, "app/Dockerfile", "FROM node:20@sha256:"+strings.Repeat("1", 64)+"\n")

	out, _ := run(exitClean, "policy", "push", "--dry-run", "policies", "oci://ghcr.io/acme/policies:1")
	has(out, "Would publish 3 files as ghcr.io/acme/policies:1")
	out, _ = run(exitClean, "policy", "push", "policies", "oci://ghcr.io/acme/policies:1")
	ref := regexp.MustCompile("extends: (oci://ghcr.io/acme/policies@sha256:[0-9a-f]{64})`").FindStringSubmatch(out)
	if ref == nil {
		t.Fatalf("no reference in %s", out)
	}
	again, _ := run(exitClean, "policy", "push", "policies", "oci://ghcr.io/acme/policies:1")
	if again != out {
		t.Errorf("published again it is %s, want %s", again, out)
	}

	h.repository() // makes the folder
	write(t, h.dir, "policies/.imgpolicy.yaml", "level: organization\nname: acme\ncatalog: lists/catalog.json\n")
	write(t, h.dir, "policies/lists/catalog.json", `{"version": 1, "images": []}`)
	h.gitIn("init", "-q", "policies")
	h.gitIn("-C", "policies", "add", ".")
	h.gitIn("-C", "policies", "commit", "-q", "-m", "policies")
	h.gitIn("clone", "-q", "--bare", "policies", "team/policies.git")
	h.gitIn("-C", "team/policies.git", "config", "uploadpack.allowAnySHA1InWant", "true")
	commit := strings.TrimSpace(h.gitIn("-C", "policies", "rev-parse", "HEAD"))
	file := "this is /base.yaml\n" // which is no config
	served := "level: organization\nname: acme\nregistries: [registry.example.com]\n"
	serving := func(w http.ResponseWriter, req *http.Request) bool {
		if req.URL.Path != "/served.yaml" {
			return false
		}
		fmt.Fprint(w, served)
		return true
	}
	h.fault.Store(&serving)
	hash := func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

	for _, tt := range []struct{ name, extends, finds string }{
		{"oci", ref[1], "is from no allowed registry"},
		{"oci file", ref[1] + "#org/base.yaml", "is from no allowed registry"},
		{"https", "https://example.com/served.yaml#sha256=" + hash(served), "is from no allowed registry"},
		{"git", "https://github.com/team/policies.git#" + commit, "image-not-approved"},
	} {
		removeAll(t, filepath.Join(home, "cache"))
		write(t, home, "app/.imgpolicy.yaml", "# "+tt.name+"\nextends: "+tt.extends+"\nlevel: application\n")
		_, errs := run(exitUnchecked, "lint", "app")
		has(errs, "app/.imgpolicy.yaml:2:1: the config it extends cannot be read: it is not here yet: `imgpolicy policy pull` fetches it")
		out, _ := run(exitClean, "policy", "pull", "app/.imgpolicy.yaml")
		has(out, "Fetched "+tt.extends)
		out, _ = run(exitClean, "policy", "pull", "app/.imgpolicy.yaml")
		has(out, "Everything is here already")
		asked := h.requests.Load()
		out, _ = run(exitFound, "lint", "app")
		has(out, tt.finds)
		if now := h.requests.Load(); now != asked {
			t.Errorf("%s: lint asked %d times", tt.name, now-asked)
		}
		// What is kept and is not what was pinned is no policy.
		tampered := false
		_ = filepath.WalkDir(filepath.Join(home, "cache", "imgpolicy", "policies"), func(path string, d os.DirEntry, _ error) error {
			if !d.IsDir() && filepath.Ext(path) == ".yaml" && !tampered {
				tampered = true
				return os.WriteFile(path, []byte("level: application\n"), 0o600)
			}
			return nil
		})
		_, errs = run(exitUnchecked, "lint", "app")
		has(errs, "has changed: remove that directory, and run `imgpolicy policy pull`")
		removeAll(t, filepath.Join(home, "cache"))
		run(exitFound, "lint", "--resolve", "app")
	}

	for _, tt := range []struct{ config, want string }{
		{"extends: https://example.com/served.yaml#sha256=" + hash(file), "the content has changed: its SHA-256 is " + hash(served) + ", and " + hash(file) + " is pinned"},
		{"extends: https://example.com/served.yaml", "a config from a server is pinned: write https://example.com/served.yaml#sha256="},
		{"extends: oci://ghcr.io/acme/policies:1", "a config from a registry is pinned to a digest: write oci://ghcr.io/acme/policies@sha256:"},
		{"extends: https://github.com/team/policies.git#main", "is pinned to a commit: write https://github.com/team/policies.git#<commit in full>"},
		{"extends: " + ref[1] + "#none.yaml", "it has no file none.yaml"},
		{"extends: " + ref[1] + "#../x.yaml", "the file leads out of the repository or artifact"},
		{"extends: ftp://example.com/x.yaml", "a config comes from a path, https://"},
	} {
		write(t, home, "app/.imgpolicy.yaml", tt.config+"\n")
		_, errs := run(exitUnchecked, "policy", "pull", "app/.imgpolicy.yaml")
		has(errs, "app/.imgpolicy.yaml:1:")
		has(errs, tt.want)
	}
	served = "policies: [x.rego]\n"
	write(t, home, "app/.imgpolicy.yaml", "extends: https://example.com/served.yaml#sha256="+hash(served)+"\n")
	_, errs := run(exitUnchecked, "policy", "pull", "app/.imgpolicy.yaml")
	has(errs, "comes alone, so it names no files")
}

func removeAll(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
}
