package rules

import (
	"slices"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

func unknownRule() *lint.Rule {
	return &lint.Rule{
		ID:       "unknown-rule",
		Summary:  "ignore comment that names a rule there is not",
		Severity: lint.Warning,
		Last:     true,
		Doc: "The ID is misspelt, or the rule is of another version of imgpolicy. The other rules\n" +
			"of the list are ignored all the same. There is no name for all rules: an ignore\n" +
			"says what it hides.",
		Bad:  "# imgpolicy ignore=unpined-image\nFROM scratch\n",
		Good: "# imgpolicy ignore=unpinned-image\nFROM alpine:3.20\n",
		Check: func(p *lint.Pass) {
			for _, ig := range p.Ignores {
				for _, r := range ig.Rules {
					if p.Rule(r.ID) == nil {
						d := lint.Diagnostic{Message: "there is no rule `" + r.ID + "`", Span: r.Span}
						d.Help, d.Fixes = ruleMeant(p, ig, r)
						p.Report(d)
					}
				}
			}
		},
	}
}

// ruleMeant is the advice, and its edit where the rule meant could stand there.
// What the edit then hides nobody has looked at yet: it is not safe.
func ruleMeant(p *lint.Pass, ig lint.IgnoreUse, r dockerfile.IgnoredRule) (string, []lint.Fix) {
	near := lint.Closest(r.ID, p.RuleIDs())
	switch {
	case near == "":
		return "`imgpolicy rules` lists the rules", nil
	case slices.Contains(ids(ig), near):
		return "take `" + r.ID + "` out of the list: `" + near + "` is in it already", nil
	case p.NotIgnored(p.Rule(near)) != "":
		return "did you mean `" + near + "`?", nil
	}
	return "did you mean `" + near + "`?", []lint.Fix{{
		Title: "write " + near, Edits: []lint.Edit{{Span: r.Span, New: near}},
	}}
}
