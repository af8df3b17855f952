package resolve

import (
	"context"
	"crypto"
	"errors"
	"hash"
	"io"
	"net/http"
	"net/url"

	"github.com/opencontainers/go-digest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// httpMetadata answers as BuildKit's source/http: a checksum that the source has
// is not looked up, and the digest of a signature is that of the file with the
// suffix behind it.
func (r *Resolver) httpMetadata(ctx context.Context, src source.HTTP, needs []string, sig *policy.SignatureRequest) (*policy.HTTPMetadata, error) {
	if sig == nil {
		for _, n := range needs {
			if n == "http.signature" {
				return nil, unsupported(src, "the question does not say which signature")
			}
		}
		if src.Pinned() {
			return &policy.HTTPMetadata{Checksum: src.Checksum.String()}, nil
		}
		d, err := r.checksum(ctx, src)
		if err != nil {
			return nil, err
		}
		return &policy.HTTPMetadata{Checksum: d}, nil
	}
	algorithm := digest.Algorithm(sig.Algorithm)
	if !algorithm.Available() {
		return nil, unsupported(src, "signatures by %q are not", sig.Algorithm)
	}
	plain, signed := crypto.SHA256.New(), algorithm.Hash()
	if err := r.download(ctx, src, io.MultiWriter(plain, signed)); err != nil {
		return nil, err
	}
	signed.Write(sig.Suffix)
	d := sum(digest.SHA256, plain)
	if src.Pinned() && src.Checksum.Algorithm() == digest.SHA256 && src.Checksum != d {
		return nil, failed(ctx, src.URL, hostName(src.URL), sayf(ErrMismatch, "the file has the checksum %s, not %s", d, src.Checksum))
	}
	return &policy.HTTPMetadata{
		Checksum:  d.String(),
		Signature: &policy.HTTPSignature{Digest: sum(algorithm, signed).String(), Suffix: sig.Suffix},
	}, nil
}

func sum(a digest.Algorithm, h hash.Hash) digest.Digest { return digest.NewDigest(a, h) }

// checksum is the sha256 of what a URL leads to now.
func (r *Resolver) checksum(ctx context.Context, src source.HTTP) (string, error) {
	return r.files.do(ctx, src.URL, func() (string, error) {
		at, err := url.Parse(src.URL)
		if err != nil {
			return "", failed(ctx, src.URL, "", sayf(ErrInvalid, "it is no valid URL"))
		}
		key := r.nameKey("file", hostOf(at), src.URL)
		if kept, ok := r.cache.ref(key); ok {
			return kept.Digest, nil
		}
		h := crypto.SHA256.New()
		if err := r.download(ctx, src, h); err != nil {
			return "", err
		}
		d := sum(digest.SHA256, h).String()
		r.cache.putRef(src.URL, key, keptRef{Digest: d})
		return d, nil
	})
}

// download reads a file into hashes. It is never written anywhere. Where a
// server compresses it for the way, it is what BuildKit would store: the file
// itself.
func (r *Resolver) download(ctx context.Context, src source.HTTP, to io.Writer) error {
	limit, cancel := context.WithTimeout(ctx, r.opt.Download)
	defer cancel()
	err := r.fetchFile(limit, http.MethodGet, src.URL, to)
	if errors.Is(limit.Err(), context.DeadlineExceeded) && ctx.Err() == nil {
		err = sayf(ErrTimeout, "the download did not end within %s", r.opt.Download)
	}
	return failed(ctx, src.URL, hostName(src.URL), err)
}

func (r *Resolver) fetchFile(ctx context.Context, method, from string, to io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, method, from, http.NoBody)
	if err != nil {
		return sayf(ErrInvalid, "it is no valid URL")
	}
	req.Header.Set("User-Agent", "imgpolicy")
	client := &http.Client{Transport: r.sender.forDownloads(), CheckRedirect: redirects(r.guard)}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return statusError(resp)
	}
	if method == http.MethodHead {
		return nil
	}
	if resp.ContentLength > r.opt.MaxFile {
		return sayf(ErrTooLarge, "the file has %d bytes; at most %d are read", resp.ContentLength, r.opt.MaxFile)
	}
	n, err := io.Copy(to, io.LimitReader(resp.Body, r.opt.MaxFile+1))
	if err == nil && n > r.opt.MaxFile {
		return sayf(ErrTooLarge, "the file has more than %d bytes", r.opt.MaxFile)
	}
	return err
}

// fileExists asks for the head of a file, and for all of it where a server will
// not give the one without the other.
func (r *Resolver) fileExists(ctx context.Context, src source.HTTP) error {
	err := r.fetchFile(ctx, http.MethodHead, src.URL, io.Discard)
	if err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrPrivateAddress) {
		return failed(ctx, src.URL, hostName(src.URL), err)
	}
	return r.download(ctx, src, io.Discard)
}

// hostName is the host of a URL, for messages.
func hostName(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}
