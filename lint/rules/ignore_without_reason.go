package rules

import "github.com/imgpolicy/imgpolicy/lint"

func ignoreWithoutReason() *lint.Rule {
	return &lint.Rule{
		ID:       "ignore-without-reason",
		Summary:  "ignore comment that does not say why",
		Severity: lint.Warning,
		Optional: true,
		Last:     true,
		Doc: "Whoever comes across the ignore later has to know whether it still has a reason.\n" +
			"This rule is off unless `--enable ignore-without-reason` or `require-reason` of a\n" +
			"config switches it on.",
		Bad:  "# imgpolicy ignore=unpinned-image\nFROM alpine:3.20\n",
		Good: "# imgpolicy ignore=unpinned-image;reason=rebuilt every night\nFROM alpine:3.20\n",
		Check: func(p *lint.Pass) {
			for _, ig := range p.Ignores {
				if ig.Reason == "" && len(ig.Errors) == 0 {
					p.Report(lint.Diagnostic{
						Message: "this ignore does not say why", Span: ig.Span, Help: "write `;reason=<text>` at its end",
					})
				}
			}
		},
	}
}
