package regex

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy"
)

// findOpen reports a whitelist entry that ends in the middle of a name or of a
// version, so that what it names is only the beginning of what it matches.
func (in *inspector) findOpen(j *judged) {
	for _, s := range j.samples {
		if s.ended || s.loose || s.text == "" || s.midway() || !isAlphanumeric(s.text[len(s.text)-1]) {
			continue
		}
		o, ok := openEnd(s.text)
		if !ok {
			continue
		}
		also, ok := matchedBy(j.pattern, s.text+o.more)
		if !ok {
			continue
		}
		f := policy.Flaw{
			Rule:    "pattern-open-tag",
			Message: fmt.Sprintf("%s also matches %s: %s has no end", j.raw, also, o.what),
			Help:    fmt.Sprintf("write %s after it", o.end),
		}
		expression := j.text + o.end
		if alternatives(j.text) {
			expression = "(?:" + j.text + ")" + o.end
		}
		closed, err := regexp.Compile(expression)
		other, _ := spellingsOf(also)
		if err == nil && !hits(closed, other) {
			if fixes, text := in.rewrite(j.entry, "end "+o.what, expression, false); fixes != nil {
				f.Fixes, f.Help = fixes, fmt.Sprintf("write `%s`%s", text, o.choice)
			}
		}
		in.report(j.entry, f)
		return
	}
}

// open is what has no end in an expression.
type open struct {
	what string // "the tag"
	more string // what may follow
	end  string // what keeps that from following, as an expression
	// choice is what the end means, as the end of a sentence.
	choice string
}

// openEnd says what the text ends with: a host, part of a repository or the
// number of a version.
func openEnd(text string) (open, bool) {
	host := open{"the host", "." + elsewhere + "/x", "/", ""}
	if start, end := hostOf(text); start > 0 {
		// Of a URL all but the host may well be a beginning.
		return host, end == len(text) && strings.Contains(text[start:], ".")
	}
	if strings.Contains(text, "@") {
		return open{}, false
	}
	first, path, isPath := strings.Cut(text, "/")
	isHost := strings.ContainsAny(first, ".:")
	name := path
	if !isPath {
		name = first
	}
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	if _, tag, ok := strings.Cut(name, ":"); ok {
		last := tag[len(tag)-1]
		isPort := !isPath && strings.Contains(first[:strings.IndexByte(first, ':')], ".")
		tagged := !isPort && '0' <= last && last <= '9' && !strings.Contains(tag, ":")
		return open{"the tag", "0", "$", " for that tag alone, or end it with `[.-]` for all that begin with it"}, tagged
	}
	switch {
	case !isPath && isHost:
		return host, true
	case !isPath:
		return open{"the name", "-evil/x", ":", " for that image alone, or end it with `/` for what is below it"}, true
	case isHost && !strings.Contains(path, "/"):
		return open{"the name", "-evil/x", "/", " for what is below it, or end it with `:` for that image alone"}, true
	default:
		return open{"the repository", "-evil", ":", " for that image alone, or end it with `/` for what is below it"}, true
	}
}
