package regex

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// ownFile is the name of a policy that is found by itself, here and by no plugin.
const ownFile = ".imgpolicy.json"

// findShortNames reports the entries of a list that match an image of Docker
// Hub only as people write it. Here that is enough; the plugin is asked about
// docker.io/library/alpine by Docker from 28.1 on, and about alpine before. It
// is said once for a list, and not of files that only we read.
func (in *inspector) findShortNames(list []*judged) {
	if document.IsYAML(in.file) || path.Base(in.file) == ownFile {
		return
	}
	var first policy.Flaw
	var at *judged
	var edits []policy.Edit
	count := 0
	for _, j := range list {
		short, long, front, ok := shortName(j, list)
		if !ok {
			continue
		}
		edit, text, fixed := in.lengthen(j, front, short, long)
		if fixed {
			edits = append(edits, edit)
		}
		if count++; count > 1 {
			continue
		}
		at = j
		first = policy.Flaw{
			Rule: "pattern-short-name-only",
			Message: fmt.Sprintf("%s matches %s but not %s, the name that docker-image-policy sees from Docker 28.1 on",
				j.raw, repository(short), repository(long)),
			Help:  "let `" + front + "` stand in front of the name",
			Notes: []string{"imgpolicy itself tries both"},
		}
		if fixed {
			first.Help = "write `" + text + "`"
		}
	}
	if at == nil {
		return
	}
	if count > 1 {
		first.Notes = append(first.Notes, fmt.Sprintf("%d more of the %s match the short name only", count-1, at.list))
	}
	if len(edits) == count {
		first.Fixes = []policy.Fix{{Title: "match both spellings", Safe: true, Edits: edits}}
	}
	in.report(at.entry, first)
}

// shortName is an image of Docker Hub that an entry matches by its short name
// and no entry of the list by its long one, both spellings, and the expression
// for what is missing in front.
func shortName(j *judged, list []*judged) (short, long, front string, ok bool) {
	if j.tree == nil || matchesAll(j.tree) {
		return "", "", "", false
	}
	for _, s := range j.samples {
		missing := hub(s)
		if !s.anchored || missing == "" {
			continue
		}
		text, ok := matchedBy(j.pattern, s.text)
		if !ok {
			continue
		}
		img, ok := imageOf(text)
		if !ok {
			continue
		}
		sp := imageSpellings(img)
		short, long := sp.first(), sp.list[sp.count/2].text
		if sp.list[sp.count/2].implied == 0 || !j.pattern.MatchString(short) ||
			slices.ContainsFunc(list, func(o *judged) bool { return o.pattern.MatchString(long) }) {
			continue
		}
		return short, long, missing, true
	}
	return "", "", "", false
}

// hub is the expression for what may be missing in front of the short name that
// a sample begins with, "" where that is not known to be one: the name must be
// in the expression as it is, up to what ends it.
func hub(s sample) string {
	end := strings.IndexAny(s.text, "/:@")
	if end <= 0 || end >= s.literal || strings.Contains(s.text[:end], ".") || s.text[:end] == "localhost" {
		return ""
	}
	switch {
	case s.text[end] == '/':
		return `(?:docker\.io/)?`
	case strings.Contains(s.text[end:], "/"): // it is a host, with its port
		return ""
	default:
		return `(?:docker\.io/library/)?`
	}
}

// lengthen is the edit that makes an entry match both spellings.
func (in *inspector) lengthen(j *judged, front, short, long string) (edit policy.Edit, text string, ok bool) {
	rest, anchored := strings.CutPrefix(j.text, "^")
	if !anchored || alternatives(j.text) || slices.ContainsFunc(j.samples, func(s sample) bool { return hub(s) != front }) {
		return edit, "", false
	}
	expression := "^" + front + rest
	both, err := regexp.Compile(expression)
	if err != nil || !both.MatchString(short) || !both.MatchString(long) {
		return edit, "", false
	}
	text, ok = in.written(j.entry, expression)
	return policy.Edit{Start: j.start, End: j.end, New: text}, text, ok
}

// repository is a spelling without its tag or digest.
func repository(spelling string) string { return spelling[:nameLen(spelling)] }
