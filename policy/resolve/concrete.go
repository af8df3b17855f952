package resolve

import (
	"net/url"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// concrete is the source that an identifier and attributes name, as BuildKit
// would read them. Any other source stays.
func concrete(src source.Source) (source.Source, error) {
	raw, ok := src.(source.Raw)
	if !ok {
		return src, nil
	}
	switch raw.Kind() {
	case source.KindImage:
		img, err := source.ParseReference(strings.TrimPrefix(raw.ID, source.ImageScheme))
		if err == nil && img.Tag() == "" && !img.Pinned() {
			img, err = source.ParseImage(img.Ref())
		}
		if err != nil {
			return nil, sayf(ErrInvalid, "it is no reference of an image")
		}
		return img, nil
	case source.KindHTTP:
		h, err := source.ParseHTTP(raw.ID, raw.Attributes["http.checksum"])
		if err != nil {
			return nil, sayf(ErrInvalid, "its checksum is none")
		}
		return h, nil
	case source.KindGit:
		return concreteGit(raw)
	}
	return src, nil
}

// concreteGit takes the remote from the attribute that has it, and the ref from
// the identifier.
func concreteGit(raw source.Raw) (source.Source, error) {
	rest, fragment, _ := strings.Cut(strings.TrimPrefix(raw.ID, "git://"), "#")
	full := raw.Attributes["git.fullurl"]
	if full == "" {
		full = "https://" + rest
	}
	full, _, _ = strings.Cut(full, "#")
	g, isGit, err := source.ParseGit(full)
	if !isGit || err != nil {
		u, err := url.Parse(full)
		if err != nil || u.Host == "" {
			return nil, sayf(ErrInvalid, "%q is no URL of a repository", source.Redact(full))
		}
		g = source.Git{Remote: full, Scheme: strings.ToLower(u.Scheme), Host: u.Host, Path: u.Path}
	}
	g.Ref, g.Subdir, _ = strings.Cut(fragment, ":")
	g.Checksum = raw.Attributes["git.checksum"]
	g.KeepGitDir = raw.Attributes["git.keepgitdir"] == "true"
	g.FetchByCommit = raw.Attributes["git.fetchbycommit"] == "true"
	return g, nil
}
