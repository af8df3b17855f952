package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
)

const (
	// annotationLimit is how many annotations of a severity GitHub takes from
	// one step: the rest would be in the log only, where nobody looks.
	annotationLimit = 10
	// summaryLimit is how much a step may write to its job summary, in bytes;
	// GitHub refuses a longer one as a whole.
	summaryLimit = 1 << 20
)

// annotations are the commands for all diagnostics, the gravest first, and the
// diagnostics that have none. Where a severity has too many, its tenth place
// tells how many more there are, and that they are to be read at restPlace.
func annotations(r *lint.Result, opt Options, restPlace string) (commands string, rest []*lint.Diagnostic) {
	var text strings.Builder
	all := gravestFirst(r)
	for len(all) > 0 {
		n := slices.IndexFunc(all, func(d *lint.Diagnostic) bool { return d.Severity != all[0].Severity })
		if n < 0 {
			n = len(all)
		}
		group := all[:n]
		all = all[n:]
		var more []*lint.Diagnostic
		if n > annotationLimit {
			group = inTurn(group)
			group, more = group[:annotationLimit-1], group[annotationLimit-1:]
		}
		for _, d := range group {
			text.WriteString(annotation(d, opt))
		}
		if len(more) > 0 {
			severity := more[0].Severity
			text.WriteString("::" + commandName(severity) + " title=imgpolicy::" +
				escapeData(plural(len(more), "more "+severityName(severity))+": see "+restPlace) + "\n")
			rest = append(rest, more...)
		}
	}
	return text.String(), rest
}

// inTurn takes one diagnostic of each file before the second of any, so that
// no file hides the others.
func inTurn(group []*lint.Diagnostic) []*lint.Diagnostic {
	turn := map[*lint.Diagnostic]int{}
	taken := map[string]int{}
	for _, d := range group {
		turn[d] = taken[d.File]
		taken[d.File]++
	}
	group = slices.Clone(group)
	slices.SortStableFunc(group, func(a, b *lint.Diagnostic) int { return cmp.Compare(turn[a], turn[b]) })
	return group
}

// jobSummary is what is added to the job summary: all diagnostics, as long as
// there is room. whole tells that none is missing.
func jobSummary(r *lint.Result, opt Options) (text string, whole bool) {
	if opt.Summary == nil {
		return "", false
	}
	room := summaryLimit - opt.SummaryUsed - len("\n")
	if room < minSummary {
		return "", false // the limit is near: one byte too many loses everything
	}
	opt.Quiet = false
	text, whole = markdown(r, opt, room)
	return text + "\n", whole
}

// minSummary is room enough for the first line and the head of the table.
const minSummary = 1 << 10
