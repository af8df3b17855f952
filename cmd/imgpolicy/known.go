package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/baseline"
)

// knownFlags are the flags that leave known diagnostics out of the result.
func knownFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "baseline", Usage: "leave out the known diagnostics listed in `FILE`, which\n" + programName + " baseline write makes"},
	}
}

// knownOptions say what is known, "" where it was not given.
type knownOptions struct{ baseline string }

func newKnownOptions(c *cli.Context) (knownOptions, error) {
	o := knownOptions{c.String("baseline")}
	switch {
	case c.IsSet("baseline") && o.baseline == "":
		return o, usageError("--baseline needs the name of a file")
	}
	return o, nil
}

// hideKnown hides what is known: diagnostics of the baseline.
func (a *app) hideKnown(c *cli.Context, o lintOptions, run *linting) error {
	var match *baseline.Matcher
	var stale func() int
	if o.known.baseline != "" {
		file, err := openBaseline(o.dir, o.known.baseline)
		if err != nil {
			return err
		}
		match = file.known.Matcher(file.pathIn(run))
		stale = func() int { return baseline.Counted(file.scope(run).stale(match.Left())) }
	}
	all := run.result.Diagnostics
	run.result.Hide(func(i int) *lint.Ignore {
		switch {
		case match != nil && match.Match(&all[i]):
			return &lint.Ignore{By: lint.ByBaseline, Reason: "known: listed in " + o.known.baseline}
		}
		return nil
	})
	// A run that does not look at everything cannot tell what is stale.
	if narrow := c.Bool("reached-only") || c.Bool("no-policy"); stale == nil || narrow || o.report.Quiet || len(run.failed) > 0 {
		return nil
	}
	if n := stale(); n > 0 {
		a.say("%s: %s baseline prune --baseline %s", countOf(n, "diagnostic of the baseline is", "diagnostics of the baseline are")+" there no more",
			programName, shellWord(o.known.baseline))
	}
	return nil
}

// say writes a remark on stderr.
func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.stderr, "%s: %s\n", programName, visible(fmt.Sprintf(format, args...)))
}

func countOf(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// shellWord makes one word of a POSIX shell of text, to be pasted.
func shellWord(text string) string {
	if text != "" && strings.Trim(text, shellSafe) == "" {
		return text
	}
	return shellQuote(text)
}

// shellSafe are the characters that mean themselves to every shell.
const shellSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-"
