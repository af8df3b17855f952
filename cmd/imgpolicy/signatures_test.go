package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	ggcr "github.com/google/go-containerregistry/pkg/registry"
	"github.com/opencontainers/go-digest"
	trust "github.com/sigstore/sigstore-go/pkg/root"

	"github.com/imgpolicy/imgpolicy/policy/resolve"
	"github.com/imgpolicy/imgpolicy/policy/sigstore"
	"github.com/imgpolicy/imgpolicy/policy/sigstore/sigstoretest"
)

const policyHead = "package docker\ndefault allow := false\nallow if input.local\ndecision := {\"allow\": allow}\n"

// runTrusting runs the program with a Sigstore and a GitHub of the test's own.
func runTrusting(t *testing.T, dir string, trusted sigstore.Roots, github string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	a := app{
		stdout: &out, stderr: &errs, trusted: trusted, github: github,
		lookupEnv: func(string) (string, bool) { return "", false },
		getwd:     func() (string, error) { return dir, nil },
	}
	code = a.run(t.Context(), args)
	return code, out.String(), errs.String()
}

// pushImage puts all of an image into a registry, and its index by a tag.
func pushImage(t *testing.T, server string, i *sigstoretest.Image, tag string) {
	t.Helper()
	send := func(method, path, media string, body []byte) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, server+"/v2/app/"+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", media)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusCreated {
			t.Fatalf("%s %s: %s", method, path, resp.Status)
		}
	}
	for d, body := range i.Blobs {
		send(http.MethodPost, "blobs/uploads/?digest="+url.QueryEscape(d.String()), "application/octet-stream", body)
	}
	for d, body := range i.Manifests {
		if d != i.Index.Digest {
			send(http.MethodPut, "manifests/"+d.String(), i.Manifest.MediaType, body)
		}
	}
	send(http.MethodPut, "manifests/"+tag, i.Index.MediaType, i.Manifests[i.Index.Digest])
}

// serveImage is a registry of one image. Those of the tests are alike, so that in
// one repository each would have the signatures of all.
func serveImage(t *testing.T, i *sigstoretest.Image) (host string) {
	t.Helper()
	server := httptest.NewServer(ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)), ggcr.WithReferrersSupport(true)))
	t.Cleanup(server.Close)
	pushImage(t, server.URL, i, "1")
	return strings.TrimPrefix(server.URL, "http://")
}

// TestImageSignatures judges images of a registry by who signed them.
func TestImageSignatures(t *testing.T) {
	t.Parallel()
	a := sigstoretest.New(t)
	signed := a.NewImage()
	a.Sign(signed, sigstoretest.Builder)
	host := serveImage(t, signed)
	dir := signedPolicy(t, host)
	code, stdout, stderr := runTrusting(t, dir, a.Trusted, "", "eval", "--resolve", "--insecure-registry", host, "--print", host+"/app:1")
	if code != exitClean || !strings.Contains(stdout, `"kind": "docker-github-builder"`) || !strings.Contains(stdout, "\nallow: ") {
		t.Errorf("exit code %d, stdout %s, stderr %s", code, stdout, stderr)
	}
	code, stdout, stderr = runTrusting(t, dir, a.Trusted, "", "lint", "--resolve", "--insecure-registry", host)
	if code != exitFound || !strings.Contains(stdout, "unpinned-image") || strings.Contains(stdout, "policy-") {
		t.Errorf("exit code %d, stdout %s, stderr %s", code, stdout, stderr)
	}
	// Offline nothing is verified.
	code, stdout, stderr = runTrusting(t, dir, a.Trusted, "", "lint")
	if code != exitFound || !strings.Contains(stdout, "needs image.hasProvenance, image.signatures") {
		t.Errorf("exit code %d, stdout %s, stderr %s", code, stdout, stderr)
	}
	trustNobody(t, dir, host)
}

// TestImagesNotSigned judges those whose signature does not hold, for whatever
// reason: to the policy they have none.
func TestImagesNotSigned(t *testing.T) {
	t.Parallel()
	a := sigstoretest.New(t)
	for name, sign := range map[string]func(*sigstoretest.Image){
		"unsigned":          func(*sigstoretest.Image) {},
		"signed by another": func(i *sigstoretest.Image) { sigstoretest.New(t).Sign(i, sigstoretest.Builder) },
		"signed elsewhere":  func(i *sigstoretest.Image) { a.Sign(i, sigstoretest.Workflow) },
		"tampered": func(i *sigstoretest.Image) {
			key := a.Key()
			i.Attach(a, sigstoretest.BundleType, sigstoretest.BundleType, a.Bundle(key,
				a.Certify(key, sigstoretest.Builder, sigstoretest.Extensions(sigstoretest.Builder), true),
				sigstoretest.Statement("https://sigstore.dev/cosign/sign/v1", digest.FromString("another image")), true), nil)
		},
	} {
		i := a.NewImage()
		sign(i)
		host := serveImage(t, i)
		code, stdout, stderr := runTrusting(t, signedPolicy(t, host), a.Trusted, "", "lint", "--resolve", "--insecure-registry", host)
		if code != exitFound || !strings.Contains(stdout, "policy-denied") || strings.Contains(stdout, "policy-unknown") {
			t.Errorf("%s: exit code %d, stdout %s, stderr %s", name, code, stdout, stderr)
		}
	}
}

// trustNobody asks for the trusted root where nobody answers.
func trustNobody(t *testing.T, dir, host string) {
	t.Helper()
	nobody := httptest.NewServer(http.NotFoundHandler())
	nobody.Close()
	down := strings.TrimPrefix(nobody.URL, "http://")
	n := &network{resolver: resolve.New(resolve.Options{Insecure: []string{down}, Retries: -1})}
	t.Cleanup(n.resolver.Close)
	code, stdout, stderr := runTrusting(t, dir, sigstore.Online("", nobody.URL, n.fetch), "", "lint", "--resolve", "--insecure-registry", host)
	if code != exitUnchecked || !strings.Contains(stdout, "policy-unknown") || !strings.Contains(stderr, down) || !strings.Contains(stderr, "connection refused") {
		t.Errorf("exit code %d, stdout %s, stderr %s", code, stdout, stderr)
	}
}

func signedPolicy(t *testing.T, host string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	write(t, dir, "Dockerfile", "FROM "+host+"/app:1\n")
	write(t, dir, "Dockerfile.rego", policyHead+"allow if docker_github_builder(input.image, \"example/app\")\n")
	return dir
}

// TestFileAttestations judges files by bundles: of the policy's own files, and
// of GitHub's.
func TestFileAttestations(t *testing.T) {
	t.Parallel()
	a := sigstoretest.New(t)
	key := a.Key()
	cert := a.Certify(key, sigstoretest.Builder, sigstoretest.Extensions(sigstoretest.Builder), true)
	file := digest.FromString("hello")
	bundle := a.Bundle(key, cert, sigstoretest.Statement("https://slsa.dev/provenance/v1", file), true)
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/file":
			fmt.Fprint(w, "hello")
		case status != http.StatusOK:
			w.WriteHeader(status)
		case r.URL.Path == "/api/repos/example/app/attestations/"+file.String():
			fmt.Fprintf(w, `{"attestations":[{"bundle":{"mediaType":"x"}},{"bundle":%s}]}`, bundle)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	dir := t.TempDir()
	write(t, dir, "good.json", string(bundle))
	write(t, dir, "bad.json", strings.Replace(string(bundle), `"payload":"`, `"payload":"e30`, 1))
	eval := func(condition string, trusted sigstore.Roots, args ...string) (int, string) {
		t.Helper()
		write(t, dir, "Dockerfile.rego", policyHead+"allow if "+condition+"\n")
		code, stdout, stderr := runTrusting(t, dir, trusted, server.URL+"/api", append([]string{"eval", server.URL + "/file"}, args...)...)
		return code, stdout + stderr
	}
	online := []string{"--resolve", "--insecure-registry", host}
	offline := []string{"--attr", "http.checksum=" + file.String(), "--metadata", "known.json"}
	write(t, dir, "known.json", `{"http":{"checksum":"`+file.String()+`"}}`)
	nobody := func(context.Context) (trust.TrustedMaterial, error) { return nil, os.ErrDeadlineExceeded }
	for _, tt := range []struct {
		condition string
		trusted   sigstore.Roots
		args      []string
		code      int
		want      string
	}{
		{`artifact_attestation(input.http, "good.json").kind == "docker-github-builder"`, a.Trusted, online, exitClean, "allow: "},
		{`docker_github_builder_bundle(input.http, "good.json", "example/app")`, a.Trusted, offline, exitClean, "allow: "},
		{`docker_github_builder_bundle(input.http, "good.json", "example/other")`, a.Trusted, online, exitFound, "deny: "},
		{`artifact_attestation(input.http, "bad.json")`, a.Trusted, online, exitFound, "deny: "},
		{`artifact_attestation(input.http, "good.json")`, nil, offline, exitFound, "deny: "}, // Sigstore's own root
		{`artifact_attestation(input.http, "good.json")`, nobody, online, exitUnchecked, "error: "},
		{`not artifact_attestation(input.http, "good.json")`, nobody, online, exitUnchecked, "error: "},

		{`github_attestation(input.http, "example/app").kind == "docker-github-builder"`, a.Trusted, online, exitClean, "allow: "},
		{`github_attestation(input.http, "example/other")`, a.Trusted, online, exitFound, "deny: "},
		{`github_attestation(input.http, "../../x")`, a.Trusted, online, exitFound, "deny: "},
		{`github_attestation(input.http, "example/app")`, sigstoretest.New(t).Trusted, online, exitFound, "deny: "},
		{`{not github_attestation(input.http, "a/b"); github_attestation(input.http, "example/app")}`, a.Trusted, online, exitClean, "allow: "},
		{`github_attestation(input.http, "example/app")`, a.Trusted, offline, exitFound, "needs http.attestations"},
		{`not github_attestation(input.http, "example/app")`, a.Trusted, offline, exitFound, "needs http.attestations"},
	} {
		if code, out := eval(tt.condition, tt.trusted, tt.args...); code != tt.code || !strings.Contains(out, tt.want) {
			t.Errorf("%s %s: exit code %d, want %d: %s", tt.condition, tt.args, code, tt.code, out)
		}
	}
	status = http.StatusForbidden
	if code, out := eval(`github_attestation(input.http, "example/app")`, a.Trusted, online...); code != exitUnchecked || !strings.Contains(out, host) {
		t.Errorf("exit code %d: %s", code, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "imgpolicy")); err == nil {
		t.Error("there is a cache")
	}
}
