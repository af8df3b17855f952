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
			Span:    ig.Span, Help: unusedHelp(ig, unused, "delete the comment"), Fixes: removeComment(p, ig),
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
			Fixes: removeRule(ig, r, unused),
		})
	}
}

// removeComment takes the comment out with its line. Above directives of
// BuildKit that is not safe: they would begin to count, as they would below a
// first line that begins with #!.
func removeComment(p *lint.Pass, ig lint.IgnoreUse) []lint.Fix {
	if forFrontend(ig, ig.Rules) {
		return nil // it is to be moved
	}
	line := p.File.LineOf(ig.Span.Start)
	span := dockerfile.Span{Start: p.File.Span(line).Start, End: len(p.File.Text)}
	if line < p.File.Count() {
		span.End = p.File.Span(line + 1).Start
	}
	safe := ig.Hides.Empty() && (line > 1 || !strings.HasPrefix(p.File.Text[span.End:], "#!"))
	return []lint.Fix{{Title: "remove the comment", Safe: safe, Edits: []lint.Edit{{Span: span}}}}
}

// removeRule takes a rule out of the list with one comma: the one behind it as
// long as no rule before it stays, or else the one before it. So what several
// such fixes remove from one list does not overlap.
func removeRule(ig lint.IgnoreUse, r dockerfile.IgnoredRule, unused []dockerfile.IgnoredRule) []lint.Fix {
	if forFrontend(ig, []dockerfile.IgnoredRule{r}) {
		return nil
	}
	at := slices.Index(ig.Rules, r)
	stays := slices.ContainsFunc(ig.Rules[:at], func(before dockerfile.IgnoredRule) bool { return !slices.Contains(unused, before) })
	span := r.Span
	if stays {
		span.Start = ig.Rules[at-1].Span.End
	} else {
		span.End = ig.Rules[at+1].Span.Start
	}
	return []lint.Fix{{Title: "take " + r.ID + " out of the list", Safe: true, Edits: []lint.Edit{{Span: span}}}}
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
	if forFrontend(ig, unused) {
		return "for the frontend write `# imgpolicy global ignore=unpinned-frontend` below the line `# syntax=`"
	}
	return help
}

// forFrontend tells whether an ignore above an instruction is meant for the
// frontend.
func forFrontend(ig lint.IgnoreUse, unused []dockerfile.IgnoredRule) bool {
	return !ig.Global && slices.ContainsFunc(unused, func(r dockerfile.IgnoredRule) bool { return r.ID == "unpinned-frontend" })
}
