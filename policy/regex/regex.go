// Package regex is the policy language of docker-image-policy: a JSON object
// with two lists of regular expressions and a default.
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
)

// Language is the language of "*.json" policy files.
func Language() policy.Language {
	return policy.Language{Name: "regex", Match: match, Load: load}
}

func match(base string) bool { return strings.EqualFold(path.Ext(base), ".json") }

// The keys of a policy, as messages name them.
const (
	whitelistKey    = "whitelist"
	blacklistKey    = "blacklist"
	defaultAllowKey = "defaultAllow"
)

// lists is a loaded policy. Nothing changes it after load.
type lists struct {
	file                 string
	whitelist, blacklist []entry
	defaultAllow         bool
	// fallback is what decides where no entry hits.
	fallback policy.Entry
}

// entry is one regular expression of a list.
type entry struct {
	pattern *regexp.Regexp
	// raw is the expression as written, a JSON string with its quotes. What
	// cannot be printed is escaped as JSON would have it.
	raw  string
	line int
	// heads is what a hit can begin with, for whitelist entries only.
	heads []head
}

// by is the entry in a decision.
func (e *entry) by(file, list string) policy.Entry {
	return policy.Entry{File: file, Line: e.line, Text: list + " " + e.raw}
}
