package regex

import (
	"fmt"
	"regexp/syntax"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy"
)

// findEmpty reports an expression that matches everything because it matches
// the empty text. That it does so on purpose is plain where it is nothing but
// ".*".
func (in *inspector) findEmpty(j *judged) bool {
	if !matchesAll(j.tree) || saysAll(j.tree) {
		return false
	}
	meaning := "so every image is allowed, and the blacklist has no say"
	if j.list == blacklistKey {
		meaning = "so all is denied that no whitelist entry allows"
	}
	f := policy.Flaw{
		Rule:    "pattern-matches-empty",
		Message: fmt.Sprintf("%s entry %s matches the empty text and with it everything, %s", j.list, shown(j.raw), meaning),
		Help:    "remove it, or write what it is to match; where everything is meant, write `.*`",
	}
	if rest, ok := withoutEmpty(j.text); ok {
		f.Fixes, _ = in.rewrite(j.entry, "remove the | that has nothing beside it", rest, false)
	}
	in.report(j.entry, f)
	return true
}

// shown is an entry in a message: of nothing written, something to see.
func shown(raw string) string {
	if raw == "" {
		return `""`
	}
	return raw
}

// matchesAll tells whether an expression matches any text at all: it is content
// with nothing at the beginning of the text, or at its end.
func matchesAll(re *syntax.Regexp) bool {
	return matchesNothing(re, true, false) || matchesNothing(re, false, true)
}

// matchesNothing tells whether an expression is content with no characters, at
// the beginning of a text or at its end.
func matchesNothing(re *syntax.Regexp, beginning, end bool) bool {
	all := func() bool {
		for _, sub := range re.Sub {
			if !matchesNothing(sub, beginning, end) {
				return false
			}
		}
		return true
	}
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpStar, syntax.OpQuest:
		return true
	case syntax.OpBeginLine, syntax.OpBeginText:
		return beginning
	case syntax.OpEndLine, syntax.OpEndText:
		return end
	case syntax.OpRepeat:
		return re.Min == 0 || all()
	case syntax.OpCapture, syntax.OpPlus, syntax.OpConcat:
		return all()
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if matchesNothing(sub, beginning, end) {
				return true
			}
		}
	}
	return false
}

// saysAll tells whether an expression is ".*", with or without anchors: what it
// says is that it matches everything.
func saysAll(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpStar, syntax.OpPlus:
		return re.Sub[0].Op == syntax.OpAnyChar || re.Sub[0].Op == syntax.OpAnyCharNotNL
	case syntax.OpCapture:
		return saysAll(re.Sub[0])
	case syntax.OpConcat:
		said := false
		for _, sub := range re.Sub {
			switch sub.Op {
			case syntax.OpBeginLine, syntax.OpBeginText, syntax.OpEndLine, syntax.OpEndText:
			default:
				if !saysAll(sub) {
					return false
				}
				said = true
			}
		}
		return said
	default:
		return false
	}
}

// withoutEmpty is an expression without the | at its beginning or end.
func withoutEmpty(expression string) (string, bool) {
	rest := strings.TrimPrefix(expression, "|")
	if before, ok := strings.CutSuffix(rest, "|"); ok && !strings.HasSuffix(before, `\`) {
		rest = before
	}
	re, err := syntax.Parse(rest, syntax.Perl)
	return rest, err == nil && rest != expression && rest != "" && !matchesAll(re)
}
