package resolve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// session is a repository that we are allowed to read.
type session struct {
	client *http.Client
	base   string // https://registry/v2/repository/
	host   string
	// note is why the credentials for it could not be had, or "".
	note string
	// limit is how long a whole answer may take.
	limit time.Duration
}

// longest is how long a registry may take over a whole answer, which is small.
func (r *Resolver) longest() time.Duration { return 4*r.opt.Timeout + r.opt.MaxWait }

// session begins to talk to the registry of an image.
//
// go-containerregistry gets the tokens and sends them. It is not asked to find
// out how the registry is spoken to: for names like localhost, and for private
// addresses, it would try plain HTTP at the same time.
func (r *Resolver) session(ctx context.Context, img source.Image) (*session, error) {
	return r.sessions.do(ctx, img.Name(), func() (*session, error) { return r.newSession(ctx, img, transport.PullScope) })
}

// newSession begins to talk to the registry of an image, for what a scope allows.
func (r *Resolver) newSession(ctx context.Context, img source.Image, scope string) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, r.longest())
	defer cancel()
	reg, err := name.NewRegistry(img.Host())
	if err != nil {
		return nil, sayf(ErrInvalid, "%q is no registry", img.Host())
	}
	repo := reg.Repo(img.Path())
	auth, note, err := r.docker.authenticator(ctx, repo, r.opt.Environ)
	if err != nil {
		return nil, err
	}
	challenge, err := r.challenge(ctx, reg)
	if err != nil {
		return nil, err
	}
	authorized, err := r.authorized(ctx, repo, auth, challenge, scope)
	if err != nil {
		return nil, noted(err, reg.RegistryStr(), note)
	}
	scheme := "https"
	if challenge.Insecure {
		scheme = "http"
	}
	return &session{
		client: &http.Client{Transport: authorized, CheckRedirect: redirects(r.guard)},
		base:   fmt.Sprintf("%s://%s/v2/%s/", scheme, reg.RegistryStr(), repo.RepositoryStr()),
		host:   reg.RegistryStr(),
		note:   note,
		limit:  r.longest(),
	}, nil
}

// noted adds to a refusal what may be behind it: registries answer so, too, for
// what is not there.
func noted(err error, registry, note string) error {
	switch {
	case !errors.Is(kindOf(err), ErrUnauthorized):
		return err
	case note != "":
		return sayf(ErrUnauthorized, "%s; %s", cause(err), note)
	case registry == name.DefaultRegistry:
		registry = ""
	}
	return sayf(ErrUnauthorized, "%s; it may not exist, or needs: %s", cause(err), strings.TrimSpace("docker login "+registry))
}

// challenge asks a registry how it wants to be spoken to: by https, and only
// where that fails and the host is named for it by http.
func (r *Resolver) challenge(ctx context.Context, reg name.Registry) (*transport.Challenge, error) {
	c, err := r.ping(ctx, "https", reg)
	if err != nil && r.guard.insecure.has(parseHost(reg.RegistryStr(), "443")) && !errors.Is(err, ErrRateLimited) {
		if plain, plainErr := r.ping(ctx, "http", reg); plainErr == nil {
			return plain, nil
		}
	}
	if errors.Is(err, http.ErrSchemeMismatch) {
		err = sayf(ErrTLS, "it does not speak TLS; where that is right, use --insecure-registry %s", reg.RegistryStr())
	}
	return c, err
}

func (r *Resolver) ping(ctx context.Context, scheme string, reg name.Registry) (*transport.Challenge, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+reg.RegistryStr()+"/v2/", http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := (&http.Client{Transport: r.sender, CheckRedirect: redirects(r.guard)}).Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	c := &transport.Challenge{Insecure: scheme == "http"}
	switch resp.StatusCode {
	case http.StatusOK:
		return c, nil
	case http.StatusUnauthorized:
		c.Scheme, c.Parameters = wantedAuth(resp.Header.Values("WWW-Authenticate"))
		return c, nil
	}
	return nil, statusError(resp)
}

// authorized sends requests with the credentials that the registry wants.
func (r *Resolver) authorized(ctx context.Context, repo name.Repository, auth authn.Authenticator, c *transport.Challenge, scope string) (http.RoundTripper, error) {
	sender := r.sender
	if scope == transport.PushScope {
		sender = sender.waiting(r.opt.Download) // an answer begins once all has arrived
	}
	if c.Scheme != "bearer" {
		return transport.FromToken(repo.Registry, auth, sender, c, &transport.Token{})
	}
	realm, err := url.Parse(c.Parameters["realm"])
	if err != nil || realm.Host == "" {
		return nil, sayf(ErrInvalid, "it names no server that gives out tokens")
	}
	if h := hostOf(realm); r.guard.checkLiteral(h) != nil {
		return nil, refusal(h, h.name)
	}
	token, err := transport.Exchange(ctx, repo.Registry, auth, sender, []string{repo.Scope(scope)}, c)
	if err != nil {
		return nil, tokenError(ctx, realm, err)
	}
	if token.Token == "" {
		token.Token = token.AccessToken
	}
	return transport.FromToken(repo.Registry, auth, sender, c, token)
}

// tokenError is a failure of the server that gives out tokens. Its own words may
// have one in them.
func tokenError(ctx context.Context, realm *url.URL, err error) error {
	var s *said
	var status *transport.Error
	switch {
	case errors.As(err, &s), ctx.Err() != nil:
		return err
	case errors.As(err, &status):
		return sayf(statusKind(status.StatusCode), "the token server %s answered %d %s", realm.Host, status.StatusCode, http.StatusText(status.StatusCode))
	case strings.Contains(err.Error(), "private or link-local"):
		return sayf(ErrPrivateAddress, "the registry names its token server by the address %s, which is not asked; it must have a name, or be the registry itself", realm.Host)
	}
	if kind := kindOf(err); kind != ErrInvalid {
		return sayf(kind, "the token server %s: %s", realm.Host, cause(err))
	}
	return sayf(ErrInvalid, "the token server %s gave no token", realm.Host)
}

// wantedAuth reads the first challenge that can be met: of tokens, or of a
// password.
func wantedAuth(headers []string) (scheme string, parameters map[string]string) {
	for _, want := range []string{"bearer", "basic"} {
		for _, h := range headers {
			scheme, rest, _ := strings.Cut(strings.TrimSpace(h), " ")
			if strings.EqualFold(scheme, want) {
				return want, authParameters(rest)
			}
		}
	}
	return "", nil
}

// authParameters reads key="value" pairs with commas between them.
func authParameters(text string) map[string]string {
	out := map[string]string{}
	for text != "" {
		key, rest, ok := strings.Cut(text, "=")
		if !ok {
			return out
		}
		var value string
		if quoted, isQuoted := strings.CutPrefix(strings.TrimLeft(rest, " "), `"`); isQuoted {
			value, rest, _ = strings.Cut(quoted, `"`)
			_, rest, _ = strings.Cut(rest, ",")
		} else {
			value, rest, _ = strings.Cut(rest, ",")
		}
		out[strings.ToLower(strings.Trim(key, " ,"))] = strings.TrimSpace(value)
		text = rest
	}
	return out
}

// maxRedirects is how often an answer may point elsewhere.
const maxRedirects = 5

// redirects follows a few, and none from TLS to plain HTTP.
func redirects(g *guard) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return sayf(ErrInvalid, "it was redirected more than %d times", maxRedirects)
		}
		if h := hostOf(req.URL); req.URL.Scheme == "http" && via[len(via)-1].URL.Scheme == "https" && !g.insecure.has(h) {
			return sayf(ErrPlainHTTP, "it redirects to %s without TLS, which is not followed; where that is right, use --insecure-registry %s", h, h)
		}
		return nil
	}
}
