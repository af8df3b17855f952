package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
)

// statistics tells how often each rule found something, the most frequent
// first: where to begin in a repository with much to mend.
func statistics(r *lint.Result) string {
	counts := map[string]int{}
	var ids []string
	widest := 0
	for i := range r.Diagnostics {
		id := Clean(ruleID(&r.Diagnostics[i]))
		if counts[id] == 0 {
			ids = append(ids, id)
			widest = max(widest, textWidth(id))
		}
		counts[id]++
	}
	if len(ids) == 0 {
		return ""
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	digits := len(fmt.Sprint(counts[ids[0]]))
	text := "\n"
	for _, id := range ids {
		text += strings.TrimRight(fmt.Sprintf("%*d  %-*s  %s", digits, counts[id], widest, id, Clean(summaryOf(r, id))), " ") + "\n"
	}
	return text
}

// summaryOf is what a rule finds.
func summaryOf(r *lint.Result, id string) string {
	for _, rule := range r.Rules {
		if rule.ID == id {
			return rule.Summary
		}
	}
	return ""
}
