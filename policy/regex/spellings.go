package regex

import (
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// spelling is one text that stands for a source.
type spelling struct {
	text string
	part part
	// implied is how many bytes in front nobody writes: "docker.io/library/".
	implied int
}

// part tells what a hit on a spelling says about what is fetched.
type part int

const (
	// whole: the spelling has all that decides about what is fetched.
	whole part = iota
	// taggedDigest: a tag is written before the digest, which may be all that a
	// pattern looked at.
	taggedDigest
	// claimedTag: the digest is left out. It alone decides what is fetched; the
	// tag beside it is only what the author says it is.
	claimedTag
)

// spellings are the texts to try for a source, at most eight. The first is what
// messages call it.
type spellings struct {
	list  [8]spelling
	count int
	// plain are those with the host as everybody writes it, where somebody has not.
	// What denies is tried on them too. What allows is not: nobody who may write a
	// name needs another one for it.
	plain []string
}

func (s *spellings) add(sp spelling) {
	s.list[s.count] = sp
	s.count++
}

func (s *spellings) all() []spelling { return s.list[:s.count] }

func (s *spellings) first() string { return s.list[0].text }

// imageSpellings are the familiar and the normalized repository, each with the
// tag, or with the digest as "@digest" and as ":digest", which is how the
// Docker API sends it and what plugin policies were written for. Where a tag
// stands beside the digest, ":tag@digest" and ":tag" are tried too: otherwise
// pinning alpine:3.18 would lose it its whitelist entry "^alpine:3\.18$" and
// slip it past a blacklisted tag.
//
// A repository with neither is tried as it is: that is how the Docker API asks
// for all of its tags.
//
// Both repositories are tried because the Docker CLI sends the familiar one
// before 28.1 and the normalized one since.
func imageSpellings(img source.Image) spellings {
	name, tag, digest := img.Name(), img.Tag(), img.Digest()
	var normalized []spelling
	switch {
	case digest == "" && tag == "":
		normalized = []spelling{{text: name}}
	case digest == "":
		normalized = []spelling{{text: name + ":" + tag}}
	case tag == "":
		normalized = []spelling{{text: name + "@" + digest}, {text: name + ":" + digest}}
	default:
		tagged := name + ":" + tag + "@" + digest
		normalized = []spelling{
			{text: tagged, part: taggedDigest},
			{text: name + "@" + digest},
			{text: name + ":" + digest},
			{text: tagged[:len(tagged)-len("@")-len(digest)], part: claimedTag},
		}
	}
	var s spellings
	// Of docker.io/ghcr.io/acme nobody writes the familiar form: it means another
	// image, and an entry for that one says nothing about this.
	implied := len(name) - len(img.ShortName()) // the short name is the end of the other
	for _, sp := range normalized {
		s.add(spelling{text: sp.text[implied:], part: sp.part})
	}
	if implied > 0 {
		for _, sp := range normalized {
			sp.implied = implied
			s.add(sp)
		}
	}
	s.addPlainImage(img)
	return s
}

// Spellings are the texts that entries are tried on for an image, that which
// messages call it first.
func Spellings(img source.Image) []string {
	s := imageSpellings(img)
	out := make([]string, s.count)
	for i, sp := range s.all() {
		out[i] = sp.text
	}
	return out
}

// httpSpellings is the URL without its user info: neither can a name in front
// of the host pass for the host, nor can a password reach a message.
func httpSpellings(h source.HTTP) spellings {
	var s spellings
	s.add(spelling{text: withoutUser(h.URL)})
	scheme, _, _ := strings.Cut(h.URL, "://")
	s.addPlainRemotes(strings.ToLower(scheme))
	return s
}

// gitSpellings are the remote without its user info, "github.com:o/r" for
// "git@github.com:o/r", and BuildKit's "git://host/path#ref", which is the same
// for every protocol.
func gitSpellings(g source.Git) spellings {
	var s spellings
	s.add(spelling{text: withoutUser(g.Remote)})
	if id := g.Identifier(); id != s.first() {
		s.add(spelling{text: id})
	}
	s.addPlainRemotes(g.Scheme)
	return s
}

// withoutUser takes the user info and its @ out of a URL or of an scp-like
// remote. As in net/url, it ends at the last @ before the path; that of an
// scp-like remote is a name, and ends at the first.
func withoutUser(remote string) string {
	start := strings.Index(remote, "://")
	if start < 0 {
		return remote[strings.IndexByte(remote, '@')+1:]
	}
	start += len("://")
	end := len(remote)
	if i := strings.IndexAny(remote[start:], "/?#"); i >= 0 {
		end = start + i
	}
	at := strings.LastIndexByte(remote[start:end], '@')
	if at < 0 {
		return remote
	}
	return remote[:start] + remote[start+at+1:]
}
