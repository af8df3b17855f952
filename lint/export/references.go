package export

import (
	"maps"
	"slices"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// References are those to compare an export with lint by: all that the catalogs
// and exceptions name, public and private, by tag, by digest and by both, and
// others that are near to them.
func (p *Policy) References() []string {
	seen := map[string]bool{}
	add := func(ref string) {
		if img, err := source.ParseImage(ref); err == nil {
			seen[img.Ref()] = true
		}
	}
	for _, l := range p.Levels {
		for _, c := range l.Catalogs {
			for i := range c.Images {
				im := &c.Images[i]
				names := []string{im.Name}
				for k := range im.Versions {
					if private := im.Versions[k].PrivateName(); private != "" && !slices.Contains(names, private) {
						names = append(names, private)
					}
				}
				for k := range im.Versions {
					for _, name := range names {
						addVersion(add, name, &im.Versions[k])
					}
				}
			}
			addPrefixes(add, c.Internal)
		}
		for _, e := range l.Exceptions {
			add(e.Source)
		}
		for _, r := range l.Registries {
			addPrefixes(add, r.Entries)
		}
	}
	for _, ref := range []string{
		"alpine", "node:20", nobodysName + ":1", nobodysName + "@" + nobodysDigest, "docker.io/ghcr.io/acme:1", "docker.io/localhost/app:1",
		"docker.io/docker.io/app:1", "Host.Example/app:1", "localhost:5000/app:1",
	} {
		add(ref)
	}
	return slices.Sorted(maps.Keys(seen))
}

// addPrefixes adds images below starts of names, and beside them.
func addPrefixes(add func(string), prefixes []string) {
	for _, prefix := range prefixes {
		for _, rest := range []string{":1", "/app:1", "/app@" + nobodysDigest, "-not/app:1", "/app-not:1"} {
			add(prefix + rest)
		}
	}
}

func addVersion(add func(string), name string, v *catalog.Version) {
	digests := []string{v.Digest, nobodysDigest}
	for _, p := range v.Platforms {
		digests = append(digests, p.Manifest, p.Config)
	}
	for _, tag := range []string{v.Tag, "latest", nobodysTag} {
		add(name + ":" + tag)
		for _, d := range digests {
			if d != "" {
				add(name + ":" + tag + "@" + d)
				add(name + "@" + d)
			}
		}
	}
}
