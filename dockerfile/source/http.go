package source

import (
	"net/url"
	"path"
	"strings"

	"github.com/opencontainers/go-digest"
)

// HTTP is one file fetched by URL. The zero value is no download.
type HTTP struct {
	// URL is byte for byte what the build would ask for, credentials, query
	// and fragment included.
	URL string
	// Filename is the name BuildKit stores the file under.
	Filename string
	// Checksum is the digest the content must have, or "".
	Checksum digest.Digest
}

// ParseHTTP makes the source of an ADD of a URL, as dispatchCopy of
// frontend/dockerfile/dockerfile2llb/convert_copy.go does. checksum may be ""
// and otherwise must be a digest such as "sha256:…".
func ParseHTTP(rawURL, checksum string) (HTTP, error) {
	h := HTTP{URL: rawURL, Filename: httpFilename(rawURL)}
	if checksum == "" {
		return h, nil
	}
	d, err := digest.Parse(checksum)
	if err != nil {
		return HTTP{}, err
	}
	h.Checksum = d
	return h, nil
}

func httpFilename(rawURL string) string {
	if u, err := url.Parse(rawURL); err == nil {
		if base := path.Base(u.Path); base != "." && base != "/" {
			return base
		}
	}
	return "__unnamed__"
}

// IsHTTP tells whether ADD would take word for a download: a lower-case
// http:// or https:// in front and not a git URL.
func IsHTTP(word string) bool {
	if !strings.HasPrefix(word, "http://") && !strings.HasPrefix(word, "https://") {
		return false
	}
	return !IsGit(word)
}

// Kind is KindHTTP.
func (HTTP) Kind() Kind { return KindHTTP }

// Identifier is the URL itself.
func (h HTTP) Identifier() string { return h.URL }

// Attrs holds http.filename and http.checksum.
func (h HTTP) Attrs() map[string]string {
	attrs := map[string]string{"http.filename": h.Filename}
	if h.Checksum != "" {
		attrs["http.checksum"] = h.Checksum.String()
	}
	return attrs
}

// Pinned tells whether a checksum fixes the content.
func (h HTTP) Pinned() bool { return h.Checksum != "" }

// OverHTTPS is the same file asked for over https, on the port of that unless
// another one is written, and without a checksum. ok is false for what is not
// plain HTTP.
func (h HTTP) OverHTTPS() (secure HTTP, ok bool) {
	rest, ok := strings.CutPrefix(h.URL, "http://")
	if !ok {
		return HTTP{}, false
	}
	host, path := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	h.URL, h.Checksum = "https://"+strings.TrimSuffix(host, ":80")+path, ""
	return h, true
}
