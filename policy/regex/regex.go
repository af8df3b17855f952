// Package regex is the policy language of docker-image-policy: a JSON object
// with two lists of regular expressions and a default, or the same in YAML.
//
//	{
//	  "whitelist": ["^alpine:", "^registry\\.corp\\.example:5000/base/"],
//	  "blacklist": ["^docker:"],
//	  "defaultAllow": false
//	}
//
// A whitelist hit allows, else a blacklist hit denies, else defaultAllow
// decides, so a blacklist cannot narrow a whitelist. The expressions are Go's
// (RE2), case-sensitive and unanchored. That much is as in the plugin
// (freach/docker-image-policy-plugin). Differently from it, an image is tried
// in every spelling it has, see imageSpellings, and a file that does not say
// clearly what it means is refused rather than read somehow.
//
// The package decides from text alone and knows nothing of registries.
package regex

import (
	"path"
	"regexp"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// Options say how policy files are read.
type Options struct {
	// OtherKeys are keys of the file that say something else, as those of a
	// configuration do, and are passed over.
	OtherKeys []string
}

// Language is the language of "*.json", "*.yaml" and "*.yml" policy files.
func Language(opt Options) policy.Language {
	return policy.Language{Name: "regex", Rootless: true, Match: match, Load: opt.load}
}

func match(base string) bool {
	return strings.EqualFold(path.Ext(base), ".json") || document.IsYAML(base)
}

// lists is a loaded policy. Nothing changes it after load.
type lists struct {
	file                 string
	source               policy.File // what it was loaded from
	whitelist, blacklist []entry
	defaultAllow         bool
	// fallback is what decides where no entry hits.
	fallback policy.Entry
	// flaws finds the flaws once: a run asks for them beside every set of
	// policies that are in force together, and gets the same.
	flaws func() []policy.Flaw
}

// entry is one regular expression of a list.
type entry struct {
	pattern *regexp.Regexp
	// raw is the expression as written, with its quotes if there are any. What
	// cannot be printed is escaped as JSON would have it.
	raw        string
	line       int
	start, end int // where raw stands in the file
	// heads is what a hit can begin with, for whitelist entries only.
	heads []head
}

// by is the entry in a decision.
func (e *entry) by(file, list string) policy.Entry {
	return policy.Entry{File: file, Line: e.line, Text: list + " " + e.raw}
}
