package resolve

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// asked asks the remote of a source by f. Where the repository has moved it is
// the new remote that is asked, once it was found by requests of our own, each of
// which is checked; git follows redirects by itself.
func (r *Resolver) asked(ctx context.Context, src source.Git, f func(*remote) error) error {
	m, err := r.remote(ctx, src)
	if err != nil {
		return err
	}
	if err = f(m); !errors.Is(err, errRedirected) {
		return err
	}
	moved, err := r.moved(ctx, src)
	if err != nil {
		return err
	}
	if m, err = r.remote(ctx, moved); err != nil {
		return err
	}
	return f(m)
}

// refsPath is what git asks first of a remote. A redirect of it moves the
// repository (http.followRedirects=initial of git).
const refsPath = "/info/refs?service=git-upload-pack"

// moved is the source at the remote that it redirects to.
func (r *Resolver) moved(ctx context.Context, src source.Git) (source.Git, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(src.Remote, "/")+refsPath, http.NoBody)
	if err != nil {
		return source.Git{}, sayf(ErrInvalid, "it is no valid URL")
	}
	resp, err := (&http.Client{Transport: r.sender, CheckRedirect: redirects(r.guard)}).Do(req)
	if err != nil {
		return source.Git{}, err
	}
	defer resp.Body.Close()
	at := *resp.Request.URL
	path, ok := strings.CutSuffix(at.Path, "/info/refs")
	if !ok {
		return source.Git{}, sayf(ErrUnsupported, "it redirects to %s, which is no repository", shown(at))
	}
	at.Path, at.RawPath, at.RawQuery, at.Fragment = path, "", "", ""
	if hostOf(&at) == hostOf(req.URL) {
		at.User = req.URL.User // and no other host is told
	}
	src.Remote, src.Scheme, src.Host, src.Path = at.String(), at.Scheme, at.Host, at.Path
	return src, nil
}

// shown is a URL without what may be secret.
func shown(u url.URL) string {
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}
