package evidence

import (
	"maps"
	"slices"

	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// Set is what an image consists of by digest: that of its index, or of its only
// manifest, and those of its platforms.
type Set struct {
	Digest    string
	Platforms map[string]catalog.Platform // "linux/amd64"
}

// Digests are all of them.
func (s Set) Digests() []string {
	all := []string{s.Digest}
	for _, name := range slices.Sorted(maps.Keys(s.Platforms)) {
		p := s.Platforms[name]
		for _, d := range []string{p.Manifest, p.Config} {
			if d != "" && !slices.Contains(all, d) {
				all = append(all, d)
			}
		}
	}
	return all
}

// Bind says by which digest a report is about an image: "index", "manifest" or
// "config", "" where it is about another one or names none. platforms are those of
// the image that were scanned, as far as can be told: those that the report names
// the digest of, else those that it names itself.
func (r *Report) Bind(s Set) (binding string, platforms []string) {
	for _, name := range slices.Sorted(maps.Keys(s.Platforms)) {
		p := s.Platforms[name]
		switch {
		case slices.Contains(r.Digests, p.Manifest) && p.Manifest != "":
			binding = "manifest"
		case slices.Contains(r.Digests, p.Config) && p.Config != "":
			if binding == "" {
				binding = "config"
			}
		default:
			continue
		}
		platforms = append(platforms, name)
	}
	if slices.Contains(r.Digests, s.Digest) && binding != "manifest" {
		binding = "index"
		if _, single := single(s); single {
			binding = "manifest"
		}
	}
	if platforms == nil && binding != "" {
		platforms = r.Platforms
		if only, ok := single(s); ok && len(platforms) == 0 {
			platforms = []string{only}
		}
	}
	return binding, platforms
}

// single is the platform of an image that has no index.
func single(s Set) (platform string, ok bool) {
	for name, p := range s.Platforms {
		if p.Manifest == s.Digest {
			return name, true
		}
	}
	return "", false
}
