package resolve_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

// tokens is a registry that wants tokens from the server at realm.
func tokens(h http.Handler, realm func() string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Authorization") != "Bearer let-me-in" {
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+realm()+`",service="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, req)
	})
}

// tokenServer gives a token to ada.
func tokenServer(w http.ResponseWriter, req *http.Request) {
	if user, password, _ := req.BasicAuth(); user != "ada" || password != "secret" || req.URL.Query().Get("scope") != "repository:app:pull" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	fmt.Fprint(w, `{"access_token":"let-me-in"}`)
}

// dockerConfig writes a config.json and is its folder.
func dockerConfig(t *testing.T, v any) string {
	t.Helper()
	dir := t.TempDir()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTokens(t *testing.T) {
	t.Parallel()
	h := newRegistry()
	d := depot{t, h}
	index := d.index("app", "1", d.image("app", "linux/amd64", "core"))
	var realm atomic.Value
	host, roots := serve(t, tokens(h, func() string { return realm.Load().(string) }))
	auth, _ := serve(t, http.HandlerFunc(tokenServer))
	_, port, _ := net.SplitHostPort(auth)
	helpers := t.TempDir()
	script := "#!/bin/sh\nread key\n[ \"$key\" = " + host + " ] || { echo credentials not found in native keychain; exit 1; }\necho '{\"Username\":\"ada\",\"Secret\":\"secret\"}'\n"
	for name, text := range map[string]string{"docker-credential-test": script, "docker-credential-broken": "#!/bin/sh\necho no keyring >&2\nexit 1\n"} {
		if err := os.WriteFile(filepath.Join(helpers, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	entry := map[string]string{"auth": base64.StdEncoding.EncodeToString([]byte("ada:secret"))}
	for _, tt := range []struct {
		name   string
		config map[string]any
		text   string
	}{
		{"auths", map[string]any{"auths": map[string]any{host: entry}}, ""},
		{"auths as URL", map[string]any{"auths": map[string]any{"https://" + host + "/v2/": entry}}, ""},
		{"credHelpers", map[string]any{"credHelpers": map[string]any{host: "test"}}, ""},
		{"credsStore", map[string]any{"auths": map[string]any{host: map[string]any{}}, "credsStore": "test"}, ""},
		{"none", map[string]any{"auths": map[string]any{"other.example": entry}}, "the token server localhost:" + port + " answered 401 Unauthorized"},
		{"a helper that fails", map[string]any{"credHelpers": map[string]any{host: "broken"}}, "docker-credential-broken failed: docker-credential-broken: no keyring"},
		{"a helper that is missing", map[string]any{"credHelpers": map[string]any{host: "nowhere"}}, "the command docker-credential-nowhere is not installed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(host, roots)
			o.RootCAs, o.DockerConfig, o.Environ = roots, dockerConfig(t, tt.config), []string{"PATH=" + helpers + ":/usr/bin:/bin"}
			// The certificate of the token server is for example.com and 127.0.0.1.
			realm.Store("https://localhost:" + port + "/token")
			o.Insecure = []string{"localhost:" + port}
			r := resolve.New(o)
			defer r.Close()
			pin, err := r.Pin(t.Context(), image(t, host+"/app:1"), "")
			if tt.text == "" {
				if err != nil || pin.Digest != index.String() {
					t.Errorf("%+v, %v", pin, err)
				}
				return
			}
			if !errors.Is(err, resolve.ErrUnauthorized) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%v, want %s", err, tt.text)
			}
		})
	}
	t.Run("a realm at a private address", func(t *testing.T) {
		for _, at := range []string{"https://127.0.0.1:" + port, "https://localhost:" + port, "https://169.254.169.254"} {
			realm.Store(at + "/token")
			res := resolve.New(options(host, roots))
			if _, err := res.Pin(t.Context(), image(t, host+"/app:1"), ""); !errors.Is(err, resolve.ErrPrivateAddress) {
				t.Errorf("%s: %v, want %v", at, err, resolve.ErrPrivateAddress)
			}
			res.Close()
		}
	})
	t.Run("a realm without TLS", func(t *testing.T) {
		realm.Store("http://localhost:" + port + "/token")
		res := resolve.New(options(host, roots))
		defer res.Close()
		if _, err := res.Pin(t.Context(), image(t, host+"/app:1"), ""); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
	})
}

// TestDockerConfigAllows asks a registry on loopback that Docker knows.
func TestDockerConfigAllows(t *testing.T) {
	t.Parallel()
	h := newRegistry()
	d := depot{t, h}
	d.index("app", "1", d.image("app", "linux/amd64", "core"))
	host, roots := serve(t, h)
	o := resolve.Options{RootCAs: roots, DockerConfig: dockerConfig(t, map[string]any{"auths": map[string]any{host: map[string]any{}}})}
	r := resolve.New(o)
	defer r.Close()
	if _, err := r.Pin(t.Context(), image(t, host+"/app:1"), ""); err != nil {
		t.Error(err)
	}
}
