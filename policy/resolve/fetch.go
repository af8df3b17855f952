package resolve

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// Fetch reads what an https URL leads to, at most limit bytes of it, with the
// care that every request is sent with. It is not kept.
func (r *Resolver) Fetch(ctx context.Context, from string, limit int64) ([]byte, error) {
	body, err := r.fetch(ctx, from, "", limit)
	return body, failed(ctx, withoutQuery(from), hostName(from), err)
}

func (r *Resolver) fetch(ctx context.Context, from, accept string, limit int64) ([]byte, error) {
	bound, cancel := context.WithTimeout(ctx, r.longest())
	defer cancel()
	req, err := http.NewRequestWithContext(bound, http.MethodGet, from, http.NoBody)
	if err != nil {
		return nil, sayf(ErrInvalid, "it is no valid URL")
	}
	req.Header.Set("User-Agent", "imgpolicy")
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	resp, err := (&http.Client{Transport: r.sender, CheckRedirect: redirects(r.guard)}).Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, statusError(resp)
	}
	body, err := readAll(resp.Body, limit)
	if errors.Is(bound.Err(), context.DeadlineExceeded) && ctx.Err() == nil {
		err = sayf(ErrTimeout, "the answer took too long")
	}
	return body, err
}

// withoutQuery is a URL without its query, which may be what signs it.
func withoutQuery(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return source.Redact(raw)
	}
	u.RawQuery, u.Fragment = "", ""
	return u.String()
}
