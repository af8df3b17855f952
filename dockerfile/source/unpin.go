package source

import (
	"path"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Unpin tells apart the name of a source, which may come to stand for something
// else, and what fixes its content: the digest of an image, the checksum of a
// download, the full commit of a git source, "" where nothing does.
//
// The name is an identifier: "docker-image://docker.io/library/node:20", the URL
// of a download, "git://host/path#ref" of a git source, whichever of its
// directories is used. It is "" for a source that nothing but its pin names, such
// as an image without a tag, for one that is never pinned, and for a URL with
// credentials or with what cannot be printed: it is not to be kept anywhere.
func Unpin(s Source) (name, pin string) {
	switch s := s.(type) {
	case Image:
		if s.Tag() != "" {
			name = ImageScheme + s.Name() + ":" + s.Tag()
		}
		return name, s.Digest()
	case HTTP:
		if presentable(s.URL) {
			name = s.URL
		}
		return name, s.Checksum.String()
	case Git:
		return s.unpin()
	}
	return "", ""
}

func (g Git) unpin() (name, pin string) {
	switch {
	case IsCommit(g.Ref):
		return "", g.Ref
	case IsCommit(g.Checksum):
		pin = g.Checksum
	}
	name = gitScheme + g.Host + path.Join("/", g.Path)
	if g.Ref != "" {
		name += "#" + g.Ref
	}
	if g.Host == "" || Redact(g.Remote) != g.Remote || !presentable(name) {
		return "", pin
	}
	return name, pin
}

// presentable tells that a text may be kept and shown as it is: it has no
// credentials, and all of it can be seen.
func presentable(text string) bool {
	hidden := func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) || r == ' ' }
	return !strings.ContainsFunc(text, hidden) && Redact(text) == text
}

const gitScheme = "git://"

// IsName tells whether a text can be the name of a source as Unpin has it.
func IsName(text string) bool {
	if !presentable(text) {
		return false
	}
	if ref, ok := strings.CutPrefix(text, ImageScheme); ok {
		img, err := ParseImage(ref)
		if err != nil {
			return false
		}
		name, pin := Unpin(img)
		return name == text && pin == ""
	}
	if rest, ok := strings.CutPrefix(text, gitScheme); ok {
		remote, ref, _ := strings.Cut(rest, "#")
		host, repository, ok := strings.Cut(remote, "/")
		return ok && host != "" && repository != "" && !IsCommit(ref)
	}
	return strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://")
}

var (
	httpChecksum = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^sha256:[0-9a-f]{64}$`) })
	imageDigest  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$`) })
)

// IsPin tells whether a text can fix the content of a source of this name:
// "sha256:…" of a download, a full commit of a git source, and of an image any
// digest that registries know.
func IsPin(name, text string) bool {
	switch {
	case strings.HasPrefix(name, gitScheme):
		return IsCommit(text)
	case strings.HasPrefix(name, ImageScheme):
		return imageDigest().MatchString(text)
	default:
		return httpChecksum().MatchString(text)
	}
}
