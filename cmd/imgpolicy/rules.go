package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/report"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

func (a *app) rulesCommand() *cli.Command {
	return &cli.Command{
		Name:      "rules",
		Usage:     "list the rules, or explain one",
		ArgsUsage: "[RULE]",
		Action: func(c *cli.Context) error {
			switch c.NArg() {
			case 0:
				return a.print(ruleList(rules.All(), a.width))
			case 1:
				rule, err := findRule(c.Args().First())
				if err != nil {
					return err
				}
				return a.print(explained(rule, a.width))
			default:
				return usageError("rules explains one rule at a time")
			}
		},
	}
}

// print writes to stdout in the characters it shows.
func (a *app) print(text string) error {
	if a.ascii() {
		text = report.ASCII(text)
	}
	_, err := io.WriteString(a.stdout, text)
	return err
}

// ruleList is the table of the rules. Where a terminal has not the columns for
// it, what a rule finds stands below its name.
func ruleList(all []*lint.Rule, width int) string {
	const gap, leastFinds, indent = "  ", 32, 4
	ids, severities := len("RULE"), len("SEVERITY")
	for _, r := range all {
		ids, severities = max(ids, len(r.ID)), max(severities, len(shownSeverity(r)))
	}
	used := ids + severities + 2*len(gap)
	narrow := width > 0 && width < used+leastFinds
	var b strings.Builder
	row := func(id, severity, finds string) {
		head, below := fmt.Sprintf("%-*s%s%-*s%s", ids, id, gap, severities, severity, gap), used
		if narrow {
			below = indent
			head = strings.TrimRight(head, " ") + "\n" + strings.Repeat(" ", below)
		}
		lines := report.Wrap(finds, width-below, width-below)
		b.WriteString(head + strings.Join(lines, "\n"+strings.Repeat(" ", below)) + "\n")
	}
	if !narrow {
		row("RULE", "SEVERITY", "FINDS")
	}
	for _, r := range all {
		row(r.ID, shownSeverity(r), r.Summary)
	}
	return b.String()
}

// shownSeverity is the severity of a rule in a table.
func shownSeverity(r *lint.Rule) string {
	if r.Optional {
		return r.Severity.String() + " (off)"
	}
	return r.Severity.String()
}

// explained is all there is to say about a rule.
func explained(r *lint.Rule, width int) string {
	severity := r.Severity.String()
	if r.Mandatory {
		severity += ", cannot be disabled"
	}
	if r.Optional {
		severity += ", off by default"
	}
	return fmt.Sprintf("%s (%s)\n%s\n\n%s\n\nBad:\n\n%s\n\nGood:\n\n%s\n",
		r.ID, severity, refilled(r.Summary, width), refilled(strings.TrimSpace(r.Doc), width), indented(r.Bad), indented(r.Good))
}

// refilled fills paragraphs anew to the width of the terminal, or to what is
// read with ease on a wide one. Lists and code keep their lines.
func refilled(text string, width int) string {
	const widest = 90
	if width <= 0 {
		return text
	}
	width = min(width, widest)
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		lines := strings.Split(p, "\n")
		for _, l := range lines {
			if strings.HasPrefix(l, " ") || strings.HasPrefix(l, "- ") || strings.HasPrefix(l, "|") {
				lines = nil
			}
		}
		if lines != nil {
			paragraphs[i] = strings.Join(report.Wrap(strings.Join(lines, " "), width, width), "\n")
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// indented sets a text off as Markdown's code is.
func indented(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = "    " + line
		}
	}
	return strings.Join(lines, "\n")
}
