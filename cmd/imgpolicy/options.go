package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/report"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

// format finds the output format. GitHub's runner makes annotations of the
// lines of its own format, so that is what a workflow gets that asks for none.
func (a *app) format(name string, given bool) (report.Format, error) {
	if !given {
		name = "text"
		if a.onGitHub() {
			name = "github"
		}
	}
	return findFormat(name)
}

func findFormat(name string) (report.Format, error) {
	for _, f := range report.Formats() {
		if f.Name == name {
			return f, nil
		}
	}
	return report.Format{}, unknown("format", name, report.Names())
}

// onGitHub tells whether a runner of GitHub Actions reads the output.
func (a *app) onGitHub() bool { return a.getenv("GITHUB_ACTIONS") == "true" }

// formatHelp is the usage of --format.
func formatHelp() string {
	lines := []string{"print in this `FORMAT`; without it text, and github in\nGitHub Actions:"}
	for _, f := range report.Formats() {
		lines = append(lines, fmt.Sprintf("  %-10s  %s", f.Name, f.Summary))
	}
	return strings.Join(lines, "\n")
}

// failOnSeverities are the values of --fail-on.
var failOnSeverities = []string{"error", "warning", "info", "never"}

// severity reads --fail-on; 0 is never.
func severity(name string) (lint.Severity, error) {
	for _, s := range []lint.Severity{lint.Error, lint.Warning, lint.Info} {
		if s.String() == name {
			return s, nil
		}
	}
	if name == "never" {
		return 0, nil
	}
	return 0, unknown("severity", name, failOnSeverities)
}

// disabled are the rules that do not run. Which of two flags came last is
// nothing to build on, so a rule in both is refused.
func disabled(disable, enable []string) (map[string]bool, error) {
	off := map[string]bool{}
	for _, id := range disable {
		rule, err := findRule(id)
		if err != nil {
			return nil, err
		}
		if rule.Mandatory {
			return nil, notDisabled(id)
		}
		off[id] = true
	}
	for _, id := range enable {
		if _, err := findRule(id); err != nil {
			return nil, err
		}
		if off[id] {
			return nil, usageError("rule " + id + " is both enabled and disabled")
		}
	}
	return off, nil
}

// set is a list as a set.
func set(names []string) map[string]bool {
	out := map[string]bool{}
	for _, name := range names {
		out[name] = true
	}
	return out
}

// now reads --now, the start of a day in UTC. The clock is read here and nowhere
// else, so that all that depends on today can be asked about another day.
func now(date string, given bool) (time.Time, error) {
	if !given {
		return time.Now(), nil
	}
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return time.Time{}, usageError(fmt.Sprintf("--now %q is no date: write YYYY-MM-DD, such as 2027-03-31", date))
	}
	return day, nil
}

func findRule(id string) (*lint.Rule, error) {
	all := rules.All()
	ids := make([]string, len(all))
	for i, r := range all {
		if r.ID == id {
			return r, nil
		}
		ids[i] = r.ID
	}
	return nil, unknown("rule", id, ids)
}
