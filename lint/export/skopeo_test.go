package export_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/imgpolicy/imgpolicy/lint/export/exporttest"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// pushed starts a registry on loopback, and puts an image at some places of it.
func pushed(t *testing.T, places ...string) (host, digest string) {
	t.Helper()
	h := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	put := func(method, path, mediaType, body string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", mediaType)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != http.StatusCreated {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
	}
	sum := func(text string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))) }
	const config = `{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}`
	manifest := fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":%q,"size":%d},"layers":[]}`, sum(config), len(config))
	for _, at := range places {
		repository, tag, _ := strings.Cut(at, ":")
		put(http.MethodPost, "/v2/"+repository+"/blobs/uploads/?digest="+sum(config), "application/octet-stream", config)
		put(http.MethodPut, "/v2/"+repository+"/manifests/"+tag, "application/vnd.oci.image.manifest.v1+json", manifest)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://"), sum(manifest)
}

// TestSkopeo has Debian's skopeo copy by the exported policy and registries: what
// is approved comes from the private registry under its public name, and all else
// is refused, though the registry has it.
func TestSkopeo(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("skopeo"); err != nil {
		t.Skip("skopeo is not installed (Debian: skopeo)")
	}
	const alpine = "docker.io/library/alpine"
	host, digest := pushed(t, "approved/"+alpine+":3.20", "approved/"+alpine+":3.19", "approved/docker.io/acme/other:1", "own/app:1", "tools/tool:v1", "elsewhere/app:1")
	c := &catalog.Catalog{Registry: host + "/approved", Internal: []string{host + "/own"}}
	for _, at := range [][3]string{{alpine, "3.20", host + "/approved/" + alpine}, {"ghcr.io/acme/tool", "v1", host + "/tools/tool"}} {
		v := exporttest.Version(at[1], at[0], today())
		v.Digest, v.Platforms, v.Private = digest, nil, at[2]+":"+at[1]
		c.Put(catalog.Image{Name: at[0]}, v)
	}
	dir := t.TempDir()
	for _, form := range []string{"containers-policy", "registries-conf"} {
		for _, f := range exported(t, exporttest.Of(c, today()), form).Files {
			// The registry of the test has no TLS.
			text := strings.ReplaceAll(string(f.Text), "[[registry.mirror]]\n", "[[registry.mirror]]\ninsecure = true\n")
			if err := os.WriteFile(filepath.Join(dir, f.Name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for ref, says := range map[string]string{
		alpine + ":3.20":                                      "",
		alpine + "@" + digest:                                 "",
		"ghcr.io/acme/tool:v1":                                "",
		host + "/approved/" + alpine + ":3.20":                "",
		host + "/tools/tool@" + digest:                        "",
		host + "/own/app:1":                                   "",
		alpine + ":3.19":                                      "rejected by policy",
		"docker.io/acme/other:1":                              "rejected by policy",
		host + "/approved/" + alpine + ":3.19":                "rejected by policy",
		host + "/elsewhere/app:1":                             "rejected by policy",
		"docker.io/library/unheard:1":                         "registry docker.io is blocked",
		"ghcr.io/acme/tool@sha256:" + strings.Repeat("0", 64): "manifest unknown",
	} {
		t.Run(ref, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, "skopeo", "--policy", filepath.Join(dir, "policy.json"), "--registries-conf", filepath.Join(dir, "registries.conf"),
				"copy", "--src-tls-verify=false", "docker://"+ref, "dir:"+t.TempDir())
			cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "CONTAINERS_REGISTRIES_CONF=" + filepath.Join(dir, "registries.conf")}
			out, err := cmd.CombinedOutput()
			if (err == nil) != (says == "") || !strings.Contains(strings.ToLower(string(out)), says) {
				t.Errorf("skopeo: %v, %s; want %q", err, out, says)
			}
		})
	}
}
