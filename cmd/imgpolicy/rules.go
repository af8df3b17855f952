package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint"
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
				return writeRules(a.stdout, rules.All())
			case 1:
				rule, err := findRule(c.Args().First())
				if err != nil {
					return err
				}
				return writeRule(a.stdout, rule)
			default:
				return usageError("rules explains one rule at a time")
			}
		},
	}
}

func writeRules(w io.Writer, all []*lint.Rule) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "RULE\tSEVERITY\tFINDS\n")
	for _, r := range all {
		fmt.Fprintf(table, "%s\t%s\t%s\n", r.ID, shownSeverity(r), r.Summary)
	}
	return table.Flush()
}

// shownSeverity is the severity of a rule in a table.
func shownSeverity(r *lint.Rule) string {
	if r.Optional {
		return r.Severity.String() + " (off)"
	}
	return r.Severity.String()
}

func writeRule(w io.Writer, r *lint.Rule) error {
	severity := r.Severity.String()
	if r.Mandatory {
		severity += ", cannot be disabled"
	}
	if r.Optional {
		severity += ", off by default"
	}
	_, err := fmt.Fprintf(w, "%s (%s)\n%s\n\n%s\n\nBad:\n\n%s\n\nGood:\n\n%s\n",
		r.ID, severity, r.Summary, strings.TrimSpace(r.Doc), indented(r.Bad), indented(r.Good))
	return err
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
