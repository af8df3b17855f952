package rego

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// A build asks about every tagged image twice: as tag when it looks the image
// up, and as tag@digest when it loads the result. Offline the digest is not
// known, so the second question is asked with two digests that nothing has, and
// with those that the policy and its files name: where the answers are equal they hold
// for any digest.
const (
	anyDigest   = "sha256:" + "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed"
	otherDigest = "sha256:" + "0ddba110ddba110ddba110ddba110ddba110ddba110ddba110ddba110ddba110"
	// shownDigest stands for the digest in what people read.
	shownDigest = "sha256:<digest>"
)

// decide is Decide, anew.
func (p *Policy) decide(ctx context.Context, r policy.Request) (policy.Decision, error) {
	if err := p.probed(ctx, r.Env); err != nil {
		return policy.Decision{}, p.fail(err, true)
	}
	d, err := p.answered(ctx, r)
	if err != nil {
		return policy.Decision{}, err
	}
	if d.Outcome == policy.Convert {
		return p.decideConverted(ctx, r, d)
	}
	img, ok := r.Source.(source.Image)
	twice := ok && !img.Pinned() && !r.Once && (r.Metadata == nil || r.Metadata.Image == nil)
	if d.Outcome == policy.Unknown && p.certain(ctx, r, img, twice) {
		d.Notes = append(d.Notes, certainNote)
	}
	if !twice {
		return d, nil
	}
	second, depends, err := p.withDigest(ctx, r, img, d.Outcome == policy.Allow)
	if err != nil {
		return policy.Decision{}, p.fail(err, false)
	}
	if r.Lookup != nil && d.Outcome == policy.Allow && (depends || second.Outcome == policy.Unknown) {
		depends = false
		if second, err = p.loaded(ctx, r, img); err != nil {
			return policy.Decision{}, err
		}
	}
	return combine(d, second, depends), nil
}

// fail is an error of the policy, at the place OPA gives.
func (p *Policy) fail(err error, probe bool) error {
	by := policy.Entry{File: p.name()}
	var at *topdown.Error
	if errors.As(err, &at) && at.Location != nil && at.Location.File != "" {
		by.File, by.Line = at.Location.File, at.Location.Row
	}
	if probe {
		err = fmt.Errorf("failed to evaluate policy caps: %w", err)
	}
	return &policy.Error{By: by, Whole: probe, Err: err}
}

func (p *Policy) name() string { return p.files[0].Name }

func (p *Policy) decision(c Check) policy.Decision {
	return policy.Decision{
		Outcome: c.Outcome, Messages: c.Messages, Needs: c.Needs, Signature: c.Signature, ConvertedTo: c.ConvertedTo,
		By: policy.Entry{File: p.name()},
	}
}

// explained is the decision about r that a check comes to. A denial is explained,
// which takes another evaluation; what is allowed does not pay for it.
func (p *Policy) explained(ctx context.Context, c Check, r policy.Request) policy.Decision {
	d := p.decision(c)
	if d.Outcome == policy.Deny {
		p.explainDenial(ctx, &d, r)
	}
	return d
}

// withDigest asks about an image in its second form, and explains a denial where
// that is the answer for the build.
func (p *Policy) withDigest(ctx context.Context, r policy.Request, img source.Image, explain bool) (d policy.Decision, depends bool, err error) {
	var a Check
	digests := append([]string{anyDigest, otherDigest}, p.digests...)
	for i := 0; i < len(digests); i++ {
		digest := digests[i]
		pinned, err := img.WithDigest(digest)
		if err != nil {
			continue // the policy's own
		}
		r.Source = pinned
		c, err := p.Check(ctx, r)
		if err != nil {
			return policy.Decision{}, false, err
		}
		for j, m := range c.Messages {
			c.Messages[j] = strings.ReplaceAll(m, digest, shownDigest)
		}
		if i == 0 {
			a = c
			digests = append(digests, c.loaded[:min(len(c.loaded), maxDigests)]...)
		}
		if depends = c.Outcome != a.Outcome || !slices.Equal(c.Messages, a.Messages) || !slices.Equal(c.Needs, a.Needs); depends {
			break
		}
	}
	if explain && !depends {
		if r.Source, err = img.WithDigest(anyDigest); err != nil {
			return policy.Decision{}, false, err
		}
		return p.explained(ctx, a, r), false, nil
	}
	return p.decision(a), depends, nil
}

// combine is the answer for an image asked about in two forms.
func combine(first, second policy.Decision, depends bool) policy.Decision {
	switch {
	case first.Outcome == policy.Deny:
		// The build ends here; what the second form would say is said once.
		if second.Outcome == policy.Deny && !depends {
			for _, m := range second.Messages {
				if !slices.Contains(first.Messages, m) && !slices.Contains(first.Messages, strings.ReplaceAll(m, "@"+shownDigest, "")) {
					first.Notes = append(first.Notes, "asked again with the digest, the policy says: "+m)
				}
			}
		}
		return first
	case first.Outcome == policy.Unknown:
		return first
	case depends:
		second.Outcome = policy.Unknown
		second.Messages = nil
		second.Needs = []string{"image.checksum"}
		second.Notes = append(second.Notes, "the decision depends on the digest behind the tag")
		return second
	case second.Outcome == policy.Deny:
		second.Notes = append(second.Notes, "the tag is allowed, but a build asks again with the digest it stands for, and that is denied")
		return second
	case second.Outcome == policy.Unknown:
		return second
	}
	first.Messages = append(first.Messages, second.Messages...)
	slices.Sort(first.Messages)
	first.Messages = slices.Compact(first.Messages)
	return first
}

// decideConverted asks about what the policy put in the place of a source: the
// build starts over with it.
func (p *Policy) decideConverted(ctx context.Context, r policy.Request, d policy.Decision) (policy.Decision, error) {
	ref, _ := cutImageScheme(d.ConvertedTo)
	img, err := source.ParseImage(ref)
	if err != nil {
		return policy.Decision{}, p.fail(fmt.Errorf("converted to %s: %w", d.ConvertedTo, err), false)
	}
	r.Source, r.Metadata = img, nil
	out, err := p.answered(ctx, r)
	if err != nil {
		return policy.Decision{}, err
	}
	if out.Outcome != policy.Allow {
		out.Notes = append(out.Notes, "the policy converts the source to "+d.ConvertedTo+" and then judges that")
		return out, nil
	}
	d.Notes = append(d.Notes, "the build uses "+d.ConvertedTo+" instead")
	return d, nil
}

// maxDigests bounds how many digests of its own a policy is asked about.
const maxDigests = 64

var digestPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`sha256:[0-9a-f]{64}`) })

// namedDigests are the digests in the texts of modules. A policy that allows a
// few digests refuses the two that nothing has, but not every image.
func namedDigests(modules []*ast.Module) []string {
	var out []string
	for _, m := range modules {
		ast.WalkTerms(m, func(t *ast.Term) bool {
			if s, ok := t.Value.(ast.String); ok && len(out) < maxDigests {
				for _, d := range digestPattern().FindAllString(string(s), maxDigests) {
					if !slices.Contains(out, d) {
						out = append(out, d)
					}
				}
			}
			return false
		})
	}
	return out
}
