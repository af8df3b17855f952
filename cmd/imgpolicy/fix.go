package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint/fix"
)

const fixDescription = `Makes the changes that mend what lint finds, where there is one right way to: it
takes out ignore comments that hide nothing, and writes digests, checksums and
commits where it is known what they are. PATH and flags mean the same as for lint;
ignored diagnostics are left alone. Policies and configs in force are mended, too,
if they are in the repository of the working directory.

Only the bytes in question change: line ends, comments, tags and --platform stay.
The outcome is read again, and a change is not made that would do more than mend.
Where two changes disagree the first is made. A file is replaced as a whole, or
not if it has changed in the meantime; a link is followed within its repository.

Without --unsafe what is built stays the same. With it http becomes https where
the server may not have that, and a digest is written behind a variable, where it
outvotes what others give the variable, or in place of another one: what the lock
says, and with --resolve what a tag stands for today.

It prints what it changed, where a digest is known from, and what it could not
change with the advice of lint. With the path - the mended text of standard input
goes to stdout, and all else to stderr.

Exit code 0 means that nothing is left that it could change, 1 that --check or
--diff would change something, 2 that something could not be looked up, read or
written.`

func (a *app) fixCommand() *cli.Command {
	return &cli.Command{
		Name:        "fix",
		Usage:       "mend what lint finds",
		ArgsUsage:   "[PATH...]",
		Description: fixDescription,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "diff", Usage: "change nothing, and print what would change as a patch for\ngit apply, by the paths from the root of the repository"},
			&cli.BoolFlag{Name: "check", Usage: "change nothing, and exit with 1 if something would change"},
			&cli.StringSliceFlag{Name: "rule", Usage: "mend what `RULE` finds and nothing else; repeat for more"},
			&cli.BoolFlag{Name: "unsafe", Usage: "make changes, too, that may change what is built or ruled"},
		}, findFlags()...),
		Action: a.fix,
	}
}

// errWouldFix says that something would change. It is printed already.
var errWouldFix = errors.New("something would change")

func (a *app) fix(c *cli.Context) error {
	f := &fixing{app: a, cli: c, unsafe: c.Bool("unsafe"), options: func() (lintOptions, error) { return a.findOptions(c) }}
	if c.Bool("diff") && c.Bool("check") {
		return usageError("--diff and --check are two ways to change nothing: --diff exits with 1, too, if something would change")
	}
	for _, id := range c.StringSlice("rule") {
		if _, err := findRule(id); err != nil {
			return err
		}
		f.rules = set(c.StringSlice("rule"))
	}
	return f.all(c.Bool("diff"), c.Bool("check"))
}

// all mends, writes and prints.
func (f *fixing) all(diff, check bool) error {
	if err := f.mend(); err != nil {
		return err
	}
	f.app.note(f.found.explicit.skipped, false)
	failed := f.run.failed
	dry := diff || check
	if dry {
		failed = append(failed, f.unwritable()...)
	} else {
		failed = append(failed, f.write()...)
	}
	var err error
	if diff {
		unshown, printing := f.printDiff()
		failed, err = append(failed, unshown...), printing
	} else {
		err = f.print(dry, !dry && len(failed) > len(f.run.failed))
	}
	switch {
	case err != nil:
		return fmt.Errorf("writing the result: %w", err)
	case len(failed) > 0:
		return failed
	case dry && len(f.files) > 0:
		return errWouldFix
	}
	return nil
}

// print prints the mended text of standard input, and what became of all.
func (f *fixing) print(dry, unwritten bool) error {
	arrow := "→"
	if f.app.ascii() {
		arrow = "->"
	}
	var b strings.Builder
	b.WriteString(changesText(f.changes, arrow))
	left := f.left()
	heading := "Not fixed:"
	if dry && len(f.files) > 0 {
		heading = "Not fixed, by the lines that there would be:"
	}
	if len(left) > 0 {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(heading + "\n" + leftText(left, f.refused) + "\n")
	}
	verb := "Fixed"
	switch {
	case dry:
		verb = "Would fix"
	case unwritten:
		verb = "Not all was written:"
	}
	if len(f.changes) > 0 || len(f.run.failed) == 0 {
		done := fmt.Sprintf("%s %s in %s", verb, countOf(len(f.changes), "diagnostic", "diagnostics"), countOf(len(f.files), "file", "files"))
		if len(f.changes) == 0 {
			done = "Nothing to change"
		}
		if n := len(left); n > 0 {
			done += "; " + countOf(n, "is left", "are left")
		}
		b.WriteString(done + "\n")
	}
	if f.found.stdin == "" {
		return f.app.answer(b.String())
	}
	if !dry {
		text, err := f.texts.readBy(stdinText, func() ([]byte, error) { return nil, errors.New("nothing was read") })
		if err != nil {
			return err
		}
		if _, err := f.app.stdout.Write(text); err != nil {
			return err
		}
	}
	return f.app.guarded(f.app.stderr, func(w io.Writer) error {
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// printDiff prints what would change. A diff that shows credentials is not
// printed: without them it would not apply.
func (f *fixing) printDiff() (unshown failures, err error) {
	var b strings.Builder
	f.eachChanged(func(name, path, was, is string) {
		at, ok := f.diffName(name, path)
		text := fix.Diff(at, was, is)
		_, err := f.target(name, path)
		switch {
		case err != nil: // as was said
		case !ok:
			unshown = append(unshown, failure{name, "its diff would not apply: git changes nothing outside of its repository", "run " + programName + " fix --diff in that of the file"})
		case secretsOf(was, nil).Redact(text) != text, secretsOf(is, nil).Redact(text) != text:
			unshown = append(unshown, failure{name, "its diff would show credentials", "take them out of the file, or let " + programName + " fix change it without --diff"})
		default:
			b.WriteString(text)
		}
	})
	text := b.String()
	if f.app.terminal {
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			lines[i] = visible(strings.TrimSuffix(line, "\r"))
		}
		text = strings.Join(lines, "\n")
	}
	if text == "" {
		return unshown, nil
	}
	return unshown, f.app.answer(text)
}

// diffName is the path of a file for git, which does not follow links: as seen
// from the root of the repository, wherever in it git is run. ok is false where
// the file is not in it.
func (f *fixing) diffName(name, path string) (at string, ok bool) {
	root := withoutLinks(f.found.dir)
	if path == stdinText {
		path = absolute(root, shownName(f.found.dir, f.found.paths[name]))
	} else {
		path = textKey(path)
	}
	if above, ok := repositoryRoot(root); ok {
		root = above
	}
	at = shownName(root, path)
	return at, filepath.IsLocal(filepath.FromSlash(at))
}

// fixFirst is lint --fix: it mends what is safe to mend before lint looks.
func (a *app) fixFirst(c *cli.Context, o lintOptions) (failures, error) {
	if slices.Contains(c.Args().Slice(), "-") || c.String("file") == "-" {
		return nil, usageError("--fix cannot change standard input: " + programName + " fix - prints the mended text")
	}
	f := &fixing{app: a, cli: c, options: func() (lintOptions, error) { return a.lintOptions(c) }}
	f.hide = func(o lintOptions, run *linting) error {
		if err := o.replaced(run); err != nil {
			return err
		}
		o.report.Quiet = true // of what is stale the run speaks that is shown
		return a.hideKnown(c, o, run)
	}
	if err := f.mend(); err != nil {
		return nil, err
	}
	failed := f.write()
	if len(f.changes) > 0 && len(failed) == 0 && !o.report.Quiet {
		a.say("fixed %s in %s", countOf(len(f.changes), "diagnostic", "diagnostics"), countOf(len(f.files), "file", "files"))
	}
	return failed, nil
}
