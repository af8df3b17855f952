package main

import (
	"context"
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
		&cli.StringFlag{Name: "diff-base", Usage: "leave out what is as it was at the git revision `REV`,\nor where the work on it began: origin/main, say"},
	}
}

// knownOptions say what is known; each is "" where it was not given.
type knownOptions struct{ baseline, diffBase string }

func newKnownOptions(c *cli.Context) (knownOptions, error) {
	o := knownOptions{c.String("baseline"), c.String("diff-base")}
	switch {
	case c.IsSet("baseline") && o.baseline == "":
		return o, usageError("--baseline needs the name of a file")
	case c.IsSet("diff-base") && (o.diffBase == "" || isFlag(o.diffBase)):
		return o, usageError(fmt.Sprintf("--diff-base %q is no git revision: write a branch, a tag or a commit, such as origin/main", o.diffBase))
	}
	return o, nil
}

// hideKnown hides what is known: diagnostics of the baseline, and those that an
// older revision has, too. The baseline comes first, so that an entry that
// matches is in use whatever else would hide its diagnostic.
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
	unchanged, err := a.unchanged(c.Context, o, run)
	if err != nil {
		return err
	}
	if match == nil && unchanged == nil {
		return nil
	}
	all := run.result.Diagnostics
	run.result.Hide(func(i int) *lint.Ignore {
		switch {
		case match != nil && match.Match(&all[i]):
			return &lint.Ignore{By: lint.ByBaseline, Reason: "known: listed in " + o.known.baseline}
		case unchanged != nil && unchanged[i]:
			return &lint.Ignore{By: lint.ByRevision, Reason: "unchanged since " + o.known.diffBase}
		}
		return nil
	})
	// A run that does not look at everything cannot tell what is stale.
	if narrow := c.Bool("reached-only") || c.Bool("no-policy") || c.Bool("no-config"); stale == nil || narrow || o.report.Quiet || len(run.failed) > 0 {
		return nil
	}
	if n := stale(); n > 0 {
		a.say("%s: %s baseline prune --baseline %s", countOf(n, "diagnostic of the baseline is", "diagnostics of the baseline are")+" there no more",
			programName, shellWord(o.known.baseline))
	}
	return nil
}

// unchanged tells of each diagnostic whether the revision of --diff-base has it,
// too; nil without the flag.
func (a *app) unchanged(ctx context.Context, o lintOptions, run *linting) ([]bool, error) {
	if o.known.diffBase == "" {
		return nil, nil
	}
	if run.found.stdin == "<stdin>" {
		return nil, usageError("--diff-base compares files, and standard input is none: add --stdin-filename with the path it stands for")
	}
	return a.compare(ctx, o, run)
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
