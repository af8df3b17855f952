package resolve_test

import (
	"compress/gzip"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

func download(t *testing.T, rawURL, checksum string) source.HTTP {
	t.Helper()
	s, err := source.ParseHTTP(rawURL, checksum)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const content = "what was released"

var checksum = digest.FromString(content).String()

func fileServer() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("/file", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, content) })
	m.HandleFunc("/moved", func(w http.ResponseWriter, req *http.Request) { http.Redirect(w, req, "/file", http.StatusFound) })
	m.HandleFunc("/gzip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		fmt.Fprint(z, content)
		z.Close()
	})
	m.HandleFunc("/private", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "https://10.1.2.3/internal", http.StatusFound)
	})
	m.HandleFunc("/name", func(w http.ResponseWriter, req *http.Request) {
		_, port, _ := net.SplitHostPort(req.Host)
		http.Redirect(w, req, "https://localhost:"+port+"/file", http.StatusFound)
	})
	m.HandleFunc("/half", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, content)
	})
	m.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5000")
		fmt.Fprint(w, strings.Repeat("x", 5000))
	})
	m.HandleFunc("/larger", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", 5000)) })
	m.HandleFunc("/endless", func(w http.ResponseWriter, req *http.Request) {
		for req.Context().Err() == nil {
			fmt.Fprint(w, "x")
			w.(http.Flusher).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	})
	m.HandleFunc("/busy", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) })
	m.HandleFunc("/secret", func(w http.ResponseWriter, req *http.Request) {
		if _, password, _ := req.BasicAuth(); password != "hunter2" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, content)
	})
	return m
}

func TestDownload(t *testing.T) {
	t.Parallel()
	host, roots := serve(t, fileServer())
	o := options(host, roots)
	o.MaxFile, o.Retries, o.CacheDir = 4096, 1, t.TempDir()
	for _, tt := range []struct {
		path string
		kind error
		text string
	}{
		{"/file", nil, ""},
		{"/file?token=x#part", nil, ""},
		{"/moved", nil, ""},
		{"/gzip", nil, ""},
		{"/none", resolve.ErrNotFound, "it answered 404 Not Found"},
		{"/private", resolve.ErrPrivateAddress, "10.1.2.3:443 is a private address, and"},
		{"/name", resolve.ErrPrivateAddress, "--allow-private localhost:"},
		{"/half", resolve.ErrUnavailable, "the connection ended in the middle of the answer"},
		{"/large", resolve.ErrTooLarge, "the file has 5000 bytes; at most 4096 are read"},
		{"/larger", resolve.ErrTooLarge, "the file has more than 4096 bytes"},
		{"/endless", resolve.ErrTimeout, "the download did not end within 400ms"},
		{"/busy", resolve.ErrRateLimited, "429"},
		{"/secret", resolve.ErrUnauthorized, "401"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			o := o
			if tt.kind == resolve.ErrTimeout {
				o.Download = 400 * time.Millisecond
			}
			r := resolve.New(o)
			defer r.Close()
			src := download(t, "https://"+host+tt.path, "")
			m, err := r.Metadata(t.Context(), policy.Question{Source: src, Needs: []string{"http.checksum"}})
			if tt.kind == nil {
				if err != nil || m.HTTP.Checksum != checksum {
					t.Errorf("%+v, %v", m, err)
				}
				return
			}
			if !errors.Is(err, tt.kind) || m != nil {
				t.Fatalf("%+v, %v; want %v", m, err, tt.kind)
			}
			for _, part := range []string{"https://" + host + tt.path, tt.text} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
		})
	}
}

// TestPasswords are used, and neither shown nor kept.
func TestPasswords(t *testing.T) {
	t.Parallel()
	host, roots := serve(t, fileServer())
	o := options(host, roots)
	o.CacheDir = t.TempDir()
	r := resolve.New(o)
	defer r.Close()
	if pin, err := r.Pin(t.Context(), download(t, "https://ada:hunter2@"+host+"/secret", ""), ""); err != nil || pin.Digest != checksum {
		t.Errorf("%+v, %v", pin, err)
	}
	_, err := r.Pin(t.Context(), download(t, "https://ada:hunter2@"+host+"/none", ""), "")
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "***@") {
		t.Errorf("%v", err)
	}
	if files := filesOf(t, o.CacheDir); len(files) > 0 {
		t.Errorf("kept %v", files)
	}
}

func TestPinnedDownload(t *testing.T) {
	t.Parallel()
	r := resolve.New(resolve.Options{})
	defer r.Close()
	pinned := download(t, "https://example.com/file", checksum)
	m, err := r.Metadata(t.Context(), policy.Question{Source: pinned, Needs: []string{"http.checksum"}})
	if err != nil || m.HTTP.Checksum != checksum {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestSignatureDigest(t *testing.T) {
	t.Parallel()
	host, roots := serve(t, fileServer())
	r := resolve.New(options(host, roots))
	defer r.Close()
	suffix := []byte{4, 0, 19}
	h := sha512.Sum512(append([]byte(content), suffix...))
	q := policy.Question{Source: download(t, "https://"+host+"/file", ""), Needs: []string{"http.signature"}, Signature: &policy.SignatureRequest{Algorithm: "sha512", Suffix: suffix}}
	m, err := r.Metadata(t.Context(), q)
	if err != nil || m.HTTP.Checksum != checksum || m.HTTP.Signature.Digest != "sha512:"+hex.EncodeToString(h[:]) {
		t.Errorf("%+v, %v", m, err)
	}
	q.Signature = nil
	if _, err := r.Metadata(t.Context(), q); !errors.Is(err, resolve.ErrUnsupported) {
		t.Errorf("%v", err)
	}
	q.Source, q.Signature = download(t, "https://"+host+"/file", digest.FromString("other").String()), &policy.SignatureRequest{Algorithm: "sha256"}
	if _, err := r.Metadata(t.Context(), q); !errors.Is(err, resolve.ErrMismatch) {
		t.Errorf("%v", err)
	}
}

// TestOnce asks the same question from many goroutines.
func TestOnce(t *testing.T) {
	t.Parallel()
	var asked, now, most atomic.Int32
	host, roots := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(20 * time.Millisecond)
		now.Add(-1)
		fmt.Fprint(w, content)
	}))
	o := options(host, roots)
	o.PerHost = 2
	r := resolve.New(o)
	defer r.Close()
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if pin, err := r.Pin(t.Context(), download(t, fmt.Sprintf("https://%s/%d", host, i%8), ""), ""); err != nil || pin.Digest != checksum {
				t.Errorf("%+v, %v", pin, err)
			}
		})
	}
	wg.Wait()
	if asked.Load() != 8 || most.Load() > 2 {
		t.Errorf("%d requests, %d at a time", asked.Load(), most.Load())
	}
}

// TestProxy sends requests through a proxy on loopback, which is trusted, and
// none for a private address.
func TestProxy(t *testing.T) {
	t.Parallel()
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked = append(asked, req.URL.String())
		fmt.Fprint(w, content)
	}))
	t.Cleanup(s.Close)
	proxy, _ := url.Parse(s.URL)
	r := resolve.New(resolve.Options{Proxy: http.ProxyURL(proxy), Backoff: time.Millisecond})
	defer r.Close()
	if pin, err := r.Pin(t.Context(), download(t, "http://files.example/x", ""), ""); err != nil || pin.Digest != checksum {
		t.Errorf("%+v, %v", pin, err)
	}
	for _, host := range []string{"10.0.0.1", "169.254.169.254", "[::1]:80", "localhost", "127.1", "0x7f000001", "2130706433", "[64:ff9b::a00:1]"} {
		if _, err := r.Pin(t.Context(), download(t, "http://"+host+"/x", ""), ""); !errors.Is(err, resolve.ErrPrivateAddress) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if len(asked) != 1 {
		t.Errorf("the proxy was asked for %v", asked)
	}
}

// TestWaitingForOthers: that other downloads of a host take longer than it may
// take to answer is no failure of the one that waits for them.
func TestWaitingForOthers(t *testing.T) {
	t.Parallel()
	const answers = 500 * time.Millisecond
	host, roots := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		time.Sleep(2 * answers)
		fmt.Fprint(w, content)
	}))
	o := options(host, roots)
	o.PerHost, o.Timeout = 1, answers
	r := resolve.New(o)
	t.Cleanup(r.Close)
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() {
			pin, err := r.Pin(t.Context(), download(t, fmt.Sprintf("https://%s/%d", host, i), ""), "")
			if err != nil || pin.Digest != checksum {
				t.Errorf("%d: %+v, %v", i, pin, err)
			}
		})
	}
	all.Wait()
}
