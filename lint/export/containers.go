package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

const containersFile = "policy.json"

// errNoImages says that nothing in force is about all images.
var errNoImages = errors.New("what is in force here does not say which images are allowed: that takes a catalog or a list of registries")

func containersPolicyForm() *Form {
	return &Form{
		Name:    "containers-policy",
		Summary: "policy.json of Podman, Buildah, Skopeo and CRI-O",
		Use:     "put it at /etc/containers/policy.json",
		Cannot: []string{
			"It is one policy for all levels, and says no more than \"rejected by policy\" about what it rejects.",
			"It asks for no signatures: add signedBy or sigstoreSigned where you have keys.",
			"An image of a mirror is judged by the name that was asked for.",
			"Images that are on the machine already, and archives and directories, are let through.",
			"It says nothing about downloads and git repositories.",
		},
		write: writeContainers, decide: decideContainers,
	}
}

// containersPolicy is the policy of containers-policy.json(5).
type containersPolicy struct {
	Default    []requirement                       `json:"default"`
	Transports map[string]map[string][]requirement `json:"transports"`
}

type requirement struct {
	Type string `json:"type"`
}

// What a policy of containers asks for.
const (
	accept = "insecureAcceptAnything"
	reject = "reject"
)

// here are the transports that fetch nothing over the network.
func here() []string {
	return []string{"containers-storage", "dir", "docker-archive", "docker-daemon", "oci", "oci-archive", "sif", "tarball"}
}

func writeContainers(p *Policy) ([]File, []string, error) {
	st, err := p.static(false)
	if err != nil {
		return nil, nil, err
	}
	if st.open {
		return nil, nil, errNoImages
	}
	limits := st.limits(p)
	any := []requirement{{accept}}
	scopes := map[string][]requirement{}
	for _, im := range st.images {
		for _, name := range im.names() {
			for _, t := range im.tags {
				if t.name == name {
					scopes[name+":"+t.tag] = any
				}
			}
			// A scope with a tag is none of the same image by digest.
			for _, v := range im.versions {
				for _, d := range v.digests {
					if im.allowedAs(name, v) {
						scopes[name+"@"+d] = any
					}
				}
			}
		}
	}
	for _, prefix := range st.prefixes {
		if strings.Contains(strings.TrimPrefix(prefix, "*."), "*") || strings.HasPrefix(prefix, "*.") && strings.Contains(prefix, "/") {
			limits = append(limits, fmt.Sprintf("%s is rejected: a \"*\" can only be the start of a host.", prefix))
			continue
		}
		scopes[prefix] = any
	}
	out := containersPolicy{Default: []requirement{{reject}}, Transports: map[string]map[string][]requirement{"docker": scopes}}
	for _, transport := range here() {
		out.Transports[transport] = map[string][]requirement{"": any}
	}
	text, err := indented(out)
	return []File{{Name: containersFile, Text: text}}, limits, err
}

// decideContainers takes the most specific scope of an image, as containers/image
// does (signature/policy_eval.go, docker/policyconfiguration).
func decideContainers(_ context.Context, _ *Policy, dir fs.FS, _ []string) (decide, error) {
	text, err := fs.ReadFile(dir, containersFile)
	if err != nil {
		return nil, err
	}
	var p containersPolicy
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("%s: %w", containersFile, err)
	}
	return func(img source.Image) (bool, string, error) {
		required := p.Default
		for _, scope := range scopesOf(img) {
			if r, ok := p.Transports["docker"][scope]; ok {
				required = r
				break
			}
		}
		ok := len(required) == 1 && required[0].Type == accept
		return ok, "policy.json rejects it", nil
	}, nil
}

// scopesOf are the scopes of an image, the most specific first. Of a reference with
// tag and digest the tag is left out.
func scopesOf(img source.Image) []string {
	name := img.Name()
	out := []string{name + ":" + img.Tag()}
	if img.Pinned() {
		out = []string{name + "@" + img.Digest()}
	}
	for {
		out = append(out, name)
		i := strings.LastIndexByte(name, '/')
		if i < 0 {
			break
		}
		name = name[:i]
	}
	host, _, _ := strings.Cut(name, ":")
	for {
		_, parent, found := strings.Cut(host, ".")
		if !found {
			return out
		}
		host = parent
		out = append(out, "*."+host)
	}
}
