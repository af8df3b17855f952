package lock

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// provenanceKey begins the keys of provenances in metadata; that of a build for
// several platforms goes on with "/" and the platform.
const provenanceKey = "buildx.build.provenance"

// provenance is what a build notes of what it fetched, in SLSA 0.2 and 1.
type provenance struct {
	Materials       []material `json:"materials"`
	BuildDefinition struct {
		ResolvedDependencies []material `json:"resolvedDependencies"`
	} `json:"buildDefinition"`
}

type material struct {
	URI    string            `json:"uri"`
	Digest map[string]string `json:"digest"`
}

// readMetadata reads the metadata of a build or, one level down, of the targets
// of a bake, or a provenance by itself. It counts the provenances.
func readMetadata(name string, text []byte, keys map[string]json.RawMessage) (*pinList, int, error) {
	list, n := newPinList(name), 0
	add := func(key string, text json.RawMessage) error {
		var p provenance
		if err := json.Unmarshal(text, &p); err != nil {
			return fmt.Errorf("%s: %s: %w", name, key, err)
		}
		n++
		for _, m := range append(p.Materials, p.BuildDefinition.ResolvedDependencies...) {
			list.addMaterial(m)
		}
		return nil
	}
	addAll := func(keys map[string]json.RawMessage) error {
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if key == provenanceKey || strings.HasPrefix(key, provenanceKey+"/") {
				if err := add(key, keys[key]); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if keys["materials"] != nil || keys["buildDefinition"] != nil {
		return list, 1, add("the provenance", text)
	}
	if err := addAll(keys); err != nil {
		return nil, 0, err
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		var target map[string]json.RawMessage
		if json.Unmarshal(keys[key], &target) == nil {
			if err := addAll(target); err != nil {
				return nil, 0, err
			}
		}
	}
	return list, n, nil
}

// addMaterial takes in what a build fetched. An image is named as a package URL,
// pkg:docker/ghcr.io/acme/app@1.2?platform=linux%2Famd64 (BuildKit's util/purl);
// its digest is that of the index.
func (l *pinList) addMaterial(m material) {
	src := materialSource(m.URI)
	if src == nil {
		return
	}
	switch src.(type) {
	case source.Git:
		for _, algorithm := range []string{"sha1", "sha256"} {
			if digest := m.Digest[algorithm]; digest != "" {
				l.add(src, digest)
				return
			}
		}
	default:
		if digest := m.Digest["sha256"]; digest != "" {
			l.add(src, "sha256:"+digest)
		}
	}
}

func materialSource(uri string) source.Source {
	purl, ok := strings.CutPrefix(uri, "pkg:docker/")
	if !ok {
		return sourceOf(uri)
	}
	path, _, _ := strings.Cut(purl, "?")
	path, version, ok := strings.Cut(path, "@")
	if !ok {
		return nil
	}
	path, err := url.PathUnescape(path)
	if err != nil {
		return nil
	}
	if version, err = url.PathUnescape(version); err != nil || strings.Contains(version, ":") {
		return nil // a digest: there is no name
	}
	return sourceOf(source.ImageScheme + path + ":" + version)
}
