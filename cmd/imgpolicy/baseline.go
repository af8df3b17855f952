package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint/baseline"
)

const baselineDescription = `A baseline is a list of the diagnostics that a project has today. lint --baseline
leaves them out, so that only new ones fail; the file is made to be committed. An
entry is about a rule, a file and the reference as it is written there, and stays
good when lines move. What could not be checked, ignore comments and locked rules
are never in it.`

const baselineWriteDescription = `Lints as lint does, PATH and flags meaning the same, and writes every diagnostic
into the baseline, whatever its severity. What the file has about other files than
those looked at is kept; all else in it is replaced. Nothing is written where
something could not be checked.`

const baselinePruneDescription = `Lints as lint does, PATH and flags meaning the same, and takes out of the baseline
what is there no more: of the files looked at, and of files that are gone. Give the
flags that lint is run with, or what only they find is taken out, too.`

func (a *app) baselineCommand() *cli.Command {
	flags := func() []cli.Flag {
		file := &cli.StringFlag{Name: "baseline", Value: defaultBaseline, Usage: "the baseline is `FILE`\n(default " + defaultBaseline + ")"}
		return append([]cli.Flag{file}, findFlags()...)
	}
	action := func(do func(c *cli.Context, file string, run *linting) error) cli.ActionFunc {
		return func(c *cli.Context) error { return a.onBaseline(c, do) }
	}
	return &cli.Command{
		Name:        "baseline",
		Usage:       "keep a list of known diagnostics",
		Description: baselineDescription,
		Subcommands: []*cli.Command{
			{
				Name: "write", Usage: "write the diagnostics of today into the list", ArgsUsage: "[PATH...]",
				Description: baselineWriteDescription, Flags: flags(), Action: action(a.writeBaseline),
			},
			{
				Name: "prune", Usage: "take out of the list what is there no more", ArgsUsage: "[PATH...]",
				Description: baselinePruneDescription, Flags: flags(), Action: action(a.pruneBaseline),
			},
		},
	}
}

// onBaseline lints, and does something with the outcome if all could be checked.
func (a *app) onBaseline(c *cli.Context, do func(c *cli.Context, file string, run *linting) error) error {
	if c.String("baseline") == "" {
		return usageError("--baseline needs the name of a file")
	}
	o, err := a.findOptions(c)
	if err != nil {
		return err
	}
	run, err := a.check(c, o)
	switch {
	case err != nil:
		return err
	case run.found.stdin == "<stdin>":
		return usageError("a baseline is about files, and standard input is none: add --stdin-filename with the path it stands for")
	case len(run.failed) > 0:
		return append(run.failed, fmt.Errorf("baseline %s was not written, since not everything was checked", c.String("baseline")))
	}
	return do(c, c.String("baseline"), run)
}

// writeBaseline writes what a run found.
func (a *app) writeBaseline(_ *cli.Context, name string, run *linting) error {
	file := &baselineFile{name: name, path: absolute(run.found.dir, name), known: new(baseline.Baseline)}
	switch _, err := os.Stat(file.path); {
	case err == nil:
		if file, err = openBaseline(run.found.dir, name); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return unreadable(name, err)
	}
	now := baseline.Of(run.result.Diagnostics, file.pathIn(run))
	for i := range run.result.Diagnostics {
		if d := &run.result.Diagnostics[i]; d.NotBaselined != "" {
			place := fmt.Sprintf("%s:%d", d.File, max(1, d.Range.Start.Line))
			a.say("%s: %s is not in the baseline: %s", place, d.Rule.ID, d.NotBaselined)
		}
	}
	scope := file.scope(run)
	kept := slices.DeleteFunc(slices.Clone(file.known.Entries), scope.holds)
	written := new(baseline.Baseline)
	written.Add(slices.Concat(now.Entries, kept))
	if err := writeFile(file.path, written.Write); err != nil {
		return fmt.Errorf("writing the baseline %s: %w", name, err)
	}
	return a.answer(writtenText(name, now.Entries, kept))
}

func writtenText(name string, now, kept []baseline.Entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Wrote %s to %s", countOf(baseline.Counted(now), "diagnostic", "diagnostics"), visible(name))
	if n := baseline.Counted(kept); n > 0 {
		fmt.Fprintf(&b, ", and kept %d of other files", n)
	}
	b.WriteByte('\n')
	counts := map[string]int{}
	var ids []string
	for _, e := range now {
		if counts[e.Rule] == 0 {
			ids = append(ids, e.Rule)
		}
		counts[e.Rule] += e.Count
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b)) })
	for _, id := range ids {
		fmt.Fprintf(&b, "%6d  %s\n", counts[id], id)
	}
	return b.String()
}

// pruneBaseline takes out what a run did not find.
func (a *app) pruneBaseline(_ *cli.Context, name string, run *linting) error {
	file, err := openBaseline(run.found.dir, name)
	if err != nil {
		return err
	}
	match := file.known.Matcher(file.pathIn(run))
	for i := range run.result.Diagnostics {
		match.Match(&run.result.Diagnostics[i])
	}
	stale := file.scope(run).stale(match.Left())
	if len(stale) == 0 {
		return a.answer(fmt.Sprintf("Nothing to take out of %s\n", visible(name)))
	}
	if err := writeFile(file.path, file.known.Without(stale).Write); err != nil {
		return fmt.Errorf("writing the baseline %s: %w", name, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Took %s out of %s\n", countOf(baseline.Counted(stale), "diagnostic", "diagnostics"), visible(name))
	for _, e := range stale {
		fmt.Fprintf(&b, "  %s\n", visible(e.String()))
	}
	return a.answer(b.String())
}

// answer prints what a command has done. It quotes what is linted.
func (a *app) answer(text string) error {
	err := a.forPeople(func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}
