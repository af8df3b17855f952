package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

const layoutScheme = "oci-layout://"

// refNameAnnotation names a manifest of an OCI layout (OCI image spec,
// annotations).
const refNameAnnotation = "org.opencontainers.image.ref.name"

// withLayoutDigest completes oci-layout://PATH[:TAG] with the digest that the
// layout's index gives the tag, latest where none is written. Buildx does so
// before it asks BuildKit.
func withLayoutDigest(dir, value string) (string, error) {
	if strings.Contains(value, "@") {
		return value, nil
	}
	path, tag, ok := strings.Cut(strings.TrimPrefix(value, layoutScheme), ":")
	if !ok {
		tag = "latest"
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
	for _, m := range parsed.Manifests {
		if m.Annotations[refNameAnnotation] == tag {
			return m.Digest, nil
		}
	}
	return "", errors.New("its index.json has no tag " + tag)
}
