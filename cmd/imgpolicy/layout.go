package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

const layoutScheme = "oci-layout://"

// The annotations that name a manifest of an OCI layout, in the order in which
// they are looked at: containerd's, and the one of the OCI image spec.
var nameAnnotations = []string{"io.containerd.image.name", "org.opencontainers.image.ref.name"}

var layoutDigestPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`@[A-Za-z][A-Za-z0-9+._-]*:[0-9A-Fa-f]{32,}$`) })

// withLayoutDigest completes oci-layout://PATH[:TAG] with the digest that the
// layout's index gives the tag, latest where none is written. Buildx does so
// before it asks BuildKit.
func withLayoutDigest(dir, value string) (string, error) {
	if layoutDigestPattern().MatchString(value) {
		return value, nil
	}
	path, tag := strings.TrimPrefix(value, layoutScheme), "latest"
	if i := strings.LastIndexByte(path, ':'); i >= 0 && i+1 < len(path) {
		path, tag = path[:i], path[i+1:]
	}
	text, err := os.ReadFile(filepath.Join(absolute(dir, path), "index.json"))
	if err != nil {
		return "", failure{name: value, what: err.Error(), hint: "name the directory of an OCI layout, or write the digest: " + layoutScheme + "PATH@sha256:…"}
	}
	digest, err := layoutDigest(text, tag)
	if err != nil {
		return "", failure{name: value, what: err.Error(), hint: "write the digest: " + layoutScheme + path + "@sha256:…"}
	}
	return layoutScheme + path + ":" + tag + "@" + digest, nil
}

// layoutDigest is the digest of the manifest with a tag. As for Buildx, the
// only manifest of a layout is meant whatever the tag.
func layoutDigest(index []byte, tag string) (string, error) {
	var parsed struct {
		Manifests []struct {
			Digest      string
			Annotations map[string]string
		}
	}
	if err := json.Unmarshal(index, &parsed); err != nil {
		return "", errors.New("its index.json cannot be read: " + err.Error())
	}
	for _, name := range nameAnnotations {
		for _, m := range parsed.Manifests {
			if t, ok := m.Annotations[name]; ok && t == tag {
				return m.Digest, nil
			}
		}
	}
	if len(parsed.Manifests) == 1 {
		return parsed.Manifests[0].Digest, nil
	}
	return "", errors.New("its index.json has no tag " + tag)
}
