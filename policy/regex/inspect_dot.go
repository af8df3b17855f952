package regex

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy"
)

// findUnescapedDot reports a whitelist entry with a host in which a dot stands
// for any character, so that it matches another host too. Elsewhere in a name a
// dot that is none does no harm, and may be meant. anchor is the fix of an entry
// that is not anchored either: two that each mend half would be in each other's
// way.
func (in *inspector) findUnescapedDot(j *judged, anchor policy.Fix) {
	for _, s := range j.samples {
		also, ok := in.anotherHost(j, s)
		if !ok {
			continue
		}
		f := policy.Flaw{
			Rule:    "pattern-unescaped-dot",
			Message: fmt.Sprintf("%s also matches %s: a . stands for any character", j.raw, also),
			Help:    `write \. for a dot`,
		}
		expression := escapeDots(j.text)
		switch {
		case !mends(expression, s.text, also):
		case len(anchor.Edits) == 1:
			f.Fixes = []policy.Fix{{Title: "escape the dots, and " + anchor.Title, Safe: anchor.Safe, Edits: anchor.Edits}}
		default:
			f.Fixes, _ = in.rewrite(j.entry, "escape the dots", expression, true)
		}
		if len(f.Fixes) > 0 {
			f.Help = "write `" + f.Fixes[0].Edits[0].New + "`"
		}
		in.report(j.entry, f)
		return
	}
}

// dotted tells whether findUnescapedDot has something to say of an entry.
func (in *inspector) dotted(j *judged) bool {
	return slices.ContainsFunc(j.samples, func(s sample) bool {
		_, ok := in.anotherHost(j, s)
		return ok
	})
}

// mends tells whether an expression matches a source with what is meant in it,
// and not the other.
func mends(expression, meant, other string) bool {
	pattern, err := regexp.Compile(expression)
	if err != nil {
		return false
	}
	if _, ok := matchedBy(pattern, meant); !ok {
		return false
	}
	s, ok := spellingsOf(other)
	return ok && !hits(pattern, s)
}

// anotherHost is a source that is on another host than the one that an
// expression names, and that it matches all the same.
func (in *inspector) anotherHost(j *judged, s sample) (string, bool) {
	start, end := hostOf(s.text)
	for _, dot := range s.dots {
		if dot <= start || dot+1 >= end || !isAlphanumeric(s.text[dot-1]) || !isAlphanumeric(s.text[dot+1]) {
			continue
		}
		also, ok := matchedBy(j.pattern, s.text[:dot]+"x"+s.text[dot+1:])
		if !ok {
			continue
		}
		if start > 0 { // a URL: a host without a dot is nobody's
			if from, to := hostOf(also); strings.Contains(also[from:to], ".") {
				return also, true
			}
			continue
		}
		meant, ok := matchedBy(j.pattern, s.text)
		if !ok {
			continue
		}
		one, isImage := imageOf(meant)
		other, isOther := imageOf(also)
		if isImage && isOther && one.Host() != other.Host() {
			return also, true
		}
	}
	return "", false
}

// hostOf is where the host stands that a text begins with: what is before the
// first slash, after the scheme of a URL. It is empty where there is none.
func hostOf(text string) (start, end int) {
	if i := strings.Index(text, "://"); i >= 0 {
		start = i + len("://")
		if end = strings.IndexByte(text[start:], '/'); end < 0 {
			return start, len(text)
		}
		return start, start + end
	}
	return 0, max(0, strings.IndexByte(text, '/'))
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// escapeDots escapes each dot of an expression that stands before a letter or
// digit, so that nothing repeats it, and behind one or what stands for some.
func escapeDots(expression string) string {
	all := tokens(expression)
	isWord := func(i int) bool { return i < len(all) && isAlphanumeric(all[i][0]) }
	follows := func(i int) bool { return i >= 0 && (isWord(i) || strings.IndexByte("[)}+*", all[i][0]) >= 0) }
	var b strings.Builder
	for i, t := range all {
		if t == "." && follows(i-1) && isWord(i+1) {
			b.WriteByte('\\')
		}
		b.WriteString(t)
	}
	return b.String()
}
