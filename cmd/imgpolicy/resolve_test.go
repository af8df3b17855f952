package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// attested puts an image with a provenance under team/attested:1.
func (h *hosts) attested() {
	h.t.Helper()
	const repo = "team/attested"
	const config = `{"architecture": "amd64", "os": "linux", "config": {"Labels": {"of": "attested"}}, "rootfs": {"type": "layers", "diff_ids": []}}`
	const statement = `{"predicateType": "https://slsa.dev/provenance/v1", "predicate": {"buildDefinition": {"buildType": "t"}, "runDetails": {"builder": {"id": "https://ci.example"}}}}`
	manifest := func(config, layers string) string {
		digest := h.put(repo+"/blobs/", "application/octet-stream", config)
		return fmt.Sprintf(`{"schemaVersion": 2, "mediaType": %q, "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": %d, "digest": %q}, "layers": [%s]}`,
			manifestMedia, len(config), digest, layers)
	}
	put := func(text string) string { // under its digest, for the registry to say
		digest := h.put(repo+"/manifests/any", manifestMedia, text)
		return h.put(repo+"/manifests/"+digest, manifestMedia, text)
	}
	image := manifest(config, "")
	of := put(image)
	proof := manifest("{}", fmt.Sprintf(`{"mediaType": "application/vnd.in-toto+json", "digest": %q, "size": %d, "annotations": {"in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"}}`,
		h.put(repo+"/blobs/", "application/octet-stream", statement), len(statement)))
	h.put(repo+"/manifests/1", indexMedia, fmt.Sprintf(`{"schemaVersion": 2, "mediaType": %q, "manifests": [
{"mediaType": %q, "digest": %q, "size": %d, "platform": {"os": "linux", "architecture": "amd64"}},
{"mediaType": %q, "digest": %q, "size": %d, "platform": {"os": "unknown", "architecture": "unknown"},
 "annotations": {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": %q}}]}`,
		indexMedia, manifestMedia, of, len(image), manifestMedia, put(proof), len(proof), of))
}

// regoAllowing is a policy that allows what meets one condition, of one kind of
// source.
func regoAllowing(kind, condition string) string {
	return "package docker\n\ndefault allow := false\n\nallow if input.local\nallow if {\n\tinput." + kind + "\n\t" + condition + "\n}\n" +
		"deny_msg contains \"no: " + kind + "\" if not allow\n\ndecision := {\"allow\": allow, \"deny_msg\": deny_msg}\n"
}

// TestResolvePolicies: what policies need is looked up, decided by, and where that
// fails they say why.
func TestResolvePolicies(t *testing.T) {
	t.Parallel()
	h := newHosts(t)
	h.image("team/app", "1", "core")
	h.attested()
	commits := h.repository()
	const app, attested, file, git = "ghcr.io/team/app:1", "ghcr.io/team/attested:1", "https://example.com/file", "https://github.com/team/app.git#v1.2.0"
	const sum = "sha256:31f0ca88c29fc55e5ae744939850ee1d7b353ddb0859f5d4c65a9829b8c158a5"
	tests := []struct {
		name, add, kind, condition string
		allow                      bool
	}{
		{"label", app, "image", `input.image.labels.of == "core"`, true},
		{"another label", app, "image", `input.image.labels.of == "edge"`, false},
		{"provenance", attested, "image", `input.image.hasProvenance`, true},
		{"no provenance", app, "image", `input.image.hasProvenance`, false},
		{"builder", attested, "image", `input.image.provenance.builderID == "https://ci.example"`, true},
		{"another builder", attested, "image", `input.image.provenance.builderID == "https://else.example"`, false},
		{"checksum of a file", file, "http", `input.http.checksum == "` + sum + `"`, true},
		{"another checksum", file, "http", `input.http.checksum == "sha256:00"`, false},
		{"tag", git, "git", `input.git.tagName == "v1.2.0"; input.git.isAnnotatedTag`, true},
		{"tagger", git, "git", `input.git.tag.tagger.email == "grace@example.com"`, true},
		{"author", git, "git", `input.git.commit.author.name == "Ada"`, true},
		{"another author", git, "git", `input.git.commit.author.name == "Eve"`, false},
		{"commit", git, "git", `input.git.commitChecksum == "` + commits["v1.2.0"] + `"`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			text := "FROM scratch\nADD " + tt.add + " /\n"
			if tt.kind == "image" {
				text = "FROM " + tt.add + "\n"
			}
			writeFiles(t, dir, map[string]string{
				"Dockerfile": text, "Dockerfile.rego": regoAllowing(tt.kind, tt.condition),
			})
			lint := []string{"lint", "--disable", "unpinned-image", "--disable", "latest-tag", "--disable", "unpinned-git", "--disable", "missing-checksum"}
			_, stdout, _ := h.run(dir, lint...)
			if !strings.Contains(stdout, "policy-unknown") || !strings.Contains(stdout, "--resolve") && !strings.Contains(stdout, "offline") {
				t.Errorf("offline lint says\n%s", stdout)
			}
			wantCode, want := exitFound, "[policy-denied]"
			if tt.allow {
				wantCode, want = exitClean, "No "
			}
			code, stdout, stderr := h.run(dir, append(lint, "--resolve")...)
			if code != wantCode || !strings.Contains(stdout, want) || strings.Contains(stdout, "policy-unknown") || stderr != "" {
				t.Errorf("lint --resolve ends with %d:\n%s%s", code, stdout, stderr)
			}
			code, stdout, stderr = h.run(dir, "eval", "--resolve", tt.add)
			if code != wantCode || stderr != "" {
				t.Errorf("eval --resolve ends with %d:\n%s%s", code, stdout, stderr)
			}
		})
	}
	t.Run("not found out", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		writeFiles(t, dir, map[string]string{"Dockerfile": "FROM ghcr.io/team/none:1\n", "Dockerfile.rego": regoAllowing("image", `input.image.labels.of == "core"`)})
		code, stdout, stderr := h.run(dir, "lint", "--resolve")
		if code != exitUnchecked || !strings.Contains(stdout, "policy-unknown") || !strings.Contains(stdout, "that was not found out: ghcr.io/team/none:1: it answered 404 Not Found") ||
			strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "imgpolicy: Dockerfile:1: ghcr.io/team/none:1: it answered 404 Not Found") {
			t.Errorf("lint --resolve ends with %d:\n%s%s", code, stdout, stderr)
		}
		code, stdout, stderr = h.run(dir, "eval", "--resolve", "ghcr.io/team/none:1")
		if code == exitClean || !strings.Contains(stdout+stderr, "ghcr.io/team/none:1: it answered 404 Not Found") {
			t.Errorf("eval --resolve ends with %d:\n%s%s", code, stdout, stderr)
		}
	})
}

// TestResolveMoved moves tags and takes away what Dockerfiles are pinned to.
func TestResolveMoved(t *testing.T) {
	t.Parallel()
	h := newHosts(t)
	kept := h.image("team/app", "1", "one")
	h.image("team/gone", "1", "gone")
	h.repository()
	dir := t.TempDir()
	write(t, dir, "Dockerfile", "FROM ghcr.io/team/app:1 AS a\nFROM ghcr.io/team/gone:1\nADD https://github.com/team/app.git#v1.2.0 /\nADD https://github.com/team/app.git#main /\n")
	if code, stdout, stderr := h.run(dir, "fix", "--resolve"); code != exitClean {
		t.Fatalf("fix ends with %d:\n%s%s", code, stdout, stderr)
	}
	if code, stdout, stderr := h.run(dir, "lint", "--resolve"); code != exitClean || !strings.HasPrefix(stdout, "No ") {
		t.Fatalf("lint ends with %d:\n%s%s", code, stdout, stderr)
	}
	now := h.image("team/app", "1", "two")
	h.gitIn("-C", filepath.Join("team", "app.git"), "tag", "-f", "-a", "-m", "moved", "v1.2.0", "main")
	h.gitIn("-C", filepath.Join("team", "app.git"), "commit", "--quiet", "--allow-empty", "--amend", "-m", "another history")
	fault := at("/v2/team/gone/manifests/", answers(http.StatusNotFound))
	h.fault.Store(&fault)
	// The tags are in the cache for a while, which --cache-dir of its own is not.
	code, stdout, stderr := h.run(dir, "lint", "--resolve", "--cache-dir", filepath.Join(h.dir, "new"), "--format", "text")
	for _, want := range []string{
		"info[moved-tag]: ghcr.io/team/app:1 has the digest " + now[:19], "and is pinned to " + kept[:19], "error[digest-gone]: ghcr.io/team/gone:1 is pinned to ", "[moved-tag]: https://github.com/team/app.git#v1.2.0 is at the commit ",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if code != exitFound || stderr != "" {
		t.Errorf("lint ends with %d: %s", code, stderr)
	}
}
