package rego

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/util/gitutil"
	"github.com/moby/buildkit/util/gitutil/gitobject"
	"golang.org/x/net/idna"

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
		d, err = imageDocument(rest, r.Platform, meta.Image)
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
	if v != zero {
		fields[key] = v
	}
}

func putList(fields map[string]any, key string, list []string) {
	if len(list) == 0 {
		return
	}
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
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
				values[k] = v
			}
			out[key] = values
		}
	}
	put(out, "filename", e.Filename)
	put(out, "target", e.Target)
	put(out, "capsRequest", probe)
	return out
}

func (p *Policy) httpDocument(identifier, scheme string, attrs map[string]string, meta *policy.HTTPMetadata) (*document, error) {
	u, err := url.Parse(identifier)
	if err != nil {
		return nil, fmt.Errorf("failed to parse http source url: %w", err)
	}
	d := &document{kind: "http", fields: map[string]any{}}
	host := u.Host
	if !p.opt.OldHost {
		host = normalHost(u)
	}
	put(d.fields, "url", identifier)
	put(d.fields, "schema", scheme)
	put(d.fields, "host", host)
	put(d.fields, "path", u.Path)
	query := map[string]any{}
	for k, values := range u.Query() {
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = v
		}
		query[k] = list
	}
	if len(query) > 0 {
		d.fields["query"] = query
	}
	_, hasAuth := attrs["http.authheadersecret"]
	put(d.fields, "hasAuth", hasAuth)
	if meta != nil {
		d.checksum = meta.Checksum
	}
	put(d.fields, "checksum", d.checksum)
	if d.checksum == "" {
		d.needs("checksum")
	}
	return d, nil
}

// normalHost is the host as Buildx v0.38 compares it: lower case, ASCII, without
// a trailing dot, IP addresses in their shortest form, no default port.
func normalHost(u *url.URL) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	host = strings.TrimSuffix(host, ".")
	if ip := net.ParseIP(host); ip != nil {
		host = ip.String()
	} else if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	if port == "80" && u.Scheme == "http" || port == "443" && u.Scheme == "https" {
		port = ""
	}
	switch {
	case port != "":
		return net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		return "[" + host + "]"
	default:
		return host
	}
}

func imageDocument(ref, platform string, meta *policy.ImageMetadata) (*document, error) {
	img, err := source.ParseReference(ref)
	if err != nil {
		return nil, fmt.Errorf("failed to parse image source reference: %w", err)
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
	attestations := []string{"hasProvenance", "provenance", "signatures"}
	config := []string{"labels", "user", "volumes", "workingDir", "env"}
	if meta == nil {
		if !img.Pinned() {
			d.needs("checksum")
		}
		d.needs(config...)
		d.needs(attestations...)
		return d, nil
	}
	delete(d.fields, "checksum")
	put(d.fields, "checksum", meta.Digest)
	if len(meta.Config) == 0 || string(meta.Config) == "null" {
		d.needs(config...)
	} else if err := putConfig(d.fields, meta.Config); err != nil {
		return nil, err
	}
	if !meta.HasChain {
		d.needs(attestations...)
	}
	put(d.fields, "hasProvenance", meta.HasChain && meta.AttestationManifest != "")
	return d, nil
}

func putPlatform(fields map[string]any, platform string) error {
	p, err := platforms.Parse(platform)
	if err != nil {
		return fmt.Errorf("failed to parse platform: %w", err)
	}
	p = platforms.Normalize(p)
	put(fields, "platform", platforms.Format(p))
	put(fields, "os", p.OS)
	put(fields, "arch", p.Architecture)
	put(fields, "variant", p.Variant)
	return nil
}

// putConfig sets what an OCI image config tells.
func putConfig(fields map[string]any, text json.RawMessage) error {
	var img struct {
		Created *time.Time
		Config  struct {
			Labels     map[string]string
			Env        []string
			User       string
			Volumes    map[string]struct{}
			WorkingDir string
		}
	}
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

func gitDocument(rest string, attrs map[string]string, meta *policy.GitMetadata) (*document, error) {
	if !gitutil.IsGitTransport(rest) {
		rest = "https://" + rest
	}
	u, err := gitutil.ParseURL(rest)
	if err != nil {
		return nil, err
	}
	d := &document{kind: "git", fields: map[string]any{}}
	ref := ""
	if u.Opts != nil {
		ref = u.Opts.Ref
		if sub := path.Clean(u.Opts.Subdir); sub != "/" && sub != "." {
			put(d.fields, "subDir", u.Opts.Subdir)
		}
	}
	if full, ok := attrs["git.fullurl"]; ok {
		if !gitutil.IsGitTransport(full) {
			full = "https://" + full
		}
		if u, err = gitutil.ParseURL(full); err != nil {
			return nil, err
		}
		put(d.fields, "fullURL", full)
	}
	put(d.fields, "schema", u.Scheme)
	put(d.fields, "remote", u.Remote)
	put(d.fields, "host", u.Host)
	return d, d.gitRef(ref, meta)
}

// gitRef sets what the ref and its metadata tell.
func (d *document) gitRef(ref string, meta *policy.GitMetadata) error {
	fullRef, commit := false, gitutil.IsCommitSHA(ref)
	name := func(ref string) {
		if tag, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
			put(d.fields, "tagName", tag)
			fullRef = true
		}
		if branch, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
			put(d.fields, "branch", branch)
			fullRef = true
		}
	}
	name(ref)
	checksum, commitChecksum := "", ""
	if commit {
		checksum, commitChecksum = ref, ref
		put(d.fields, "isCommitRef", true)
	}
	if meta != nil {
		name(meta.Ref)
		put(d.fields, "ref", meta.Ref)
		checksum, commitChecksum = meta.Checksum, meta.CommitChecksum
		if commitChecksum == "" {
			commitChecksum = checksum
		}
		put(d.fields, "isAnnotatedTag", checksum != commitChecksum)
	} else {
		d.gitNeeds(ref, fullRef || commit, checksum)
	}
	put(d.fields, "checksum", checksum)
	put(d.fields, "commitChecksum", commitChecksum)
	put(d.fields, "isSHA256", len(checksum) == 64)
	if meta == nil {
		return nil
	}
	return d.gitObjects(meta, checksum, commitChecksum)
}

func (d *document) gitNeeds(ref string, full bool, checksum string) {
	if full {
		put(d.fields, "ref", ref)
	} else {
		d.needs("tagName", "branch", "ref")
	}
	if checksum == "" {
		d.needs("checksum", "isAnnotatedTag", "commitChecksum", "isSHA256")
	}
	d.needs("tag", "commit")
}

func (d *document) gitObjects(meta *policy.GitMetadata, checksum, commitChecksum string) error {
	if len(meta.CommitObject) == 0 {
		d.needs("commit", "tag")
		return nil
	}
	commit, err := gitObject(meta.CommitObject, commitChecksum)
	if err != nil {
		return err
	}
	d.commit = commit
	c, err := commit.ToCommit()
	if err != nil {
		return err
	}
	fields := map[string]any{"author": actor(c.Author), "committer": actor(c.Committer)}
	put(fields, "tree", c.Tree)
	put(fields, "message", c.Message)
	putList(fields, "parents", c.Parents)
	putSignature(fields, commit)
	dropEmpty(fields, "author", "committer")
	d.fields["commit"] = fields
	if len(meta.TagObject) == 0 {
		return nil
	}
	if d.tag, err = gitObject(meta.TagObject, checksum); err != nil {
		return err
	}
	t, err := d.tag.ToTag()
	if err != nil {
		return err
	}
	fields = map[string]any{"tagger": actor(t.Tagger)}
	put(fields, "object", t.Object)
	put(fields, "type", t.Type)
	put(fields, "tag", t.Tag)
	put(fields, "message", t.Message)
	putSignature(fields, d.tag)
	dropEmpty(fields, "tagger")
	d.fields["tag"] = fields
	return nil
}

func gitObject(raw []byte, checksum string) (*gitobject.GitObject, error) {
	obj, err := gitobject.Parse(raw)
	if err != nil {
		return nil, err
	}
	return obj, obj.VerifyChecksum(checksum)
}

func actor(a gitobject.Actor) map[string]any {
	out := map[string]any{}
	put(out, "name", a.Name)
	put(out, "email", a.Email)
	if a.When != nil {
		out["when"] = a.When.Format(time.RFC3339Nano)
	}
	return out
}

func dropEmpty(fields map[string]any, keys ...string) {
	for _, k := range keys {
		if m, ok := fields[k].(map[string]any); ok && len(m) == 0 {
			delete(fields, k)
		}
	}
}
