package resolve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// sender sends single requests: to allowed addresses alone, over TLS unless
// the host is named otherwise, a few at a time to each host, and again where the
// host is busy.
type sender struct {
	guard *guard
	proxy func(*http.Request) (*url.URL, error)
	// plain lets http URLs be asked for, as downloads are.
	plain bool
	// by are the connections: through a proxy or not, with certificates checked
	// or not.
	by    map[[2]bool]*http.Transport
	slots *slots
	retry retry
}

func newSender(g *guard, o Options, slots *slots) *sender {
	t := &sender{guard: g, proxy: o.Proxy, by: map[[2]bool]*http.Transport{}, slots: slots, retry: retry{o.Retries, o.Backoff, o.MaxWait, o.Timeout}}
	for _, proxied := range []bool{false, true} {
		for _, insecure := range []bool{false, true} {
			t.by[[2]bool{proxied, insecure}] = newHTTPTransport(g, o.RootCAs, o.Proxy, proxied, insecure)
		}
	}
	return t
}

// newHTTPTransport makes the connections of one kind. A proxy is trusted: it is
// connected to wherever it is.
func newHTTPTransport(g *guard, roots *x509.CertPool, proxy func(*http.Request) (*url.URL, error), proxied, insecure bool) *http.Transport {
	h := &http.Transport{
		DialContext:            g.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, InsecureSkipVerify: insecure, MinVersion: tls.VersionTLS12}, // #nosec G402 -- for the hosts of --insecure-registry alone
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  0, // a timer of ours also covers connecting
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        10 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
	if proxied {
		h.Proxy, h.DialContext = proxy, g.dialer.DialContext
	}
	return h
}

// forDownloads is the same with http URLs let through.
func (t *sender) forDownloads() *sender {
	d := *t
	d.plain = true
	return &d
}

// waiting is the same with more time until an answer begins.
func (t *sender) waiting(d time.Duration) *sender {
	w := *t
	w.retry.timeout = d
	return &w
}

// close ends the connections that nothing uses.
func (t *sender) close() {
	for _, h := range t.by {
		h.CloseIdleConnections()
	}
}

// RoundTrip sends a request, as often as it takes.
func (t *sender) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.retry.do(req, t.once)
}

func (t *sender) once(req *http.Request) (*http.Response, error) {
	h := hostOf(req.URL)
	insecure := t.guard.insecure.has(h)
	switch {
	case req.URL.Scheme != "https" && req.URL.Scheme != "http":
		return nil, sayf(ErrUnsupported, "it leads to a URL of %q, and only https is asked", req.URL.Scheme)
	case req.URL.Scheme == "http" && !t.plain && !insecure:
		return nil, sayf(ErrPlainHTTP, "%s would be asked without TLS, which is not done; where that is right, use --insecure-registry %s", h, h)
	}
	proxied := false
	if t.proxy != nil {
		through, err := t.proxy(req)
		if err != nil {
			return nil, sayf(ErrUnsupported, "the proxy of the environment: %s", cause(err))
		}
		if proxied = through != nil; proxied {
			if err := t.guard.checkLiteral(h); err != nil {
				return nil, err
			}
		}
	}
	release, err := t.slots.take(req.Context(), h)
	if err != nil {
		return nil, err
	}
	resp, err := t.retry.timed(req, t.by[[2]bool{proxied, insecure}].RoundTrip)
	if err != nil {
		release()
		return nil, err
	}
	resp.Body = &releasing{resp.Body, release}
	return resp, nil
}

func hostOf(u *url.URL) host {
	port := "443"
	if u.Scheme == "http" {
		port = "80"
	}
	return parseHost(u.Host, port)
}

// releasing gives the slot of a request back with its body.
type releasing struct {
	io.ReadCloser
	release func()
}

func (b *releasing) Close() error {
	defer b.release()
	return b.ReadCloser.Close()
}

// slots bound how many requests a host is sent at a time.
type slots struct {
	mu  sync.Mutex
	max int
	by  map[string]chan struct{}
}

func (s *slots) take(ctx context.Context, h host) (release func(), err error) {
	s.mu.Lock()
	c, ok := s.by[h.String()]
	if !ok {
		c = make(chan struct{}, s.max)
		s.by[h.String()] = c
	}
	s.mu.Unlock()
	select {
	case c <- struct{}{}:
		return sync.OnceFunc(func() { <-c }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
