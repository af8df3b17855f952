package rules

import "github.com/imgpolicy/imgpolicy/lint"

func expiredIgnore() *lint.Rule {
	return &lint.Rule{
		ID:       "expired-ignore",
		Summary:  "ignore comment whose last day is over",
		Severity: lint.Error,
		Last:     true,
		Doc: "The ignore holds up to and with the day of its `until`, in UTC. After that it hides\n" +
			"nothing: what it hid is reported again, and this beside it. `--now DATE` shows what\n" +
			"a run will say on another day.",
		Bad:  "# imgpolicy ignore=unpinned-image;until=2026-03-31\nFROM alpine:3.20@sha256:" + exampleDigest + "\n",
		Good: "# imgpolicy ignore=unpinned-image;until=2027-03-31\nFROM alpine:3.20\n",
		Check: func(p *lint.Pass) {
			for _, ig := range p.Ignores {
				if !ig.Expired || len(ig.Errors) > 0 {
					continue
				}
				d := lint.Diagnostic{
					Message: "this ignore held until " + ig.Until + " and hides nothing any more",
					Span:    ig.UntilSpan, Help: "delete the comment, or look again and give it a later date",
				}
				if ig.Reason != "" {
					d.Notes = []string{"its reason was: " + ig.Reason}
				}
				p.Report(d)
			}
		},
	}
}
