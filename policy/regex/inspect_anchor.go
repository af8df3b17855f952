package regex

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy"
)

// elsewhere is a host that belongs to nobody (RFC 2606).
const elsewhere = "evil.example"

// findUnanchored reports a whitelist entry that is not tied to the beginning,
// and so matches the same words behind any host. An entry that says itself that
// something may stand in front is left alone, and so is one that begins with
// what cannot be the beginning: it is about tags, digests or paths. The fix, if
// there is one, escapes dots too where that is wanted.
func (in *inspector) findUnanchored(j *judged) policy.Fix {
	if slices.ContainsFunc(j.samples, sample.midway) {
		return policy.Fix{}
	}
	for _, s := range j.samples {
		if s.anchored || s.free || s.text == "" {
			continue
		}
		meant, ok := matchedBy(j.pattern, s.text)
		if !ok {
			continue
		}
		also, ok := elsewhereMatched(j, s.text)
		if !ok {
			continue
		}
		f := policy.Flaw{
			Rule:    "pattern-unanchored",
			Message: fmt.Sprintf("%s also matches %s: it is not tied to the beginning", j.raw, also),
			Help:    "put ^ in front",
		}
		in.anchor(j, &f, meant, also)
		in.report(j.entry, f)
		if len(f.Fixes) > 0 {
			return f.Fixes[0]
		}
		break
	}
	return policy.Fix{}
}

// midway tells that a sample begins with what stands in the middle or at the end
// of a reference.
func (s sample) midway() bool {
	return s.text != "" && strings.IndexByte(":@/", s.text[0]) >= 0 || strings.HasPrefix(s.text, "sha256:")
}

// elsewhereMatched is a source on another host that only the expression without
// an anchor matches.
func elsewhereMatched(j *judged, text string) (string, bool) {
	anchored, err := regexp.Compile("^(?:" + j.text + ")")
	if err != nil {
		return "", false
	}
	for _, front := range []string{elsewhere + "/", "evil-", "https://" + elsewhere + "/"} {
		also, ok := matchedBy(j.pattern, front+text)
		if !ok {
			continue
		}
		if s, _ := spellingsOf(also); !hits(anchored, s) {
			return also, true
		}
	}
	return "", false
}

// anchor adds the fix, if there is one after which the entry matches what is
// meant and no longer what is not. It is safe where every way through the
// expression begins with a host: nothing can be meant to stand before that.
func (in *inspector) anchor(j *judged, f *policy.Flaw, meant, also string) {
	front, safe := hub(j.samples[0]), true
	for _, s := range j.samples {
		if s.anchored || hub(s) != front {
			front = ""
		}
		host, _, path := strings.Cut(s.text, "/")
		safe = safe && (s.anchored || path && (strings.ContainsAny(host, ".:") || host == "localhost"))
	}
	rest := j.text
	if in.dotted(j) {
		rest = escapeDots(rest)
	}
	expression := "^" + front + rest
	if alternatives(rest) {
		expression = "^" + front + "(?:" + rest + ")"
	}
	if !mends(expression, meant, also) {
		return
	}
	if fixes, text := in.rewrite(j.entry, "tie the pattern to the beginning", expression, safe); fixes != nil {
		f.Fixes, f.Help = fixes, "write `"+text+"`"
	}
}

// alternatives tells whether an expression has a | outside of all brackets.
func alternatives(expression string) bool {
	depth := 0
	for _, t := range tokens(expression) {
		switch t {
		case "(":
			depth++
		case ")":
			depth--
		case "|":
			if depth == 0 {
				return true
			}
		}
	}
	return false
}
