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
func (t *texter) statistics(r *lint.Result) string {
	counts := map[string]int{}
	var ids []string
	widest := 0
	for i := range r.Diagnostics {
		id := t.clean(ruleID(&r.Diagnostics[i]))
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
		lead := fmt.Sprintf("%*d  %-*s  ", digits, counts[id], widest, id)
		indent, all := t.hang(summaryOf(r, id), textWidth(lead))
		text += strings.TrimRight(lead+strings.Join(all, "\n"+indent), " ") + "\n"
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
