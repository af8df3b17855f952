package resolve

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// upload is a repository that we are allowed to write to.
type upload struct {
	*session
	repository string // without the registry
	// keepsSubjects tells that the registry lists referrers itself: it has said so
	// of a manifest with a subject.
	keepsSubjects bool
	tries         int
	backoff       time.Duration
}

// uploadTo begins to write to the repository of an image.
func (r *Resolver) uploadTo(ctx context.Context, img source.Image) (*upload, error) {
	s, err := r.newSession(ctx, img, transport.PushScope)
	if err != nil {
		return nil, err
	}
	s.limit = r.opt.Download
	return &upload{session: s, repository: img.Path(), tries: max(r.opt.Retries, 0) + 1, backoff: r.opt.Backoff}, nil
}

// do sends a request and is its answer, which must have one of these codes.
func (u *upload) do(ctx context.Context, method, target string, header map[string]string, body io.Reader, length int64, codes ...int) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.ContentLength = length
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := u.client.Do(req)
	if err != nil {
		return nil, err
	}
	for _, code := range codes {
		if resp.StatusCode == code {
			return resp, nil
		}
	}
	defer resp.Body.Close()
	return nil, noted(statusError(resp), u.host, u.note)
}

// putManifest writes a manifest under a tag or its digest.
func (u *upload) putManifest(ctx context.Context, ref string, m manifest) error {
	ctx, cancel := context.WithTimeout(ctx, u.limit)
	defer cancel()
	resp, err := u.do(ctx, http.MethodPut, u.base+"manifests/"+ref, map[string]string{"Content-Type": m.mediaType()}, bytes.NewReader(m.body), int64(len(m.body)), http.StatusCreated, http.StatusOK)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.Header.Get("OCI-Subject") != "" {
		u.keepsSubjects = true
	}
	if told := digest.Digest(resp.Header.Get("Docker-Content-Digest")); told != "" && told.Algorithm() == m.digest.Algorithm() && told != m.digest {
		return sayf(ErrMismatch, "it took the manifest %s for %s", m.digest, told)
	}
	return nil
}

// lists tells whether the registry lists referrers itself. Some do and do not say
// so when they take one.
func (u *upload) lists(ctx context.Context, subject digest.Digest) bool {
	if !u.keepsSubjects {
		_, _, err := u.get(ctx, "referrers/"+subject.String(), ocispecs.MediaTypeImageIndex, maxManifest)
		u.keepsSubjects = err == nil
	}
	return u.keepsSubjects
}

// putBlob writes a blob of another repository, unless it is there: by mounting it
// where both are in one registry, else by sending it on as it comes.
func (u *upload) putBlob(ctx context.Context, src *session, from source.Image, b ocispecs.Descriptor) error {
	ctx, cancel := context.WithTimeout(ctx, u.limit)
	defer cancel()
	if resp, err := u.do(ctx, http.MethodHead, u.base+"blobs/"+b.Digest.String(), nil, nil, 0, http.StatusOK); err == nil {
		resp.Body.Close()
		return nil
	} else if !isNotFound(err) {
		return err
	}
	var err error
	for try := range u.tries {
		if try > 0 {
			if waitErr := sleep(ctx, u.backoff<<(try-1)); waitErr != nil {
				return waitErr
			}
		}
		if err = u.send(ctx, src, from, b); err == nil || !again(err) {
			return err
		}
	}
	return err
}

// again tells whether an upload is worth another try.
func again(err error) bool {
	kind := kindOf(err)
	return kind == ErrUnavailable || kind == ErrRateLimited || transient(err)
}

func isNotFound(err error) bool { return kindOf(err) == ErrNotFound }

// send writes a blob once.
func (u *upload) send(ctx context.Context, src *session, from source.Image, b ocispecs.Descriptor) error {
	target := u.base + "blobs/uploads/"
	if src.host == u.host {
		target += "?mount=" + url.QueryEscape(b.Digest.String()) + "&from=" + url.QueryEscape(from.Path())
	}
	resp, err := u.do(ctx, http.MethodPost, target, nil, nil, 0, http.StatusAccepted, http.StatusCreated)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusCreated {
		return nil
	}
	place, err := u.place(resp, b.Digest)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, src.base+"blobs/"+b.Digest.String(), http.NoBody)
	if err != nil {
		return err
	}
	content, err := src.client.Do(req)
	if err != nil {
		return err
	}
	defer content.Body.Close()
	if content.StatusCode != http.StatusOK {
		return noted(statusError(content), src.host, src.note)
	}
	// The registry checks the digest; the check here is for one that does not, and
	// the size keeps a source from sending without end.
	verify := b.Digest.Verifier()
	body := io.TeeReader(io.LimitReader(content.Body, b.Size), verify)
	done, err := u.do(ctx, http.MethodPut, place, map[string]string{"Content-Type": "application/octet-stream"}, body, b.Size, http.StatusCreated, http.StatusOK, http.StatusNoContent)
	if err != nil {
		return err
	}
	done.Body.Close()
	if !verify.Verified() {
		return sayf(ErrMismatch, "the blob that %s sent for %s has another digest", src.host, b.Digest)
	}
	return nil
}

// place is where an upload goes on. A registry may send it elsewhere, but not from
// TLS to plain HTTP: the content is its own to take, and no credentials go with it
// to another host.
func (u *upload) place(resp *http.Response, d digest.Digest) (string, error) {
	base, err := url.Parse(u.base)
	if err != nil {
		return "", err
	}
	next, err := base.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Header.Get("Location") == "" {
		return "", sayf(ErrInvalid, "it does not say where the upload goes on")
	}
	if base.Scheme == "https" && next.Scheme != "https" {
		return "", sayf(ErrPlainHTTP, "it sends the upload on to %s without TLS", next.Host)
	}
	q := next.Query()
	q.Set("digest", d.String())
	next.RawQuery = q.Encode()
	return next.String(), nil
}
