// Package resolve finds out over the network what policies and fixes need to
// know about sources: digests, labels, attestations, checksums, commits. Nothing
// else of the program connects to anything, and nothing here does so before a
// question is asked.
//
// The answers are those that BuildKit would give. What a registry, a server or a
// remote says of itself is not believed: a digest is that of bytes that were
// read, a git object hashes to its name. Requests go to public addresses alone,
// over TLS, unless a host is named otherwise, because what is asked for comes
// from Dockerfiles that others wrote.
//
// Git remotes are asked by the git command. See git.go for the reasons.
package resolve

import (
	"context"
	"crypto/x509"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// Options are what a Resolver may do, and how. The zero value asks public hosts
// over TLS without credentials and keeps nothing.
type Options struct {
	// CacheDir is the folder that answers are kept in, made when first needed;
	// "" keeps none.
	CacheDir string
	// TagTTL is for how long the digest behind a tag, a URL or a ref is taken from
	// the cache: 0 is ten minutes, less than 0 never. What is named by its digest
	// never changes and is always taken from it.
	TagTTL time.Duration

	// Insecure are the hosts, HOST or HOST:PORT, that are asked without TLS or
	// whose certificate is not checked. They may be at private addresses.
	Insecure []string
	// AllowPrivate are the hosts, HOST or HOST:PORT, that may be at addresses that
	// are not public. Those of Docker's config may be too.
	AllowPrivate []string
	// DockerConfig is the folder of Docker's config.json, whose credentials and
	// credential helpers registries are asked with; "" is none.
	DockerConfig string
	// Proxy chooses the proxy for a request, as http.ProxyFromEnvironment does; nil
	// for none. It is connected to wherever it is.
	Proxy func(*http.Request) (*url.URL, error)
	// RootCAs are the certificates that are trusted, nil for the machine's.
	RootCAs *x509.CertPool

	// Git is the git command, "" for the one named git.
	Git string
	// Environ is what git and credential helpers run with, as os.Environ gives it.
	Environ []string

	PerHost  int           // requests to one host at a time; 0 for 4
	Timeout  time.Duration // until an answer begins; 0 for 30 seconds
	Download time.Duration // for all of one file or git fetch; 0 for 10 minutes
	MaxFile  int64         // bytes of one file; 0 for 10 GiB
	Retries  int           // after the first try; 0 for 3, less than 0 for none
	Backoff  time.Duration // before the first of them, doubled each time; 0 for half a second
	MaxWait  time.Duration // the longest that a host may ask to wait; 0 for a minute

	// VerifyImage verifies the signatures of an image, for the field signatures of
	// Rego policies; nil where nothing can.
	VerifyImage func(ctx context.Context, image Signed) ([]map[string]any, error)
	// GitHub is the URL of GitHub's API, "" for the public one.
	GitHub string
	// Now is the time; nil for time.Now.
	Now func() time.Time
}

func orDefault[T int | int64 | time.Duration](v *T, otherwise T) {
	if *v == 0 {
		*v = otherwise
	}
	*v = max(*v, 0)
}

func (o *Options) fill() {
	orDefault(&o.TagTTL, 10*time.Minute)
	orDefault(&o.PerHost, 4)
	o.PerHost = max(o.PerHost, 1)
	orDefault(&o.Timeout, 30*time.Second)
	orDefault(&o.Download, 10*time.Minute)
	orDefault(&o.MaxFile, 10<<30)
	orDefault(&o.Retries, 3)
	orDefault(&o.Backoff, 500*time.Millisecond)
	orDefault(&o.MaxWait, time.Minute)
	if o.Git == "" {
		o.Git = "git"
	}
	if o.GitHub == "" {
		o.GitHub = "https://api.github.com"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// Resolver answers questions about sources. It is safe for concurrent use: a
// question that is asked several times is looked up once, also when the first
// answer is still on its way.
type Resolver struct {
	opt    Options
	guard  *guard
	sender *sender
	docker *dockerConfig
	cache  *cache

	metadata  shared[*policy.Metadata]
	pins      shared[Pin]
	sessions  shared[*session]
	manifests shared[manifest]
	files     shared[string]
	refs      shared[remoteRef]
	objects   shared[gitObjects]

	// seen are the digests and commits that a host said or sent since New: Exists
	// does not ask for them again.
	seen sync.Map
}

// New is a resolver. It neither connects to anything nor reads or writes a file
// before it is asked something.
func New(o Options) *Resolver {
	o.fill()
	r := &Resolver{opt: o, docker: &dockerConfig{dir: o.DockerConfig}, cache: newCache(o.CacheDir, o.TagTTL, o.Now)}
	insecure, private := parseHosts(o.Insecure), parseHosts(o.AllowPrivate)
	r.guard = &guard{insecure: insecure, allowed: func(h host) bool {
		return insecure.has(h) || private.has(h) || r.docker.hosts().has(h)
	}}
	r.guard.dialer.Timeout = dialTimeout
	r.sender = newSender(r.guard, o, &slots{max: o.PerHost, by: map[string]chan struct{}{}})
	return r
}

// Close ends the connections that are kept open for the next question.
func (r *Resolver) Close() { r.sender.close() }

// CacheError is the first trouble in writing to the cache, nil where there was
// none. No answer is wrong for it, but the next run will ask again.
func (r *Resolver) CacheError() error { return r.cache.failure() }

// Metadata finds out what a policy needs to know of a source. The answer has
// what BuildKit's would have for the needs, and nothing that an earlier answer
// had: an image's config comes without attestations unless both are needed. An
// asker who goes by the latest answer alone, ten times at most, sees what a
// build does, up to the policies that never have enough.
//
// The answer is shared: it must not be changed.
func (r *Resolver) Metadata(ctx context.Context, q policy.Question) (*policy.Metadata, error) {
	needs := slices.Compact(slices.Sorted(slices.Values(q.Needs)))
	key := strings.Join(append([]string{sourceKey(q.Source), q.Platform, signatureKey(q.Signature), strings.Join(q.Repositories, " ")}, needs...), "\n")
	return r.metadata.do(ctx, key, func() (*policy.Metadata, error) {
		for _, n := range needs {
			if strings.HasPrefix(n, "image.provenance.materials[") {
				return nil, unsupported(q.Source, "the materials of its provenance are not looked up (%s)", n)
			}
		}
		src, err := concrete(q.Source)
		if err != nil {
			return nil, failed(ctx, q.Source.Identifier(), "", err)
		}
		m := &policy.Metadata{}
		switch s := src.(type) {
		case source.Image:
			m.Image, err = r.imageMetadata(ctx, s, q.Platform, needs)
		case source.HTTP:
			if m.HTTP, err = r.httpMetadata(ctx, s, needs, q.Signature); err == nil {
				err = r.attestationsOf(ctx, s, m.HTTP, q.Repositories)
			}
		case source.Git:
			m.Git, err = r.gitMetadata(ctx, s, needs)
		default:
			err = unsupported(q.Source, "only images, downloads and git repositories are looked up")
		}
		if err != nil {
			return nil, err
		}
		return m, nil
	})
}

func unsupported(src source.Source, format string, args ...any) error {
	return &Error{Reference: src.Identifier(), Kind: ErrUnsupported, Err: sayf(ErrUnsupported, format, args...)}
}

// Pin is what fixes the content of a source.
type Pin struct {
	// Digest is that of an image's index, or of its manifest where it has no
	// index, "sha256:…", or of a file.
	Digest string
	// Manifest is the digest of the image's manifest for the platform asked for,
	// "" where none was.
	Manifest string
	// Commit is the commit of a git ref, Tag the annotated tag object that leads to
	// it or "", and Ref the whole name of the ref, such as "refs/tags/v1".
	Commit, Tag, Ref string
}

// Pin finds what the name of a source leads to now: the tag of an image, the
// URL of a file, the ref of a repository, whatever digest, checksum or commit it
// is pinned to. A source without such a name is asked for by the digest it has.
func (r *Resolver) Pin(ctx context.Context, src source.Source, platform string) (Pin, error) {
	return r.pins.do(ctx, sourceKey(src)+"\n"+platform, func() (Pin, error) {
		known, err := concrete(src)
		if err != nil {
			return Pin{}, failed(ctx, src.Identifier(), "", err)
		}
		switch s := known.(type) {
		case source.Image:
			return r.pinImage(ctx, s, platform)
		case source.HTTP:
			d, err := r.checksum(ctx, s)
			return Pin{Digest: d}, err
		case source.Git:
			return r.pinGit(ctx, s)
		}
		return Pin{}, unsupported(src, "only images, downloads and git repositories are looked up")
	})
}

// Exists asks whether the host still has what an image or a repository is pinned
// to, past every cache but what this Resolver got from the host itself; the error is ErrNotFound where it is gone. A source that
// is not pinned, or a file, exists where its name leads anywhere.
func (r *Resolver) Exists(ctx context.Context, src source.Source) error {
	if known, err := concrete(src); err == nil {
		src = known
	}
	switch s := src.(type) {
	case source.Image:
		if s.Pinned() {
			return r.imageExists(ctx, s)
		}
	case source.Git:
		if s.Pinned() {
			return r.commitExists(ctx, s)
		}
	case source.HTTP:
		return r.fileExists(ctx, s)
	}
	_, err := r.Pin(ctx, src, "")
	return err
}

// sourceKey tells sources apart, also those that BuildKit names alike.
func sourceKey(src source.Source) string {
	attrs := src.Attrs()
	key := []string{string(src.Kind()), src.Identifier()}
	for _, k := range slices.Sorted(maps.Keys(attrs)) {
		key = append(key, k, attrs[k])
	}
	return strings.Join(key, "\x00")
}

func signatureKey(s *policy.SignatureRequest) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf("%s %x", s.Algorithm, s.Suffix)
}
