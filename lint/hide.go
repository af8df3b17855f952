package lint

import (
	"cmp"
	"slices"
	"strings"
)

// notBaselined says why no baseline hides what a rule reports, "" where one
// may. What could not be checked is not clean; a rule about ignores has nothing
// to say that is not mended by deleting a comment, and an exception that is over
// must not go on under another name; and a locked rule is locked.
func (s *Settings) notBaselined(r *Rule) string {
	switch {
	case r.Mandatory:
		return "what it reports was not checked at all"
	case r.Last:
		return "it is about ignore comments, which are mended by deleting them"
	case s.Locked[r.ID]:
		return "it is locked"
	}
	return ""
}

// Hide moves diagnostics, by their index, for which by gives what hides them to
// Ignored. What Mandatory rules report stays: it is no matter of taste.
func (r *Result) Hide(by func(index int) *Ignore) {
	rank := map[string]int{}
	for _, name := range r.Files {
		rank[name] = len(rank)
	}
	var shown []Diagnostic
	for i, d := range r.Diagnostics {
		if _, ok := rank[d.File]; !ok {
			rank[d.File] = len(rank) // a policy's file
		}
		ignore := by(i)
		if ignore == nil || d.Rule.Mandatory {
			shown = append(shown, d)
			continue
		}
		d.Ignored = ignore
		r.Ignored = append(r.Ignored, d)
	}
	slices.SortStableFunc(r.Ignored, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(rank[a.File], rank[b.File]), cmp.Compare(a.Span.Start, b.Span.Start),
			strings.Compare(a.Rule.ID, b.Rule.ID), strings.Compare(a.Message, b.Message))
	})
	r.Summary.Errors, r.Summary.Warnings, r.Summary.Infos, r.Summary.DryRun, r.Summary.Ignored = 0, 0, 0, 0, len(r.Ignored)
	r.Diagnostics = nil
	r.add(shown)
}
