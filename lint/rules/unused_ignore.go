package rules

import (
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

func unusedIgnore() *lint.Rule {
	return &lint.Rule{
		ID:       "unused-ignore",
		Summary:  "ignore comment that hides nothing",
		Severity: lint.Warning,
		Last:     true,
		Doc: "What it once hid is mended, or it never stood in the right place; left alone it\n" +
			"would hide the next one. An ignore is about the lines of the instruction below it,\n" +
			"a global one about the whole file. The `# syntax=` line is ignored only by a\n" +
			"global ignore below BuildKit's directives.\n\n" +
			"Nothing is said of rules that do not run, of policies and lists where none is in\n" +
			"force, of instructions that cannot be read, and with `--reached-only`.",
		Bad:  "# imgpolicy ignore=unpinned-image;reason=moves with the base\nFROM scratch\n",
		Good: "# imgpolicy ignore=unpinned-image;reason=moves with the base\nFROM alpine:3.20\n",
		Check: func(p *lint.Pass) {
			for _, ig := range p.Ignores {
				reportUnused(p, ig)
			}
		},
	}
}

func reportUnused(p *lint.Pass, ig lint.IgnoreUse) {
	if !ig.Holds() || p.Partial() || unreadable(p, ig.Lines) {
		return
	}
	var unused []dockerfile.IgnoredRule
	for i, r := range ig.Rules {
		if !ig.Used[i] && couldSpeak(p, r.ID) {
			unused = append(unused, r)
		}
	}
	where := " in the instruction below"
	if ig.Global {
		where = " left in this file"
	}
	if len(unused) > 0 && len(unused) == len(ig.Rules) {
		p.Report(lint.Diagnostic{
			Message: "this ignore hides nothing: no " + strings.Join(ids(ig), " and no ") + where,
			Span:    ig.Span, Help: unusedHelp(ig, unused, "delete the comment"),
		})
		return
	}
	for _, r := range unused {
		message := "there is no " + r.ID + where
		if slices.Index(ids(ig), r.ID) < slices.Index(ig.Rules, r) {
			message = r.ID + " stands in this list twice"
		}
		p.Report(lint.Diagnostic{
			Message: message, Span: r.Span, Help: unusedHelp(ig, []dockerfile.IgnoredRule{r}, "take `"+r.ID+"` out of the list"),
		})
	}
}

// ids are the rules as the directive names them.
func ids(ig lint.IgnoreUse) []string {
	var out []string
	for _, r := range ig.Rules {
		out = append(out, r.ID)
	}
	return out
}

// couldSpeak tells whether silence of a rule means anything.
func couldSpeak(p *lint.Pass, id string) bool {
	rule := p.Rule(id)
	if rule == nil || p.NotIgnored(rule) != "" || !p.Active(id) {
		return false
	}
	switch id {
	case "policy-denied", "policy-unknown":
		return len(p.Policies) > 0
	case "untrusted-registry":
		return len(p.Registries) > 0
	case "untrusted-host":
		return len(p.Hosts) > 0
	}
	return true
}

// unreadable tells whether some of a text could not be read.
func unreadable(p *lint.Pass, lines dockerfile.Span) bool {
	for _, problem := range p.Problems {
		if problem.Kind == dockerfile.ParseProblem && problem.Span.Start >= lines.Start && problem.Span.End <= lines.End {
			return true
		}
	}
	return false
}

func unusedHelp(ig lint.IgnoreUse, unused []dockerfile.IgnoredRule, help string) string {
	for _, r := range unused {
		if r.ID == "unpinned-frontend" && !ig.Global {
			return "for the frontend write `# imgpolicy global ignore=unpinned-frontend` below the line `# syntax=`"
		}
	}
	return help
}
