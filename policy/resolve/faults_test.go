package resolve_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/policy"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

// between puts a fault in front of a registry: it answers itself where it
// returns true.
func between(h http.Handler, fault func(w http.ResponseWriter, req *http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/v2/" && fault(w, req) {
			return
		}
		h.ServeHTTP(w, req)
	})
}

func status(code int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(code)
		fmt.Fprint(w, `{"errors":[{"code":"SOME_CODE","message":"it said\u001b[31m so"}]}`)
		return true
	}
}

// TestRegistryFaults gives each fault once and asks for the error, which must
// name the host and the reference.
func TestRegistryFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault func(http.ResponseWriter, *http.Request) bool
		kind  error
		text  string
	}{
		{"unauthorized", status(http.StatusUnauthorized), resolve.ErrUnauthorized, "it answered 401 Unauthorized: SOME_CODE: it said�[31m so"},
		{"forbidden", status(http.StatusForbidden), resolve.ErrUnauthorized, "it may not exist, or needs: docker login 127.0.0.1:"},
		{"not found", status(http.StatusNotFound), resolve.ErrNotFound, "404"},
		{"rate limited", status(http.StatusTooManyRequests), resolve.ErrRateLimited, "429"},
		{"rate limited for long", func(w http.ResponseWriter, req *http.Request) bool {
			w.Header().Set("Retry-After", "3600")
			return status(http.StatusTooManyRequests)(w, req)
		}, resolve.ErrRateLimited, "try again after 3600 seconds"},
		{"rate limited for ever", func(w http.ResponseWriter, req *http.Request) bool {
			w.Header().Set("Retry-After", "99999999999")
			return status(http.StatusTooManyRequests)(w, req)
		}, resolve.ErrRateLimited, "try again after 99999999999 seconds"},
		{"rate limited until a date", func(w http.ResponseWriter, req *http.Request) bool {
			w.Header().Set("Retry-After", "Fri, 31 Dec 2100 23:59:59 GMT")
			return status(http.StatusTooManyRequests)(w, req)
		}, resolve.ErrRateLimited, "try again after Fri, 31 Dec 2100 23:59:59 GMT"},
		{"tells credentials", func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"errors":[{"code":"PROXIED","message":"by https://ada:hunter2@proxy.example"}]}`)
			return true
		}, resolve.ErrInvalid, "PROXIED: by https://***@proxy.example"},
		{"leads to a file", func(w http.ResponseWriter, req *http.Request) bool {
			http.Redirect(w, req, "file:///etc/passwd", http.StatusFound)
			return true
		}, resolve.ErrUnsupported, "it leads to a URL of \"file\""},
		{"broken", status(http.StatusBadGateway), resolve.ErrUnavailable, "502"},
		{"half a body", func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"schemaVersion":2`)
			return true
		}, resolve.ErrUnavailable, "the connection ended in the middle"},
		{"no manifest", func(w http.ResponseWriter, _ *http.Request) bool {
			fmt.Fprint(w, "<html>welcome</html>")
			return true
		}, resolve.ErrInvalid, "not JSON"},
		{"ambiguous manifest", func(w http.ResponseWriter, _ *http.Request) bool {
			fmt.Fprint(w, `{"schemaVersion":2,"manifests":[],"layers":[]}`)
			return true
		}, resolve.ErrInvalid, "neither that of an image nor an index"},
		{"schema 1", func(w http.ResponseWriter, _ *http.Request) bool {
			fmt.Fprint(w, `{"schemaVersion":1,"fsLayers":[]}`)
			return true
		}, resolve.ErrUnsupported, "schema 1"},
		{"too large", func(w http.ResponseWriter, _ *http.Request) bool {
			chunk := strings.Repeat(" ", 1<<20)
			for range 5 {
				fmt.Fprint(w, chunk)
			}
			return true
		}, resolve.ErrTooLarge, "more than 4194304 bytes"},
		{"slow", func(_ http.ResponseWriter, req *http.Request) bool {
			select {
			case <-req.Context().Done():
			case <-time.After(5 * time.Second):
			}
			return true
		}, resolve.ErrTimeout, "no answer within 300ms"},
		{"redirect without end", func(w http.ResponseWriter, req *http.Request) bool {
			http.Redirect(w, req, req.URL.Path, http.StatusTemporaryRedirect)
			return true
		}, resolve.ErrInvalid, "redirected more than 5 times"},
		{"redirect to the cloud's metadata", func(w http.ResponseWriter, req *http.Request) bool {
			http.Redirect(w, req, "https://169.254.169.254/latest/", http.StatusTemporaryRedirect)
			return true
		}, resolve.ErrPrivateAddress, "--allow-private 169.254.169.254:443"},
		{"redirect to plain HTTP", func(w http.ResponseWriter, req *http.Request) bool {
			http.Redirect(w, req, "http://example.com/", http.StatusTemporaryRedirect)
			return true
		}, resolve.ErrPlainHTTP, "--insecure-registry example.com:80"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newRegistry()
			d := depot{t, h}
			d.index("app", "1", d.image("app", "linux/amd64", "core"))
			host, roots := serve(t, between(h, tt.fault))
			o := options(host, roots)
			o.Retries = 1
			if tt.kind == resolve.ErrTimeout {
				o.Timeout = 300 * time.Millisecond
			}
			r := resolve.New(o)
			defer r.Close()
			pin, err := r.Pin(t.Context(), image(t, host+"/app:1"), "")
			if !errors.Is(err, tt.kind) || pin != (resolve.Pin{}) {
				t.Fatalf("%+v, %v; want %v", pin, err, tt.kind)
			}
			for _, part := range []string{host, "/app:1", tt.text} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
			if strings.ContainsAny(err.Error(), "\x1b\n") {
				t.Errorf("error %q has control characters", err)
			}
		})
	}
}

// lying wraps answers so that their header says another digest.
type lying struct {
	http.ResponseWriter
	header string
}

func (l lying) WriteHeader(code int) {
	l.Header().Set("Docker-Content-Digest", l.header)
	l.ResponseWriter.WriteHeader(code)
}

func TestLyingRegistry(t *testing.T) {
	t.Parallel()
	h := newRegistry()
	d := depot{t, h}
	one, two := d.image("app", "linux/amd64", "one"), d.image("app", "linux/amd64", "two")
	d.index("app", "1", one)
	for name, lie := range map[string]http.HandlerFunc{
		"the header of a tag": func(w http.ResponseWriter, req *http.Request) {
			h.ServeHTTP(lying{w, two.Digest.String()}, req)
		},
		"the body of a digest": func(w http.ResponseWriter, req *http.Request) {
			req.URL.Path = strings.Replace(req.URL.Path, one.Digest.String(), two.Digest.String(), 1)
			h.ServeHTTP(w, req)
		},
		"the config": func(w http.ResponseWriter, req *http.Request) {
			if strings.Contains(req.URL.Path, "/blobs/") {
				fmt.Fprint(w, `{"config":{"Labels":{"team":"core"}}}`)
				return
			}
			h.ServeHTTP(w, req)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host, roots := serve(t, lie)
			o := options(host, roots)
			o.CacheDir = t.TempDir()
			for range 2 { // and nothing wrong is in the cache
				r := resolve.New(o)
				m, err := r.Metadata(t.Context(), policy.Question{Source: image(t, host+"/app:1"), Platform: "linux/amd64", Needs: []string{"image.labels"}})
				if !errors.Is(err, resolve.ErrMismatch) || m != nil && m.Image != nil {
					t.Errorf("%+v, %v; want %v", m, err, resolve.ErrMismatch)
				}
				r.Close()
			}
		})
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	h := newRegistry()
	d := depot{t, h}
	index := d.index("app", "1", d.image("app", "linux/amd64", "core"))
	var asked atomic.Int32
	host, roots := serve(t, between(h, func(w http.ResponseWriter, req *http.Request) bool {
		if asked.Add(1) > 2 {
			return false
		}
		w.Header().Set("Retry-After", "0")
		return status(http.StatusTooManyRequests)(w, req)
	}))
	r := resolve.New(options(host, roots))
	defer r.Close()
	pin, err := r.Pin(t.Context(), image(t, host+"/app:1"), "")
	if err != nil || pin.Digest != index.String() || asked.Load() != 3 {
		t.Errorf("%+v, %v after %d requests", pin, err, asked.Load())
	}
}

func TestDown(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := l.Addr().String()
	l.Close()
	r := resolve.New(options(host, nil))
	defer r.Close()
	_, err = r.Pin(t.Context(), image(t, host+"/app:1"), "")
	if want := host + "/app:1: connection refused"; !errors.Is(err, resolve.ErrUnavailable) || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestNoSuchHost(t *testing.T) {
	t.Parallel()
	r := resolve.New(resolve.Options{Retries: -1, Timeout: 5 * time.Second})
	defer r.Close()
	for _, src := range []source.Source{image(t, "host.invalid/app:1"), gitSource(t, "https://host.invalid/app.git"), download(t, "https://host.invalid/app", "")} {
		if _, err := r.Pin(t.Context(), src, ""); !errors.Is(err, resolve.ErrUnavailable) && !errors.Is(err, resolve.ErrTimeout) || !strings.Contains(err.Error(), "host.invalid") {
			t.Errorf("%v", err)
		}
	}
}

// TestOnlyTLS counts what reaches a server without TLS on names for which
// go-containerregistry would try that.
func TestOnlyTLS(t *testing.T) {
	t.Parallel()
	h := newRegistry()
	d := depot{t, h}
	index := d.index("app", "1", d.image("app", "linux/amd64", "core"))
	var plain atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		plain.Add(1)
		h.ServeHTTP(w, req)
	}))
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.URL, "http://"))
	for _, name := range []string{"127.0.0.1", "localhost"} {
		host := name + ":" + port
		r := resolve.New(options(host, nil))
		if _, err := r.Pin(t.Context(), image(t, host+"/app:1"), ""); !errors.Is(err, resolve.ErrTLS) {
			t.Errorf("%s: %v, want %v", host, err, resolve.ErrTLS)
		}
		r.Close()
	}
	if n := plain.Load(); n != 0 {
		t.Errorf("%d requests without TLS", n)
	}
	r := resolve.New(resolve.Options{Insecure: []string{"localhost:" + port}, Backoff: time.Millisecond})
	defer r.Close()
	if pin, err := r.Pin(t.Context(), image(t, "localhost:"+port+"/app:1"), ""); err != nil || pin.Digest != index.String() {
		t.Errorf("with --insecure-registry: %+v, %v", pin, err)
	}
	if _, err := r.Pin(t.Context(), image(t, "127.0.0.1:"+port+"/app:1"), ""); !errors.Is(err, resolve.ErrPrivateAddress) {
		t.Errorf("it is for another host: %v", err)
	}
}

func TestUntrustedCertificate(t *testing.T) {
	t.Parallel()
	h := newRegistry()
	d := depot{t, h}
	index := d.index("app", "1", d.image("app", "linux/amd64", "core"))
	host, _ := serve(t, h)
	r := resolve.New(options(host, nil))
	defer r.Close()
	if _, err := r.Pin(t.Context(), image(t, host+"/app:1"), ""); !errors.Is(err, resolve.ErrTLS) {
		t.Errorf("%v, want %v", err, resolve.ErrTLS)
	}
	unverified := resolve.New(resolve.Options{Insecure: []string{host}})
	defer unverified.Close()
	if pin, err := unverified.Pin(t.Context(), image(t, host+"/app:1"), ""); err != nil || pin.Digest != index.String() {
		t.Errorf("with --insecure-registry: %+v, %v", pin, err)
	}
}

// TestPrivate asks for hosts on loopback that nothing allows.
func TestPrivate(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ConnState = func(net.Conn, http.ConnState) { asked.Add(1) }
	s.StartTLS()
	t.Cleanup(s.Close)
	address := strings.TrimPrefix(s.URL, "https://")
	_, port, _ := net.SplitHostPort(address)
	r := resolve.New(resolve.Options{AllowPrivate: []string{"other.example"}})
	defer r.Close()
	for _, host := range []string{address, "localhost:" + port} {
		_, err := r.Pin(t.Context(), image(t, host+"/app:1"), "")
		if !errors.Is(err, resolve.ErrPrivateAddress) || !strings.Contains(err.Error(), "--allow-private "+host) || !strings.Contains(err.Error(), "127.0.0.1") && !strings.Contains(err.Error(), "::1") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
}
