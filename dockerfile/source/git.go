package source

import (
	"errors"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
	"github.com/moby/buildkit/util/gitutil"
)

// Git is a git repository at a ref. The zero value is no repository.
type Git struct {
	// Remote is the URL git is given, without query and fragment but with any
	// credentials. scp-like remotes stay "user@host:path".
	Remote string
	// Scheme is http, https, ssh or git; scp-like remotes are ssh.
	Scheme string
	// Host is the host with its port, if any.
	Host string
	// Path is the path of the repository on the host, as written.
	Path string
	// Ref is the branch, tag or commit asked for, "" for the remote's HEAD.
	Ref string
	// Subdir is the directory of the repository that is used, "" for all.
	Subdir string
	// Checksum is the commit the ref must have, possibly abbreviated, or "".
	Checksum string
	// MTime is "commit", "checkout" or "". BuildKit honours it for contexts only.
	MTime string

	KeepGitDir     bool
	SkipSubmodules bool
	FetchByCommit  bool
	// KeepGitDirSet tells whether the URL's query says keep-git-dir at all.
	KeepGitDirSet bool
	// Shorthand tells that the word was "github.com/owner/repo", which only
	// contexts take for git.
	Shorthand bool
}

// ParseGit reads word as a git reference the way BuildKit does
// (frontend/dockerfile/dfgitutil). isGit is false where word is no git
// reference at all; err is set where it is one that the build would refuse.
func ParseGit(word string) (g Git, isGit bool, err error) {
	if !mayBeGit(word) {
		return Git{}, false, nil
	}
	ref, isGit, err := dfgitutil.ParseGitRef(word)
	if err != nil {
		if isGit {
			return Git{}, true, err
		}
		return Git{}, false, nil
	}
	g = Git{
		Remote: ref.Remote, Ref: ref.Ref, Subdir: ref.SubDir, Checksum: ref.Checksum,
		MTime: ref.MTime, FetchByCommit: ref.FetchByCommit, Shorthand: ref.IndistinguishableFromLocal,
	}
	if ref.KeepGitDir != nil {
		g.KeepGitDirSet, g.KeepGitDir = true, *ref.KeepGitDir
	}
	g.SkipSubmodules = ref.Submodules != nil && !*ref.Submodules
	u, err := gitutil.ParseURL(g.Remote)
	if errors.Is(err, gitutil.ErrUnknownProtocol) {
		// As client/llb.Git does, for the shorthand and for "ssh://", whose
		// Remote is "ssh:".
		u, err = gitutil.ParseURL("https://" + g.Remote)
	}
	if err == nil {
		g.Scheme, g.Host, g.Path, g.Remote = strings.ToLower(u.Scheme), u.Host, u.Path, u.Remote
	}
	return g, true, nil
}

// mayBeGit is a cheap test that no git reference fails: parsing costs two
// regular expressions, and most words are plain paths.
func mayBeGit(word string) bool {
	return strings.Contains(word, "://") || strings.Contains(word, "@") || strings.HasPrefix(word, "github.com/")
}

// IsGit tells whether BuildKit takes word for a valid git reference, the
// github.com/owner/repo shorthand of contexts included.
func IsGit(word string) bool {
	_, isGit, err := ParseGit(word)
	return isGit && err == nil
}

// Kind is KindGit.
func (Git) Kind() Kind { return KindGit }

// Identifier is "git://host/path#ref:subdir" whatever the real scheme, as
// client/llb.Git builds it: https and ssh forms of one repository share it.
func (g Git) Identifier() string {
	id := "git://" + g.Host + path.Join("/", g.Path)
	if g.Ref != "" || g.Subdir != "" {
		id += "#" + g.Ref
		if g.Subdir != "" {
			id += ":" + g.Subdir
		}
	}
	return id
}

// Attrs holds BuildKit's git.* attributes. git.knownsshhosts is left out: it
// comes from the machine that builds.
func (g Git) Attrs() map[string]string {
	attrs := map[string]string{
		"git.fullurl":          g.Remote,
		"git.authtokensecret":  "GIT_AUTH_TOKEN", // #nosec G101 -- the name of a secret
		"git.authheadersecret": "GIT_AUTH_HEADER",
	}
	set := func(key, value string, when bool) {
		if when {
			attrs[key] = value
		}
	}
	set("git.keepgitdir", "true", g.KeepGitDir)
	set("git.checksum", g.Checksum, g.Checksum != "")
	set("git.skipsubmodules", "true", g.SkipSubmodules)
	set("git.mtime", g.MTime, g.MTime != "")
	set("git.fetchbycommit", "true", g.FetchByCommit)
	set("git.mountsshsock", "default", g.Scheme == "ssh")
	return attrs
}

var fullCommit = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`) })

// IsCommit tells whether ref is a full commit: 40 or 64 lower-case hexadecimal
// digits, as BuildKit's source/git tells commits from names.
func IsCommit(ref string) bool { return fullCommit().MatchString(ref) }

// Pinned tells whether a full commit fixes the content, as the ref or as the
// checksum. A shorter checksum is compared as a prefix and pins nothing.
func (g Git) Pinned() bool { return IsCommit(g.Ref) || IsCommit(g.Checksum) }

// TagLike tells whether the ref reads as a tag rather than a branch:
// refs/tags/… (also from ?tag=), or a version such as v1, 1.2 or v1.2.3-rc1.
func (g Git) TagLike() bool {
	return strings.HasPrefix(g.Ref, "refs/tags/") || versionRef().MatchString(g.Ref)
}

var versionRef = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^v?[0-9]+(\.[0-9]+)*([-+._][0-9A-Za-z][0-9A-Za-z.+_-]*)?$`)
})
