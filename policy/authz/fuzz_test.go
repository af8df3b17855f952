package authz

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// FuzzDecide sends a request as bytes, reads it with net/http as the daemon does,
// and tells the guard of it as the daemon does. What is allowed must have been
// judged by what the daemon would fetch: asDaemon is moby's handlers.
func FuzzDecide(f *testing.F) {
	for _, c := range readCases(f).Cases {
		if c.URI != "" {
			f.Add(c.URI, "Content-Type: "+c.ContentType, c.Body)
		}
	}
	for _, uri := range []string{"/v1.41/images/%63reate?fromImage=b&tag=1", "/images/create?fromImage=alpine:&tag=1", "/images/create?fromImage=alpine@" + pinnedDigest + "&tag=3", "http://x/images/create?fromImage=b&tag=1", "/images/create?fromImage=a/../b"} {
		f.Add(uri, "Content-Type: text/plain", "")
	}
	f.Add("/images/create?fromImage=alpine&tag=1", "Content-Type: application/x-www-form-urlencoded\r\nContent-Type: text/plain", "fromImage=busybox&tag=1")
	f.Add("/plugins/pull?remote=vieux/sshfs", "Content-Type: application/x-www-form-urlencoded\r\nContent-Type: application/json", "remote=evil/x")
	f.Add("/services/create", "Content-Type: application/json", `{"TaskTemplate":{"ContainerSpec":{"Image":"alpine:3","image":"busybox"}}}`)
	f.Add("/services/x/update?rollback=previous", "Content-Type: application/json", `{"taskTemplate":{"Containerſpec":{"Image":"busybox"}}}`)
	g := testGuard(f, `{"whitelist": ["^alpine:", "^vieux/sshfs:", "a"], "blacklist": ["^busybox:"], "defaultAllow": true}`, Options{Strict: true})
	f.Fuzz(func(t *testing.T, uri, headers, body string) {
		raw := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: docker\r\n%s\r\nContent-Length: %d\r\n\r\n%s", uri, strings.Trim(headers, "\r\n"), len(body), body)
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			return // the daemon does not get to see it
		}
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(text))
		v := g.Decide(t.Context(), toldOf(r, text))
		if v.Message != "" && strings.ContainsFunc(v.Message, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("a message that is not fit to be shown: %q", v.Message)
		}
		fetched, ok := asDaemon(r)
		if !ok || !v.Allow {
			return
		}
		img, err := source.ParseReference(fetched)
		if err != nil || !spelt(img, v.Spellings) {
			t.Fatalf("%q is allowed as %q, and the daemon fetches %q", raw, v.Spellings, fetched)
		}
	})
}

// toldOf is what the daemon tells a plugin of a request (pkg/authorization,
// authz.go): of headers that are there twice the last, and bodies of JSON.
func toldOf(r *http.Request, body []byte) *Request {
	out := &Request{Method: r.Method, URI: r.RequestURI, Headers: map[string]string{}}
	for name, values := range r.Header {
		for _, v := range values {
			out.Headers[name] = v
		}
	}
	if len(body) > 0 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		out.Body = body
	}
	return out
}

var daemonVersion = regexp.MustCompile(`^/v[0-9.]+(/.*)$`)

// asDaemon is the reference that moby would fetch for a request that its router
// takes as it is; ok is false for one that fetches nothing.
func asDaemon(r *http.Request) (ref string, ok bool) {
	p := r.URL.Path
	if path.Clean(p) != p {
		return "", false // answered with the way to the clean path
	}
	if m := daemonVersion.FindStringSubmatch(p); m != nil {
		p = m[1]
	}
	switch {
	case p == "/images/create":
		return daemonPull(r)
	case p == "/plugins/pull", strings.HasPrefix(p, "/plugins/") && strings.HasSuffix(p, "/upgrade"):
		var privileges []any
		if r.ParseForm() != nil || json.NewDecoder(r.Body).Decode(&privileges) != nil {
			return "", false
		}
		return tagged(r.Form.Get("remote"))
	case p == "/services/create":
		var spec struct {
			TaskTemplate struct{ ContainerSpec *struct{ Image string } }
		}
		if json.NewDecoder(r.Body).Decode(&spec) != nil || spec.TaskTemplate.ContainerSpec == nil {
			return "", false
		}
		return tagged(spec.TaskTemplate.ContainerSpec.Image)
	}
	return "", false
}

func tagged(ref string) (string, bool) {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return "", false
	}
	return reference.TagNameOnly(named).String(), true
}

// daemonPull is postImagesCreate of daemon/server/router/image.
func daemonPull(r *http.Request) (string, bool) {
	if r.ParseForm() != nil || r.Form.Get("fromImage") == "" {
		return "", false
	}
	ref, err := reference.ParseNormalizedNamed(strings.TrimSuffix(r.Form.Get("fromImage"), ":"))
	if err != nil {
		return "", false
	}
	if tag := r.Form.Get("tag"); tag != "" {
		if d, bad := digest.Parse(tag); bad == nil {
			ref, err = reference.WithDigest(reference.TrimNamed(ref), d)
		} else {
			ref, err = reference.WithTag(ref, tag)
		}
	}
	if err != nil {
		return "", false
	}
	return ref.String(), true // a name alone: all of its tags
}
