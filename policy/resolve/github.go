package resolve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/opencontainers/go-digest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// Bounds of what a policy can have fetched from GitHub for one file.
const (
	maxRepositories = 16
	maxBundles      = 32
	maxBundle       = 8 << 20
)

var repositoryName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`) })

// attestationsOf adds the bundles that repositories of GitHub have of a file
// (readGitHubAttestationBundles of Buildx's policy/funcs.go).
func (r *Resolver) attestationsOf(ctx context.Context, src source.HTTP, m *policy.HTTPMetadata, repositories []string) error {
	if len(repositories) > maxRepositories {
		return unsupported(src, "attestations of more than %d repositories are not", maxRepositories)
	}
	for _, name := range repositories {
		bundles, err := r.githubBundles(ctx, name, digest.Digest(m.Checksum))
		if err != nil {
			return failed(ctx, "the attestations of "+name, hostName(r.opt.GitHub), err)
		}
		if m.Attestations == nil {
			m.Attestations = map[string][]json.RawMessage{}
		}
		m.Attestations[name] = bundles
	}
	return nil
}

// githubBundles asks GitHub for what a repository attests. A name that is none
// is not sent anywhere.
func (r *Resolver) githubBundles(ctx context.Context, repository string, of digest.Digest) ([]json.RawMessage, error) {
	owner, name, _ := strings.Cut(repository, "/")
	if !repositoryName().MatchString(repository) || strings.Trim(owner, ".") == "" || strings.Trim(name, ".") == "" {
		return nil, nil
	}
	if err := of.Validate(); err != nil {
		return nil, sayf(ErrInvalid, "%q is no digest", of)
	}
	ask := fmt.Sprintf("%s/repos/%s/attestations/%s?predicate_type=%s", r.opt.GitHub, repository, of, url.QueryEscape("https://slsa.dev/provenance/v1"))
	body, err := r.fetch(ctx, ask, "application/vnd.github+json", maxBundle)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var answer struct {
		Attestations []struct {
			Bundle    json.RawMessage `json:"bundle"`
			BundleURL string          `json:"bundle_url"`
		} `json:"attestations"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, sayf(ErrInvalid, "the attestations of %s cannot be read", repository)
	}
	if len(answer.Attestations) > maxBundles {
		return nil, sayf(ErrTooLarge, "%s has more than %d attestations of the file", repository, maxBundles)
	}
	var out []json.RawMessage
	for _, a := range answer.Attestations {
		bundle := a.Bundle
		if isNothing(bundle) && a.BundleURL != "" {
			if bundle, err = r.bundle(ctx, a.BundleURL); err != nil {
				return nil, err
			}
		}
		if !isNothing(bundle) {
			out = append(out, bundle)
		}
	}
	return out, nil
}

// isNothing tells a bundle that is not there, and what is no JSON and so no
// bundle either.
func isNothing(text []byte) bool {
	text = bytes.TrimSpace(text)
	return bytes.Equal(text, []byte("null")) || !json.Valid(text)
}

// bundle gets a bundle that GitHub does not send itself.
func (r *Resolver) bundle(ctx context.Context, from string) ([]byte, error) {
	body, err := r.fetch(ctx, from, "", maxBundle)
	if err != nil {
		return nil, failed(ctx, withoutQuery(from), hostName(from), err)
	}
	if u, err := url.Parse(from); err != nil || !strings.HasSuffix(u.Path, ".json.sn") {
		return body, nil
	}
	bundle, ok := unsnap(body, maxBundle)
	if !ok {
		return nil, failed(ctx, withoutQuery(from), hostName(from), sayf(ErrInvalid, "the bundle cannot be unpacked"))
	}
	return bundle, nil
}
