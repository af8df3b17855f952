// Package starter writes the first policy of a repository: it allows what the
// Dockerfiles fetch today and nothing else, as an .imgpolicy.yaml or as a
// Dockerfile.rego with tests.
//
// Uses go in and texts come out; files are found and written by the program.
// What is used comes out of Dockerfiles and build args, so every name is quoted
// for the language it is written in, and of a URL nothing is written but its
// host.
package starter

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// Use is a place in a Dockerfile where a source is fetched.
type Use struct {
	Source source.Source
	File   string // as seen from where the policy will stand
	Line   int
}

// place is the use as a comment names it.
// Printed on a runner of GitHub Actions, which finds ##[ anywhere in a line, it
// is no command.
func (u Use) place() string {
	return strings.ReplaceAll(document.Printable(fmt.Sprintf("%s:%d", u.File, u.Line)), "##[", "# #[")
}

// Refused is a use that no policy can allow by its name.
type Refused struct {
	Use int // its index
	Why string
}

// Starter is what a first policy allows.
type Starter struct {
	// Refused are the uses that it does not allow, in order.
	Refused []Refused

	registries []registry
	downloads  []host
	remotes    []host
}

// registry is an entry of registries and the repositories in use below it.
type registry struct {
	prefix       string
	repositories []repository
}

// repository is the images of one name.
type repository struct {
	first Use
	image source.Image // of the first use
}

// host is where downloads or git repositories come from.
type host struct {
	name   string // as the list of hosts has it
	first  Use
	scheme string
	// forms are the name as it is written and as Buildx compares it since v0.38.
	forms []string
}

// From is the policy for what is used. Sources other than images, downloads and
// git repositories fetch nothing and need no entry.
func From(uses []Use) *Starter {
	s := &Starter{}
	images := map[string]repository{}
	downloads, remotes := map[string]*host{}, map[string]*host{}
	for i, u := range uses {
		var err error
		switch src := u.Source.(type) {
		case source.Image:
			_, seen := images[src.Name()]
			if _, err = prefixOf(src); err == nil && !seen {
				images[src.Name()] = repository{u, src}
			}
		case source.HTTP:
			scheme, _, _ := strings.Cut(src.URL, "://")
			err = addHost(downloads, u, scheme)
		case source.Git:
			err = addHost(remotes, u, src.Scheme)
		}
		if err != nil {
			s.Refused = append(s.Refused, Refused{i, err.Error()})
		}
	}
	s.registries, s.downloads, s.remotes = grouped(images), sorted(downloads), sorted(remotes)
	return s
}

// prefixOf is the entry of registries for an image: its registry with the first
// part of the path, which on shared registries says whose image it is, and the
// registry alone where the path has only one part.
func prefixOf(img source.Image) (string, error) {
	parts := strings.Split(img.Name(), "/")
	parts[0] = strings.ToLower(parts[0])
	prefix := strings.Join(parts[:max(1, min(2, len(parts)-1))], "/")
	entry, err := lint.ParseRegistry(prefix)
	if err == nil && !(&lint.AllowList{Entries: []lint.AllowEntry{entry}}).AllowsImage(img) {
		err = errors.New("no entry of registries would allow it")
	}
	return prefix, err
}

// addHost adds the host of a use, if an entry of hosts allows that and nothing
// more.
func addHost(hosts map[string]*host, u Use, scheme string) error {
	written := lint.SourceHost(u.Source)
	name := strings.ToLower(written)
	entry, err := lint.ParseHost(name)
	switch {
	case written == "":
		return errors.New("its host cannot be told")
	case strings.Contains(name, "*") || !utf8.ValidString(name):
		return errors.New("its host is no name of a host")
	case err != nil:
		return err
	case !(&lint.AllowList{Entries: []lint.AllowEntry{entry}}).AllowsHost(written):
		return errors.New("no entry of hosts would allow it")
	}
	h := hosts[name]
	if h == nil {
		h = &host{name: name, first: u, scheme: scheme}
		hosts[name] = h
	}
	for _, form := range hostForms(u.Source, written) {
		if !slices.Contains(h.forms, form) {
			h.forms = append(h.forms, form)
		}
	}
	return nil
}

// hostForms are the values that input.http.host or input.git.host may have. That
// of a git repository is as it is written.
func hostForms(src source.Source, written string) []string {
	if _, ok := src.(source.HTTP); !ok {
		return []string{written}
	}
	u := url.URL{Host: strings.ToLower(written)}
	normal := strings.TrimSuffix(u.Hostname(), ".")
	if strings.Contains(normal, ":") {
		normal = "[" + normal + "]"
	}
	scheme, _, _ := strings.Cut(src.Identifier(), "://")
	if port := u.Port(); port != "" && scheme+port != "https443" && scheme+port != "http80" {
		normal += ":" + port
	}
	return []string{normal, written}
}

// grouped are the repositories by the entries of registries that allow them. An
// entry that another one includes is left out.
func grouped(images map[string]repository) []registry {
	byPrefix := map[string][]repository{}
	for _, r := range images {
		prefix, _ := prefixOf(r.image)
		byPrefix[prefix] = append(byPrefix[prefix], r)
	}
	var out []registry
	// By parts, so that what is below a host comes right behind the host.
	prefixes := slices.SortedFunc(maps.Keys(byPrefix), func(a, b string) int {
		return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/"))
	})
	for _, prefix := range prefixes {
		if n := len(out); n > 0 && strings.HasPrefix(prefix, out[n-1].prefix+"/") {
			out[n-1].repositories = append(out[n-1].repositories, byPrefix[prefix]...)
			continue
		}
		out = append(out, registry{prefix, byPrefix[prefix]})
	}
	for _, r := range out {
		slices.SortFunc(r.repositories, func(a, b repository) int { return strings.Compare(a.image.Name(), b.image.Name()) })
	}
	return out
}

func sorted(hosts map[string]*host) []host {
	var out []host
	for _, name := range slices.Sorted(maps.Keys(hosts)) {
		out = append(out, *hosts[name])
	}
	return out
}

// hosts are those of downloads and of git repositories, each once.
func (s *Starter) hosts() []host {
	all := slices.Concat(s.downloads, s.remotes)
	slices.SortStableFunc(all, func(a, b host) int { return cmp.Compare(a.name, b.name) })
	return slices.CompactFunc(all, func(a, b host) bool { return a.name == b.name })
}
