package rego

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// maxSamples bounds how many images a policy is tried on.
const maxSamples = 16

// samples are images that the policy speaks of: one anybody might use, and those
// whose names or hosts stand in the modules.
func (in *inspector) samples() []source.Image {
	names := []string{"alpine:3.20"}
	for _, m := range in.modules {
		ast.WalkTerms(m.ast, func(t *ast.Term) bool {
			if s, ok := text(t); ok {
				names = append(names, sampleName(s))
			}
			return false
		})
	}
	var out []source.Image
	for _, name := range names {
		img, err := source.ParseImage(name)
		if err != nil || name == "" || img.Pinned() || len(out) == maxSamples {
			continue
		}
		if !slices.ContainsFunc(out, func(o source.Image) bool { return o.Ref() == img.Ref() }) {
			out = append(out, img)
		}
	}
	return out
}

// sampleName is an image that a text of a policy may speak of, or "".
func sampleName(s string) string {
	switch {
	case strings.ContainsAny(s, " \n%@") || strings.Contains(s, "://") || strings.HasPrefix(s, "/"):
		return ""
	case strings.HasSuffix(s, "/"):
		return s + "app:1"
	case strings.Contains(s, "/"):
		return s
	case strings.Contains(s, ".") || strings.HasPrefix(s, "localhost:"):
		return s + "/app:1"
	default:
		return s
	}
}

// findDigestPass finds conditions that hold for a tag and not for the digest it
// is asked about with next, where that makes the policy refuse what it allowed.
func (s *scope) findDigestPass(c call) {
	if s.module.pkg != dockerPackage || ruleName(s.rule) != "allow" || c.body == nil || c.negated {
		return
	}
	cmp, ok := s.comparison(c)
	if !ok || cmp.op == opNot || cmp.field.path() != "image.ref" {
		return
	}
	for _, v := range cmp.values {
		ref, _ := text(v)
		img, err := source.ParseImage(ref)
		if err != nil || img.Pinned() || !s.allowsTagOnly(img) {
			continue
		}
		s.report(s.moduleOf(v), v.Location, policy.Flaw{
			Rule: "rego-digest-pass",
			Message: fmt.Sprintf("input.image.ref is %s only at first: the build asks again with %s@sha256:…, and that is denied",
				ref, ref),
			Help: fmt.Sprintf("write `input.image.fullRepo == %q; input.image.tag == %q`, which hold both times", img.Name(), img.Tag()),
		})
	}
}

// findNotCanonical finds allow rules that ask for the want of a digest.
func (s *scope) findNotCanonical() {
	if s.module.pkg != dockerPackage || ruleName(s.rule) != "allow" {
		return
	}
	for _, e := range s.rule.Body {
		t, ok := e.Terms.(*ast.Term)
		if !ok || !e.Negated || len(e.With) > 0 {
			continue
		}
		if f, ok := s.field(t); !ok || f.path() != "image.isCanonical" || !slices.ContainsFunc(s.samples(), s.allowsTagOnly) {
			continue
		}
		s.report(s.module, e.Location, policy.Flaw{
			Rule: "rego-digest-pass",
			Message: "a condition that an image has no digest holds only at first: the build asks again with the digest " +
				"its tag stands for, and that is denied",
			Help: "remove the condition: what is allowed by tag must be allowed by digest, too",
		})
	}
}

// allowsTagOnly tells whether the policy allows an image, or may allow it, and
// refuses the same image by its digest, whatever that is.
func (in *inspector) allowsTagOnly(img source.Image) bool {
	r := ask(img)
	first, err := in.policy.Check(in.ctx, r)
	if err != nil || first.Outcome != policy.Allow && first.Outcome != policy.Unknown {
		return false
	}
	second, depends, err := in.policy.withDigest(in.ctx, r, img, false)
	return err == nil && !depends && second.Outcome == policy.Deny
}

// findConflicts finds policies that ask for different metadata of one image: a
// build answers one at a time and forgets what it answered before, so the two
// ask until it gives up.
func (in *inspector) findConflicts(before []policy.Policy) {
	for _, b := range before {
		other, ok := b.(*Policy)
		if !ok || other == in.policy {
			continue
		}
		them := other.newInspector(in.ctx)
		for _, img := range append(in.samples(), them.samples()...) {
			if mine, theirs, ok := in.conflict(other, img); ok {
				in.reportConflict(them, img, mine, theirs)
				break
			}
		}
	}
}

// conflict is a field that this policy needs of an image and one that the other
// does, where no answer has both.
func (in *inspector) conflict(other *Policy, img source.Image) (mine, theirs string, ok bool) {
	ours, err := in.policy.Check(in.ctx, ask(img))
	if err != nil {
		return "", "", false
	}
	others, err := other.Check(in.ctx, ask(img))
	if err != nil {
		return "", "", false
	}
	config, chain := parts(ours.Needs)
	otherConfig, otherChain := parts(others.Needs)
	switch {
	case config != "" && chain == "" && otherConfig == "" && otherChain != "":
		return config, otherChain, true
	case config == "" && chain != "" && otherConfig != "" && otherChain == "":
		return chain, otherConfig, true
	}
	return "", "", false
}

// parts are the first fields needed of an image's config and of its
// attestations.
func parts(needs []string) (config, chain string) {
	for _, n := range needs {
		if slices.Contains(configFields, n) && config == "" {
			config = n
		}
		if chain == "" && slices.ContainsFunc(attestationFields, func(f string) bool { return n == f || strings.HasPrefix(n, f+".") }) {
			chain = n
		}
	}
	return config, chain
}

func (in *inspector) reportConflict(them *inspector, img source.Image, mine, theirs string) {
	m, loc := in.placeOf(mine)
	if m == nil {
		return
	}
	f := policy.Flaw{
		Rule: "rego-conflicting-metadata",
		Message: fmt.Sprintf("this policy needs %s of %s, and %s needs %s: Buildx fetches one at a time and forgets the other, until the build fails",
			mine, img.Short(), them.policy.name(), theirs),
		Help:  "join the two into one policy: what one policy needs is fetched together",
		Notes: []string{"the error is: too many policy requests"},
	}
	if om, oloc := them.placeOf(theirs); om != nil {
		f.Notes = append(f.Notes, fmt.Sprintf("%s:%d names input.%s", om.file.Name, oloc.Row, theirs))
	}
	in.report(m, loc, f)
}

// placeOf is where a field is named, or else where the decision stands.
func (in *inspector) placeOf(path string) (*module, *ast.Location) {
	if t := in.used[path]; t != nil {
		for _, m := range in.modules {
			if m.file.Name == t.Location.File {
				return m, t.Location
			}
		}
	}
	if d := in.rulesOf("decision"); len(d) > 0 {
		return d[0].module, d[0].rule.Head.Location
	}
	return nil, nil
}
