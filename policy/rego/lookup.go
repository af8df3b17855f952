package rego

import (
	"context"
	"errors"
	"slices"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// maxRounds is how often BuildKit finds out something for a policy before it
// gives up (solver/llbsolver/policy.go of BuildKit v0.33).
const maxRounds = 10

// errTooManyRounds is BuildKit's, of a policy that never has enough.
var errTooManyRounds = errors.New("too many policy requests")

// needAttestations is the need for what GitHub attests of a file, and for what
// its bundles are trusted by.
const needAttestations = "http.attestations"

// Answer is the answer to one question, where what is needed for it is looked
// up, as far as anything may: as a build does, each round goes by the answer of
// the last look-up alone. The request is that of the last round. failed is why
// the needs of the answer could not be found out.
func (p *Policy) Answer(ctx context.Context, r policy.Request) (c Check, last policy.Request, failed, err error) {
	var repositories []string
	for range maxRounds {
		if c, err = p.Check(ctx, r); err != nil {
			return c, r, nil, err
		}
		if c.unattested || c.failed != nil {
			c.Outcome, c.Messages, c.ConvertedTo = policy.Unknown, nil, ""
			c.Needs = append(slices.Clip(c.Needs), needAttestations)
		}
		if c.Outcome != policy.Unknown || r.Lookup == nil || c.failed != nil {
			return c, r, c.failed, nil
		}
		for _, name := range c.repositories {
			if !slices.Contains(repositories, name) {
				repositories = append(repositories, name)
			}
		}
		found, err := r.Lookup(ctx, policy.Question{
			Source: r.Source, Platform: r.Platform, Needs: c.Needs, Signature: c.Signature, Repositories: repositories,
		})
		if err != nil {
			return c, r, err, nil
		}
		r.Metadata = found
	}
	return c, r, nil, errTooManyRounds
}

// answered is an explained answer, in the one form of the source that is asked
// about.
func (p *Policy) answered(ctx context.Context, r policy.Request) (policy.Decision, error) {
	c, last, failed, err := p.Answer(ctx, r)
	if err != nil {
		return policy.Decision{}, p.fail(err, false)
	}
	d := p.explained(ctx, c, last)
	d.LookupErr = failed
	return d, nil
}

// loaded is the answer about an image in its second form, with the digest that
// its tag leads to.
func (p *Policy) loaded(ctx context.Context, r policy.Request, img source.Image) (policy.Decision, error) {
	unknown := policy.Decision{Outcome: policy.Unknown, Needs: []string{"image.checksum"}, By: policy.Entry{File: p.name()}}
	found, err := r.Lookup(ctx, policy.Question{Source: img, Platform: r.Platform, Needs: unknown.Needs})
	if err != nil {
		unknown.LookupErr = err
		return unknown, nil
	}
	pinned, err := img.WithDigest(found.Image.Digest)
	if err != nil {
		return policy.Decision{}, err
	}
	r.Source, r.Metadata = pinned, nil
	return p.answered(ctx, r)
}
