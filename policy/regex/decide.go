package regex

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// Decide judges images by the lists and the default, downloads and git remotes
// by the lists alone: such policies are written for images, and defaultAllow
// false would deny every ADD of a URL.
//
// Directories of the build and OCI layouts are allowed always. Nothing is
// fetched for them, and the name of a layout is that of a named context: it is
// chosen on the command line and says nothing about the content.
//
// It does no I/O, so the context is not looked at.
func (l *lists) Decide(_ context.Context, r policy.Request) (policy.Decision, error) {
	switch src := r.Source.(type) {
	case source.Image:
		return l.decideImage(imageSpellings(src)), nil
	case source.HTTP:
		return l.decideRemote(httpSpellings(src)), nil
	case source.Git:
		return l.decideRemote(gitSpellings(src)), nil
	case source.Local, source.OCILayout:
		return policy.Decision{
			Outcome: policy.Allow,
			By:      policy.Entry{File: l.file, Text: "only images, downloads and git remotes are judged"},
		}, nil
	default:
		return policy.Decision{}, fmt.Errorf("regex policy %s: cannot judge a source of type %T", l.file, r.Source)
	}
}

func (l *lists) decideImage(s spellings) policy.Decision {
	allowing, sure := l.allowing(&s)
	if allowing != nil {
		d := policy.Decision{Outcome: policy.Allow, By: allowing.by(l.file, whitelistKey)}
		if !sure && !l.allowsUnlisted(&s) {
			d.Notes = []string{"it is allowed for its tag, and beside a digest a tag is only a claim: the digest is what is fetched"}
		}
		return d
	}
	if denying, hit := l.denying(&s); denying != nil {
		d := l.denied(&s, denying, hit)
		d.Help = help(l.ranked(&s))
		return d
	}
	if l.defaultAllow {
		return policy.Decision{Outcome: policy.Allow, By: l.fallback}
	}
	ranked := l.ranked(&s)
	d := policy.Decision{
		Outcome:  policy.Deny,
		Messages: []string{s.first() + " is denied by the image policy: no whitelist entry matches"},
		By:       l.fallback,
		Help:     help(ranked),
	}
	if len(ranked) == 0 {
		d.Notes = []string{"the whitelist is empty: the policy allows no image"}
	} else if best := ranked[0]; best.near {
		d.Notes = []string{fmt.Sprintf("nearest entry: %s:%d %s", l.file, best.entry.line, best.entry.raw)}
	}
	return d
}

func (l *lists) decideRemote(s spellings) policy.Decision {
	if e, _ := l.allowing(&s); e != nil {
		return policy.Decision{Outcome: policy.Allow, By: e.by(l.file, whitelistKey)}
	}
	if e, hit := l.denying(&s); e != nil {
		return l.denied(&s, e, hit)
	}
	return policy.Decision{
		Outcome: policy.Allow,
		By:      policy.Entry{File: l.file, Text: "no entry matches, and the default is for images"},
	}
}

// denied is the decision for a blacklist entry that hits a spelling. Spellings
// have no user info, but a URL may have another one in its path.
func (l *lists) denied(s *spellings, e *entry, hit string) policy.Decision {
	d := policy.Decision{
		Outcome: policy.Deny,
		Messages: []string{fmt.Sprintf(
			"%s is denied by the image policy: blacklist entry %s matches", source.Redact(s.first()), e.raw)},
		By: e.by(l.file, blacklistKey),
	}
	if hit != s.first() {
		d.Notes = []string{"the entry matches the spelling " + source.Redact(hit)}
	}
	return d
}

// allowing is the whitelist entry that allows a source, nil for none. It is
// sure unless only the tag beside a digest is what hits: an entry that does
// without the tag, or that wants the digest, comes first.
func (l *lists) allowing(s *spellings) (e *entry, sure bool) {
	for i := range l.whitelist {
		var hits [claimedTag + 1]bool
		for _, sp := range s.all() {
			if !hits[sp.part] && l.whitelist[i].pattern.MatchString(sp.text) {
				hits[sp.part] = true
				if sp.part == whole {
					return &l.whitelist[i], true
				}
			}
		}
		if hits[taggedDigest] && !hits[claimedTag] {
			return &l.whitelist[i], true
		}
		if hits[claimedTag] && e == nil {
			e = &l.whitelist[i]
		}
	}
	return e, false
}

// denying is the first blacklist entry that hits, and the spelling it hits.
func (l *lists) denying(s *spellings) (e *entry, hit string) {
	for i := range l.blacklist {
		if hit, ok := l.blacklist[i].denies(s); ok {
			return &l.blacklist[i], hit
		}
	}
	return nil, ""
}

// denies tells whether an entry of a blacklist hits a source, and the spelling it
// hits.
func (e *entry) denies(s *spellings) (hit string, ok bool) {
	for _, sp := range s.all() {
		if e.pattern.MatchString(sp.text) {
			return sp.text, true
		}
	}
	if i := slices.IndexFunc(s.plain, e.pattern.MatchString); i >= 0 {
		return s.plain[i], true
	}
	return "", false
}

// allowsUnlisted tells whether an image would pass without the whitelist.
func (l *lists) allowsUnlisted(s *spellings) bool {
	if !l.defaultAllow {
		return false
	}
	e, _ := l.denying(s)
	return e == nil
}

// helpEntries is how many entries fit a line of help.
const helpEntries = 5

// help names the first of the ranked whitelist entries.
func help(ranked []candidate) string {
	if len(ranked) == 0 {
		return ""
	}
	var raw []string
	for _, c := range ranked[:min(len(ranked), helpEntries)] {
		raw = append(raw, c.entry.raw)
	}
	text := "the whitelist allows " + strings.Join(raw, ", ")
	if more := len(ranked) - len(raw); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
