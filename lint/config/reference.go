package config

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// ReferenceKind is where a config that another one extends is kept.
type ReferenceKind int

// The kinds of references.
const (
	// Path is a path, relative to the file that says it.
	Path ReferenceKind = iota
	// HTTPS is a file on a server, by its SHA-256.
	HTTPS
	// Git is a repository at a commit.
	Git
	// OCI is an artifact in a registry, by its digest.
	OCI
)

// Reference is what `extends` names. All but paths are pinned: what another file
// extends is part of what it says.
type Reference struct {
	Kind ReferenceKind
	Text string // as written
	// Location is the path, the URL without its fragment, the remote of the git
	// repository, or the image reference with its digest.
	Location string
	// Pin is the SHA-256 in hex, the commit, or the digest.
	Pin string
	// File is the config in a repository or artifact.
	File string
}

// Remote tells whether it is anything but a path.
func (r Reference) Remote() bool { return r.Kind != Path }

// defaultFile is the config in a repository or artifact that names none.
const defaultFile = ".imgpolicy.yaml"

var (
	sha256Hex  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{64}$`) })
	scpRemote  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:`) })
	anyRemote  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`) })
	isGitEnd   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\.git/?$`) })
	exampleSHA = "<64 hex digits>"
)

// ParseReference reads what `extends` may name.
func ParseReference(text string) (Reference, error) {
	r := Reference{Text: text}
	location, fragment, _ := strings.Cut(text, "#")
	switch {
	case strings.HasPrefix(text, "oci://"):
		return r, r.oci(strings.TrimPrefix(location, "oci://"), fragment)
	case strings.HasPrefix(text, "ssh://"), scpRemote().MatchString(text), strings.HasPrefix(text, "https://") && isGitEnd().MatchString(location):
		return r, r.git(location, fragment)
	case strings.HasPrefix(text, "https://"):
		return r, r.https(location, fragment)
	case anyRemote().MatchString(text):
		return r, errors.New("a config comes from a path, https://…#sha256=…, a git repository at a commit, or oci://…@sha256:…")
	}
	r.Location, r.File = text, text
	return r, r.configName(text)
}

// configName takes only what is called as configs are: an error about another file
// would show some of what is in it.
func (r *Reference) configName(name string) error {
	if !document.IsYAML(name) && !strings.EqualFold(path.Ext(name), ".json") {
		return errors.New("a config is a .yaml, .yml or .json file")
	}
	return nil
}

func (r *Reference) https(location, fragment string) error {
	u, err := url.Parse(location)
	if err != nil || u.Host == "" || u.User != nil {
		return errors.New("this is no URL of a file: write https://HOST/PATH#sha256=" + exampleSHA)
	}
	pin, ok := strings.CutPrefix(fragment, "sha256=")
	if !ok || !sha256Hex().MatchString(pin) {
		return fmt.Errorf("a config from a server is pinned: write %s#sha256=%s", location, exampleSHA)
	}
	r.Kind, r.Location, r.Pin, r.File = HTTPS, location, pin, path.Base(u.Path)
	if strings.ContainsAny(r.File, `\:`) {
		return errors.New("the name of the file is none on every system")
	}
	return r.configName(u.Path)
}

func (r *Reference) git(location, fragment string) error {
	commit, file, named := strings.Cut(fragment, ":")
	if !source.IsCommit(commit) {
		return fmt.Errorf("a config from a repository is pinned to a commit: write %s#<commit in full>:%s", location, defaultFile)
	}
	r.Kind, r.Location, r.Pin = Git, location, commit
	if _, isGit, err := source.ParseGit(location + "#" + commit); err != nil || !isGit {
		return errors.New("this is no git repository: write https://HOST/REPOSITORY.git#<commit in full>")
	}
	return r.inside(file, named)
}

func (r *Reference) oci(location, file string) error {
	img, err := source.ParseReference(location)
	switch {
	case err != nil:
		return fmt.Errorf("this is no artifact in a registry: %w", err)
	case !img.Pinned():
		return fmt.Errorf("a config from a registry is pinned to a digest: write oci://%s@sha256:%s", img.Name(), exampleSHA)
	}
	r.Kind, r.Location, r.Pin = OCI, img.Name()+"@"+img.Digest(), img.Digest()
	return r.inside(file, file != "")
}

// inside is the config in a repository or artifact.
func (r *Reference) inside(file string, named bool) error {
	if r.File = defaultFile; named {
		r.File = path.Clean(file)
	}
	if path.IsAbs(r.File) || r.File == ".." || strings.HasPrefix(r.File, "../") {
		return errors.New("the file leads out of the repository or artifact")
	}
	return r.configName(r.File)
}
