package rules

import "github.com/imgpolicy/imgpolicy/lint"

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
						p.Report(lint.Diagnostic{Message: "there is no rule `" + r.ID + "`", Span: r.Span, Help: ruleMeant(p, r.ID)})
					}
				}
			}
		},
	}
}

func ruleMeant(p *lint.Pass, id string) string {
	if near := lint.Closest(id, p.RuleIDs()); near != "" {
		return "did you mean `" + near + "`?"
	}
	return "`imgpolicy rules` lists the rules"
}
