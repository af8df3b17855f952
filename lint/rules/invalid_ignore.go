package rules

import "github.com/imgpolicy/imgpolicy/lint"

func invalidIgnore() *lint.Rule {
	return &lint.Rule{
		ID:       "invalid-ignore",
		Summary:  "ignore comment that cannot do what it says",
		Severity: lint.Error,
		Last:     true,
		Doc: "An ignore is written `# imgpolicy ignore=rule[,rule];until=2027-03-31;reason=why`, in\n" +
			"the comment lines directly above an instruction, or `# imgpolicy global ignore=…`\n" +
			"before the first one. `reason` comes last and runs to the end of the line. One with\n" +
			"a mistake, inside a continued instruction or above an empty line ignores nothing.\n" +
			"Some rules are never ignored, such as `parse-error`. A config may forbid ignores, lock\n" +
			"rules, or limit how long an ignore holds: one that holds longer ignores nothing.\n\n" +
			"Any comment ends the directives of BuildKit: `# syntax=`, `# escape=` and `# check=`\n" +
			"below an ignore are ordinary comments, and the build uses another frontend.\n\n" +
			"Where `# check=` makes errors of experimental checks, BuildKit wants the last comment\n" +
			"above `ARG` and `FROM … AS` to begin with the name: write the ignore above that one.",
		Bad:  "# imgpolicy ignore=unpinned-image;until=31.3.2027\nFROM scratch\n",
		Good: "# imgpolicy ignore=unpinned-image;until=2027-03-31\nFROM alpine:3.20\n",
		Check: func(p *lint.Pass) {
			for _, ig := range p.Ignores {
				for _, e := range ig.Errors {
					p.Report(lint.Diagnostic{Message: e.Message, Span: e.Span, Help: e.Help})
				}
				reportTooLong(p, ig)
				reportNotIgnored(p, ig)
				reportHidden(p, ig)
			}
		},
	}
}

func reportTooLong(p *lint.Pass, ig lint.IgnoreUse) {
	if ig.TooLong == "" || ig.Expired || len(ig.Errors) > 0 {
		return
	}
	span := ig.UntilSpan
	if span.Empty() {
		span = ig.Span
	}
	p.Report(lint.Diagnostic{
		Message: ig.TooLong, Span: span, Help: "write `until=" + p.LastIgnoreDay() + "`, or an earlier day, in front of the reason",
	})
}

func reportNotIgnored(p *lint.Pass, ig lint.IgnoreUse) {
	for _, r := range ig.Rules {
		rule := p.Rule(r.ID)
		if rule == nil {
			continue
		}
		if why := p.NotIgnored(rule); why != "" {
			p.Report(lint.Diagnostic{
				Message: "no comment hides " + r.ID + ": " + why, Span: r.Span, Help: "take `" + r.ID + "` out of the list",
			})
		}
	}
}

func reportHidden(p *lint.Pass, ig lint.IgnoreUse) {
	if ig.Hides.Empty() {
		return
	}
	p.Report(lint.Diagnostic{
		Message: "this comment ends BuildKit's directives: `" + p.File.Text[ig.Hides.Start:ig.Hides.End] + "` below it is an ordinary comment",
		Span:    ig.Span,
		Related: []lint.Related{{Message: "without effect here", File: p.File.Name, Span: ig.Hides}},
		Help:    "move the ignore below the directives; there `# imgpolicy global ignore=<rule>` is about them, too",
	})
}
