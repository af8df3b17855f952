package regex

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// hubHosts are hosts of Docker Hub's registry that answer for it, "index.docker.io"
// apart, which reads as docker.io (distribution/reference).
var hubHosts = map[string]string{
	"registry-1.docker.io":    "docker.io",
	"registry.hub.docker.com": "docker.io",
}

// portOf are the ports that nobody writes, by scheme.
var portOf = map[string]string{"https": "443", "http": "80", "ssh": "22", "git": "9418"}

// plainHost is a host, with its port if any, as everybody writes it: names are the
// same in upper case, with a dot at their end, and in the letters that IDNA maps to
// others (RFC 5891; net/http maps them before it asks DNS).
func plainHost(host, scheme string) string {
	port := ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.Contains(host[i:], "]") {
		host, port = host[:i], strings.TrimLeft(host[i+1:], "0")
	}
	if text, err := url.PathUnescape(host); err == nil {
		host = text
	}
	if strings.ContainsFunc(host, func(r rune) bool { return r >= utf8.RuneSelf }) {
		if ascii, err := idna.Lookup.ToASCII(host); err == nil {
			host = ascii
		}
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if port == "" || port == portOf[scheme] {
		return host
	}
	return host + ":" + port
}

// addPlainImage adds the spellings of the image at its plain host, where that is
// another text.
func (s *spellings) addPlainImage(img source.Image) {
	host := plainHost(img.Host(), "https")
	if hub, ok := hubHosts[host]; ok {
		host = hub
	}
	if host == img.Host() {
		return
	}
	plain, err := source.ParseReference(host + strings.TrimPrefix(img.Ref(), img.Host()))
	if err != nil {
		return
	}
	of := imageSpellings(plain)
	for _, sp := range of.all() {
		s.plain = append(s.plain, sp.text)
	}
}

// addPlainRemotes adds the spellings, URLs and scp-like remotes, with their plain
// hosts, where those are other texts. The scheme is that by which the host is asked:
// BuildKit's name of a git remote has another.
func (s *spellings) addPlainRemotes(scheme string) {
	for _, sp := range s.all() {
		if plain := withPlainHost(sp.text, scheme); plain != sp.text {
			s.plain = append(s.plain, plain)
		}
	}
}

func withPlainHost(remote, scheme string) string {
	written, rest, isURL := strings.Cut(remote, "://")
	if !isURL {
		host, path, _ := strings.Cut(remote, ":")
		return plainHost(host, scheme) + ":" + path
	}
	end := len(rest)
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		end = i
	}
	return written + "://" + plainHost(rest[:end], scheme) + rest[end:]
}
