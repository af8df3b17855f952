package lint

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// AllowList names where a build may fetch from. One without entries allows
// nothing.
type AllowList struct {
	File    string // where the list stands
	Line    int
	Entries []AllowEntry
}

// AllowEntry is one place that is allowed: a host, for images with the start of
// a path, such as "ghcr.io/acme". It stands for whole parts of the path, and "*"
// for any text within one part, so "ghcr.io/acme" allows neither
// "ghcr.io/acme-x/app" nor "ghcr.io.example/acme".
type AllowEntry struct {
	Text string // as written
	Line int
	// parts are the host and the parts of the path.
	parts []string
}

// ParseRegistry reads an entry for images: HOST[:PORT][/PATH] on the normalized
// name, so Docker Hub's own images are "docker.io/library".
func ParseRegistry(text string) (AllowEntry, error) {
	parts := strings.Split(text, "/")
	host := parts[0]
	switch {
	case text == "":
		return AllowEntry{}, errors.New("an entry is empty")
	case strings.Contains(text, "://"):
		return AllowEntry{}, errors.New("a registry has no scheme: write HOST or HOST/PATH, such as ghcr.io/acme")
	case strings.ContainsAny(text, " \t\r\n?#@"):
		return AllowEntry{}, errors.New("a registry is HOST or HOST/PATH, such as ghcr.io/acme")
	case strings.HasSuffix(text, "/"):
		return AllowEntry{}, fmt.Errorf("leave out the slash at the end: %q already stands for all below it", strings.TrimRight(text, "/"))
	case slices.Contains(parts, ""):
		return AllowEntry{}, errors.New("a part of the path is empty")
	case strings.EqualFold(host, "index.docker.io"), strings.EqualFold(host, "registry-1.docker.io"):
		return AllowEntry{}, errors.New("names on Docker Hub begin with docker.io")
	case !strings.ContainsAny(host, ".:*") && host != "localhost":
		return AllowEntry{}, fmt.Errorf("%q is no host: an entry is on the full name, such as docker.io/%s", host, text)
	case strings.Contains(parts[len(parts)-1], ":") && len(parts) > 1:
		return AllowEntry{}, errors.New("a registry has no tag: leave out what follows the colon")
	case len(parts) > 1 && strings.ToLower(text[len(host):]) != text[len(host):]:
		return AllowEntry{}, errors.New("the path of an image is in lower case, so this matches none")
	}
	if err := checkPort(host); err != nil {
		return AllowEntry{}, err
	}
	parts[0] = strings.ToLower(host)
	return AllowEntry{Text: text, parts: parts}, nil
}

// ParseHost reads an entry for downloads and git remotes: HOST or HOST:PORT. One
// without a port allows every port.
func ParseHost(text string) (AllowEntry, error) {
	switch {
	case text == "":
		return AllowEntry{}, errors.New("an entry is empty")
	case strings.Contains(text, "://"):
		return AllowEntry{}, errors.New("a host has no scheme: write HOST or HOST:PORT, such as github.com")
	case strings.ContainsAny(text, "/ \t\r\n?#@"):
		return AllowEntry{}, errors.New("a host is HOST or HOST:PORT, such as github.com, without a path")
	}
	if err := checkPort(text); err != nil {
		return AllowEntry{}, err
	}
	return AllowEntry{Text: text, parts: []string{cleanHost(text)}}, nil
}

// checkPort refuses what no host can look like because of its colons: an entry
// for a tag, or for an IPv6 address without brackets, would allow nothing.
func checkPort(host string) error {
	name, port, found := strings.Cut(host, ":")
	if strings.HasPrefix(host, "[") {
		var rest string
		name, rest, _ = strings.Cut(host, "]")
		if port, found = strings.CutPrefix(rest, ":"); !found && host != name+"]" {
			return fmt.Errorf("%q is no host: an IPv6 address is [ADDRESS] or [ADDRESS]:PORT", host)
		}
	}
	n, err := strconv.Atoi(port)
	switch {
	case !found || strings.Contains(port, "*"):
		return nil
	case strings.Contains(port, ":"):
		return fmt.Errorf("an IPv6 address is written in brackets: [%s]", host)
	case name == "" || err != nil || n < 1 || n > 65535:
		return fmt.Errorf("%q is no HOST:PORT, where PORT is a number", host)
	}
	return nil
}

// AllowsImage tells whether an image comes from a place of the list.
func (l *AllowList) AllowsImage(img source.Image) bool {
	name := strings.Split(img.Name(), "/")
	name[0] = strings.ToLower(name[0])
	return slices.ContainsFunc(l.Entries, func(e AllowEntry) bool {
		if len(e.parts) > len(name) {
			return false
		}
		for i, part := range e.parts {
			if !matchPart(part, name[i]) {
				return false
			}
		}
		return true
	})
}

// AllowsHost tells whether a host, with its port if it has one, is in the list.
func (l *AllowList) AllowsHost(host string) bool {
	host = cleanHost(host)
	alone := host
	if name, _, err := net.SplitHostPort(host); err == nil {
		alone = bracketed(name)
	}
	return host != "" && slices.ContainsFunc(l.Entries, func(e AllowEntry) bool {
		return matchPart(e.parts[0], host) || matchPart(e.parts[0], alone)
	})
}

// AllowsSource tells whether the host of a download or a git remote is in the
// list, under the port of its scheme where it names none.
func (l *AllowList) AllowsSource(s source.Source) bool {
	host := SourceHost(s)
	if l.AllowsHost(host) {
		return true
	}
	port := defaultPort(s)
	if _, _, err := net.SplitHostPort(host); host == "" || port == "" || err == nil {
		return false
	}
	return l.AllowsHost(host + ":" + port)
}

func defaultPort(s source.Source) string {
	scheme := ""
	switch s := s.(type) {
	case source.HTTP:
		scheme, _, _ = strings.Cut(s.URL, ":")
	case source.Git:
		scheme = s.Scheme
	}
	return map[string]string{"https": "443", "http": "80", "ssh": "22", "git": "9418"}[strings.ToLower(scheme)]
}

// SourceHost is the host that a download or a git remote is fetched from, with
// its port where one is written; "" where it cannot be told, and of other
// sources.
func SourceHost(s source.Source) string {
	switch s := s.(type) {
	case source.HTTP:
		if u, err := url.Parse(s.URL); err == nil {
			return u.Host
		}
	case source.Git:
		return s.Host
	}
	return ""
}

// cleanHost is a host as it is compared: hosts are the same in upper case, and
// with the dot of the root at their end.
func cleanHost(host string) string {
	host = strings.ToLower(host)
	if name, port, err := net.SplitHostPort(host); err == nil {
		return bracketed(strings.TrimSuffix(name, ".")) + ":" + port
	}
	return strings.TrimSuffix(host, ".")
}

// bracketed puts an IPv6 address back into its brackets.
func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// matchPart matches a text with one in which each "*" is any text. It goes back
// to the last star only, so it takes at most the product of both lengths.
func matchPart(pattern, text string) bool {
	p, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && pattern[p] == text[t]:
			p, t = p+1, t+1
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// texts are the entries as written.
func (l *AllowList) texts() []string {
	out := make([]string, len(l.Entries))
	for i, e := range l.Entries {
		out[i] = e.Text
	}
	return out
}

// listed is how many entries fit a message.
const listed = 8

// Told names what is allowed, as much as fits a message, and the entry that got
// most likely was meant to fall under.
func (l *AllowList) Told(got string) string {
	texts := l.texts()
	if len(texts) == 0 {
		return "the list is empty"
	}
	told := strings.Join(texts[:min(len(texts), listed)], ", ")
	if more := len(texts) - listed; more > 0 {
		told += fmt.Sprintf(" and %d more", more)
	}
	if near := Closest(got, texts); near != "" && len(texts) > 1 {
		told += "; the nearest is " + near
	}
	return told
}
