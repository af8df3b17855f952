package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	ggcr "github.com/google/go-containerregistry/pkg/registry"

	"github.com/imgpolicy/imgpolicy/lint/lock"
)

// TestLockNetwork looks up an image and a file on loopback.
func TestLockNetwork(t *testing.T) {
	t.Parallel()
	images := ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/file" {
			fmt.Fprint(w, "hello")
			return
		}
		images.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	digest := push(t, server.URL)
	dir := t.TempDir()
	write(t, dir, "Dockerfile", "FROM "+host+"/app:1\nADD "+server.URL+"/file /\n")
	path := filepath.Join(dir, lock.FileName)

	// A Dockerfile alone does not send requests to a private address.
	code, _, stderr := runIn(t.Context(), dir, nil, nil, "lock")
	if code != exitUnchecked || !strings.Contains(stderr, "is a private address") || read(t, path) != "" {
		t.Fatalf("exit code %d, stderr %q", code, stderr)
	}
	code, stdout, stderr := runIn(t.Context(), dir, nil, nil, "lock", "--insecure-registry", host)
	const hello = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	want := fmt.Sprintf("Wrote imgpolicy.lock: 2 added, 0 changed, 0 removed, 0 as they were\n"+
		"  + docker-image://%s/app:1 %s (the registry)\n  + %s/file %s (the server)\n", host, digest, server.URL, hello)
	if code != exitClean || stdout != want || stderr != "" {
		t.Fatalf("exit code %d, stdout %q, want %q, stderr %q", code, stdout, want, stderr)
	}
	if _, err := lock.Read(lock.FileName, []byte(read(t, path))); err != nil {
		t.Error(err)
	}

	// A registry that is down is named, with what was asked for, and the lock stays.
	before := read(t, path)
	server.Close()
	code, _, stderr = runIn(t.Context(), dir, nil, nil, "lock", "--update", "--insecure-registry", host)
	if code != exitUnchecked || !strings.HasPrefix(stderr, "imgpolicy: Dockerfile:1: "+host+"/app:1: ") || read(t, path) != before {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}

// push puts an image, app:1, into a registry and returns its digest.
func push(t *testing.T, server string) string {
	t.Helper()
	send := func(method, path, media, text string) string {
		t.Helper()
		digest := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text)))
		request, err := http.NewRequestWithContext(t.Context(), method, server+"/v2/app/"+strings.Replace(path, "DIGEST", url.QueryEscape(digest), 1), strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", media)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusCreated {
			t.Fatalf("%s %s: %s", method, path, response.Status)
		}
		return digest
	}
	const config = `{"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}`
	id := send(http.MethodPost, "blobs/uploads/?digest=DIGEST", "application/octet-stream", config)
	const media = "application/vnd.oci.image.manifest.v1+json"
	return send(http.MethodPut, "manifests/1", media, fmt.Sprintf(
		`{"schemaVersion": 2, "mediaType": %q, "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": %d, "digest": %q}, "layers": []}`,
		media, len(config), id))
}
