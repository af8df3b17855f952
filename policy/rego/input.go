package rego

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/util/gitutil/gitobject"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// document is an input of a policy (policy.Input of Buildx): env and one of
// local, image, http and git, each a JSON object in which what is empty is
// absent.
type document struct {
	kind    string         // local, image, http or git; "" in the probe
	fields  map[string]any // of the kind
	unknown []string       // fields that metadata would give, as "input.image.labels"

	commit, tag *gitobject.GitObject // what verify_git_signature verifies
	checksum    string               // of http
	// signature is what verify_http_pgp_signature compares.
	signature *policy.HTTPSignature
	// attestations are what github_attestation verifies, by repository.
	attestations map[string][]json.RawMessage
	// unwritable is why Buildx fails to write the document down as JSON.
	unwritable error
}

// value is the whole input.
func (d *document) value(env map[string]any) map[string]any {
	in := map[string]any{"env": env}
	if d.kind != "" {
		in[d.kind] = d.fields
	}
	return in
}

// newDocument builds the input for a source (policy.sourceToInput). Errors are
// Buildx's.
func (p *Policy) newDocument(r policy.Request) (*document, error) {
	identifier, attrs := r.Source.Identifier(), r.Source.Attrs()
	scheme, rest, ok := strings.Cut(identifier, "://")
	if !ok {
		return nil, fmt.Errorf("failed to build policy input: invalid source identifier: %s", identifier)
	}
	meta := r.Metadata
	if meta == nil {
		meta = &policy.Metadata{}
	}
	var d *document
	var err error
	switch scheme {
	case "http", "https":
		d, err = p.httpDocument(identifier, scheme, attrs, meta.HTTP)
	case "git":
		d, err = gitDocument(rest, attrs, meta.Git)
	case "docker-image":
		if d, err = imageDocument(r.Source, rest, r.Platform, meta.Image); err == nil && meta.Image != nil && meta.Image.HasChain {
			err = p.putProvenance(d, r, meta.Image)
		}
	case "local":
		d = &document{kind: "local", fields: map[string]any{}}
		put(d.fields, "name", rest)
	default:
		err = fmt.Errorf("unsupported source scheme: %s", scheme)
	}
	if err != nil {
		return nil, fmt.Errorf("failed to build policy input: %w", err)
	}
	return d, nil
}

// put sets what is not empty, as Go's omitempty does.
func put[T comparable](fields map[string]any, key string, v T) {
	var zero T
	if v == zero {
		return
	}
	fields[key] = v
	if s, ok := any(v).(string); ok {
		fields[key] = jsonText(s)
	}
}

// jsonText is a text as it comes out of JSON: bytes that are not UTF-8 are
// U+FFFD each.
func jsonText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

func putList(fields map[string]any, key string, list []string) {
	if len(list) == 0 {
		return
	}
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = jsonText(s)
	}
	fields[key] = out
}

func (d *document) needs(names ...string) {
	for _, n := range names {
		d.unknown = append(d.unknown, "input."+d.kind+"."+n)
	}
}

// env is the input's env (policy.Env).
func envDocument(e policy.Env, probe bool) map[string]any {
	out := map[string]any{"depth": json.Number("0")}
	for key, m := range map[string]map[string]string{"args": e.Args, "labels": e.Labels} {
		if len(m) > 0 {
			values := make(map[string]any, len(m))
			for k, v := range m {
				values[jsonText(k)] = jsonText(v)
			}
			out[key] = values
		}
	}
	put(out, "filename", e.Filename)
	put(out, "target", e.Target)
	put(out, "capsRequest", probe)
	return out
}

// Fields of an image that metadata would give.
var (
	unknownConfig      = []string{"input.image.labels", "input.image.user", "input.image.volumes", "input.image.workingDir", "input.image.env"}
	unknownAttestation = []string{"input.image.hasProvenance", "input.image.provenance", "input.image.signatures"}
)

func imageDocument(src source.Source, ref, platform string, meta *policy.ImageMetadata) (*document, error) {
	img, ok := src.(source.Image)
	if !ok {
		var err error
		if img, err = source.ParseReference(ref); err != nil {
			return nil, fmt.Errorf("failed to parse image source reference: %w", err)
		}
	}
	if platform == "" {
		return nil, fmt.Errorf("platform required for image source")
	}
	d := &document{kind: "image", fields: map[string]any{}}
	put(d.fields, "ref", img.Ref())
	put(d.fields, "host", img.Host())
	put(d.fields, "repo", img.FamiliarName())
	put(d.fields, "fullRepo", img.Name())
	put(d.fields, "tag", img.Tag())
	put(d.fields, "isCanonical", img.Pinned())
	put(d.fields, "checksum", img.Digest())
	if err := putPlatform(d.fields, platform); err != nil {
		return nil, err
	}
	if meta == nil {
		if !img.Pinned() {
			d.needs("checksum")
		}
		d.unknown = append(append(d.unknown, unknownConfig...), unknownAttestation...)
		return d, nil
	}
	delete(d.fields, "checksum")
	put(d.fields, "checksum", meta.Digest)
	if len(meta.Config) == 0 || string(meta.Config) == "null" {
		d.unknown = append(d.unknown, unknownConfig...)
	} else if err := putConfig(d.fields, meta.Config); err != nil {
		return nil, err
	}
	if !meta.HasChain {
		d.unknown = append(d.unknown, unknownAttestation...)
	}
	put(d.fields, "hasProvenance", meta.HasChain && meta.AttestationManifest != "")
	if meta.HasChain && len(meta.Signatures) > 0 {
		d.fields["signatures"] = meta.Signatures
	}
	return d, nil
}

func putPlatform(fields map[string]any, platform string) error {
	p, ok := commonPlatforms[platform]
	if !ok {
		var err error
		if p, err = platforms.Parse(platform); err != nil {
			return fmt.Errorf("failed to parse platform: %w", err)
		}
		p = platforms.Normalize(p)
	}
	put(fields, "platform", platforms.Format(p))
	put(fields, "os", p.OS)
	put(fields, "arch", p.Architecture)
	put(fields, "variant", p.Variant)
	return nil
}

// commonPlatforms need no parsing, which takes as long as a small policy.
var commonPlatforms = map[string]ocispecs.Platform{
	"linux/amd64":  {OS: "linux", Architecture: "amd64"},
	"linux/arm64":  {OS: "linux", Architecture: "arm64"},
	"linux/arm/v7": {OS: "linux", Architecture: "arm", Variant: "v7"},
}

// putConfig sets what an OCI image config tells.
func putConfig(fields map[string]any, text json.RawMessage) error {
	var img ocispecs.Image
	if err := json.Unmarshal(text, &img); err != nil {
		return fmt.Errorf("failed to unmarshal image config: %w", err)
	}
	if img.Created != nil {
		fields["createdTime"] = img.Created.Format(time.RFC3339)
	}
	if len(img.Config.Labels) > 0 {
		labels := map[string]any{}
		for k, v := range img.Config.Labels {
			labels[k] = v
		}
		fields["labels"] = labels
	}
	putList(fields, "env", img.Config.Env)
	put(fields, "user", img.Config.User)
	putList(fields, "volumes", sortedKeys(img.Config.Volumes))
	put(fields, "workingDir", img.Config.WorkingDir)
	return nil
}
