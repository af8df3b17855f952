package authz

import (
	"errors"
	"fmt"
	"mime"
	"net/url"
	"path"
	"slices"
	"strings"
)

// call is a request, read as the daemon reads it.
type call struct {
	*Request
	// endpoint is nil where the daemon fetches nothing for it.
	endpoint *endpoint
	rawQuery string
}

// The words of the plugin that people know.
const (
	badURI   = "Error while parsing request URI: "
	badQuery = "Error while parsing request query string: "
)

// newCall finds what a request asks for. The daemon routes by the decoded path,
// and answers one that is not clean with the way to the clean one; that is looked
// at as if it were the clean one.
func newCall(r *Request) (*call, error) {
	c := &call{Request: r}
	u, err := url.ParseRequestURI(r.URI)
	if err != nil {
		return nil, errors.New(badURI + withoutText(err).Error())
	}
	if !strings.EqualFold(r.Method, "POST") {
		return c, nil
	}
	c.rawQuery = u.RawQuery
	c.endpoint = endpointOf(u.Path)
	if as := endpointOf(u.EscapedPath()); as != c.endpoint {
		return nil, fmt.Errorf("the path %s is denied: decoded it is another endpoint, %s", u.EscapedPath(), u.Path)
	}
	return c, nil
}

// withoutText drops the URI out of an error of net/url: it may have credentials.
func withoutText(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// endpointOf is the endpoint of a path, nil for one that fetches nothing.
func endpointOf(p string) *endpoint {
	p = withoutVersion(path.Clean("/" + p))
	for i := range table {
		if table[i].match(p) {
			return &table[i]
		}
	}
	return nil
}

// withoutVersion drops the version that most paths begin with, as in /v1.41/build
// (moby's daemon/server, "/v{version:[0-9.]+}").
func withoutVersion(p string) string {
	rest := strings.TrimLeft(strings.TrimPrefix(p, "/v"), "0123456789.")
	if strings.HasPrefix(p, "/v") && strings.HasPrefix(rest, "/") && len(rest)+len("/v") < len(p) {
		return rest
	}
	return p
}

// query are the parameters of the call. The daemon takes the first of several, and
// whoever sends several hopes that somebody takes another.
func (c *call) query(repeatable ...string) (url.Values, error) {
	q, err := url.ParseQuery(c.rawQuery)
	if err != nil {
		return nil, errors.New(badQuery + err.Error())
	}
	for name, values := range q {
		if len(values) > 1 && !slices.Contains(repeatable, name) {
			return nil, fmt.Errorf("the parameter %s is there %d times", name, len(values))
		}
	}
	return q, nil
}

// header is the value of a header, "" for none. There is none that a client sends
// twice: of those the daemon reads the first and shows a plugin the last.
func (c *call) header(name string) (string, error) {
	value, found := "", false
	for key, v := range c.Headers {
		if !strings.EqualFold(key, name) {
			continue
		}
		if found || strings.Contains(v, ",") {
			return "", fmt.Errorf("the header %s is there more than once", name)
		}
		value, found = strings.TrimSpace(v), true
	}
	return value, nil
}

// mediaType is the type of the body, "" where none is told. A form is refused: the
// daemon takes its fields before those of the query, and shows it to no plugin.
func (c *call) mediaType() (string, error) {
	value, err := c.header("Content-Type")
	if err != nil || value == "" {
		return "", err
	}
	kind, _, err := mime.ParseMediaType(value)
	switch {
	case err != nil:
		return "", fmt.Errorf("the Content-Type %q cannot be read: %w", value, err)
	case kind == "application/x-www-form-urlencoded" || strings.HasPrefix(kind, "multipart/"):
		return "", fmt.Errorf("a form as body (%s) is denied: the daemon would read its fields, and no plugin sees them", kind)
	}
	return kind, nil
}

// noBody makes sure that a request has no body, as far as that can be seen.
func (c *call) noBody(strict bool) error {
	length, err := c.header("Content-Length")
	switch {
	case err != nil:
		return err
	case length == "0":
		return nil
	case length != "":
		return fmt.Errorf("a body of Content-Length %s is denied: the daemon needs none for this, and no plugin sees it", length)
	case len(c.Body) > 0:
		return errors.New("a body is denied: the daemon needs none for this")
	case strict:
		return errors.New("a request without Content-Length is denied by --strict: it may have a body that no plugin sees; send Content-Length: 0")
	}
	return nil
}
