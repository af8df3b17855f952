package rego

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/util/gitutil"
	"github.com/opencontainers/go-digest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// material is the source that a build's provenance names, and its platform or ""
// (policy.parseSLSAMaterial).
func material(m resource) (src source.Source, platform string, err error) {
	if strings.HasPrefix(m.URI, packageScheme) {
		return imageMaterial(m)
	}
	if u, err := gitutil.ParseURL(m.URI); err == nil {
		if strings.HasSuffix(strings.ToLower(u.Path), ".git") || u.Scheme != gitutil.HTTPProtocol && u.Scheme != gitutil.HTTPSProtocol {
			return gitMaterial(u, m.URI), "", nil
		}
	}
	if strings.HasPrefix(m.URI, "http://") || strings.HasPrefix(m.URI, "https://") {
		return source.Raw{ID: m.URI}, "", nil
	}
	return nil, "", fmt.Errorf("unsupported material URI %q", m.URI)
}

func materialError(uri string, err error) error {
	return fmt.Errorf("failed to build material input for %q: %w", uri, err)
}

// nested are unknown fields of a material as fields of the whole.
func nested(unknown []string, index int) []string {
	out := make([]string, len(unknown))
	for i, u := range unknown {
		out[i] = fmt.Sprintf("input.image.provenance.materials[%d].%s", index, strings.TrimPrefix(u, "input."))
	}
	return out
}

func gitMaterial(u *gitutil.GitURL, uri string) source.Source {
	id := "git://" + u.Host + path.Join("/", u.Path)
	if u.Opts != nil && (u.Opts.Ref != "" || u.Opts.Subdir != "") {
		id += "#" + u.Opts.Ref
		if u.Opts.Subdir != "" {
			id += ":" + u.Opts.Subdir
		}
	}
	return source.Raw{ID: id, Attributes: map[string]string{"git.fullurl": uri}}
}

// packageScheme begins the package URLs of images.
const packageScheme = "pkg:docker/"

// imageMaterial reads a package URL, such as
// "pkg:docker/alpine@3.20?platform=linux%2Famd64" (util/purl of BuildKit).
func imageMaterial(m resource) (source.Source, string, error) {
	rest, _, _ := strings.Cut(strings.TrimPrefix(m.URI, packageScheme), "#")
	rest, query, _ := strings.Cut(rest, "?")
	qualifiers, err := url.ParseQuery(query)
	if err != nil {
		return nil, "", err
	}
	name, version := rest, ""
	if at := strings.LastIndexByte(rest, '@'); at > 0 {
		name, version = rest[:at], rest[at+1:]
	}
	if name, err = url.PathUnescape(strings.Trim(name, "/")); err != nil {
		return nil, "", err
	}
	if version, err = url.PathUnescape(version); err != nil {
		return nil, "", err
	}
	platform := qualifiers.Get("platform")
	if platform != "" {
		p, err := platforms.Parse(platform)
		if err != nil {
			return nil, "", err
		}
		p.OSVersion, p.OSFeatures = "", nil
		platform = platforms.Format(p)
	}
	img, err := materialReference(name, version, qualifiers.Get("digest"), strings.TrimSpace(m.Digest["sha256"]))
	return img, platform, err
}

// materialReference puts an image's name together with its version, which is a
// tag or a digest, and the digest that is given beside it.
func materialReference(name, version, qualifier, sum string) (source.Source, error) {
	fixed := qualifier
	switch {
	case digest.Digest(version).Validate() == nil:
		if qualifier != "" && qualifier != version {
			return nil, fmt.Errorf("digest %q does not match version %q", qualifier, version)
		}
		fixed = version
	case version != "":
		name += ":" + version
	case qualifier == "":
		name += ":latest"
	}
	if sum != "" {
		if digest.Digest(sum).Validate() != nil {
			sum = "sha256:" + sum
		}
		if fixed != "" && fixed != sum {
			return nil, fmt.Errorf("material digest mismatch for %q: ref has %s but provenance has %s", name, fixed, sum)
		}
		fixed = sum
	}
	if fixed != "" {
		name += "@" + fixed
	}
	return source.ParseReference(name)
}
