package regex

import (
	"strings"

	"github.com/imgpolicy/imgpolicy/policy"
)

// removal is the edit that takes an entry out of its list: with its comma, or
// with its line where that has a - in front.
func (in *inspector) removal(j *judged, list []*judged) (policy.Edit, bool) {
	text := in.text
	if dash, ok := strings.CutSuffix(strings.TrimRight(text[:j.start], " "), "-"); ok {
		if before := strings.TrimRight(dash, " "); before == "" || strings.HasSuffix(before, "\n") {
			return lineRemoval(text, len(before), j.end)
		}
	}
	switch {
	case j.index+1 < len(list):
		next := list[j.index+1]
		return policy.Edit{Start: j.start, End: next.start}, isComma(text[j.end:next.start])
	case j.index > 0:
		before := list[j.index-1]
		return policy.Edit{Start: before.end, End: j.end}, isComma(text[before.end:j.start])
	default:
		return policy.Edit{Start: j.start, End: j.end}, true
	}
}

// lineRemoval takes out the lines from one that begins at start to that with
// end in it.
func lineRemoval(text string, start, end int) (policy.Edit, bool) {
	rest, _, ended := strings.Cut(text[end:], "\n")
	if after := strings.TrimSpace(rest); after != "" && after[0] != '#' {
		return policy.Edit{}, false
	}
	end += len(rest)
	switch {
	case ended:
		end++
	case start > 0:
		start--
	}
	return policy.Edit{Start: start, End: end}, true
}

func isComma(between string) bool { return strings.TrimSpace(between) == "," }
