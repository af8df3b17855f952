package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint/lock"
)

const lockDescription = `Writes down the digest of every image, download and git ref that the Dockerfiles
fetch by name: in the imgpolicy.lock nearest to each, or where there is none in a new
one at the root of the repository, or in PATH outside of one. Commit it. "imgpolicy
lint" then finds digests that differ from it, and what is not pinned can be pinned
without a network.

What is in the lock stays as it is; --update looks everything up again. Where all
Dockerfiles pin a name to something else the lock follows them, and what none of them
uses any more is removed, if everything that the lock is for was looked at.

--check says what would change and opens no connection. Exit code 1 is that something
would, 2 that something could not be looked up: nothing is written then.`

func (a *app) lockCommand() *cli.Command {
	return &cli.Command{
		Name:        "lock",
		Usage:       "write down digests in " + lock.FileName,
		ArgsUsage:   "[PATH...]",
		Description: lockDescription,
		Flags: slices.Concat([]cli.Flag{
			&cli.BoolFlag{Name: "update", Usage: "look everything up again, not only what is new"},
			&cli.BoolFlag{Name: "check", Usage: "say what would change, offline, and write nothing"},
			pinsFromFlag(),
			&cli.BoolFlag{Name: "force-exclude", Usage: "leave out what the config excludes even where a path\nnames it, as hooks do"},
		}, networkFlags(), configFlags(), buildFlags()),
		Action: func(c *cli.Context) error {
			l, err := a.newLocking(c)
			if err != nil {
				return err
			}
			return l.run(c.Context)
		},
	}
}

// newLocking finds what a command line names.
func (a *app) newLocking(c *cli.Context) (*locking, error) {
	dir, err := a.getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the working directory: %w", err)
	}
	l := &locking{app: a, update: c.Bool("update"), check: c.Bool("check"), now: time.Now()}
	if l.update && l.check {
		return nil, usageError("--check opens no connection, and --update looks everything up: give one of them")
	}
	if l.books, _, err = openBooks(dir, c.StringSlice("pins-from")); err != nil {
		return nil, err
	}
	if l.build, err = a.buildOptions(c, dir); err != nil {
		return nil, err
	}
	if l.configs, err = a.configs(c, dir); err != nil {
		return nil, err
	}
	if l.found, err = a.search(c, l.configs); err != nil {
		return nil, err
	}
	switch {
	case l.found.stdin != "":
		return nil, usageError("a lock is about files, and standard input is none")
	case len(l.found.failed) > 0:
		return nil, append(l.found.failed, fmt.Errorf("%s was not written, since not everything was read", lock.FileName))
	}
	a.note(l.found.explicit.skipped, false)
	l.narrow = narrowFlag(c)
	if l.check {
		return l, nil // which asks nobody
	}
	l.lookup, err = a.network(c, l.configs)
	return l, err
}

// narrowFlag is a flag by which a run looks at other builds than it does by
// itself, "" for none: what they do not use may be used all the same.
func narrowFlag(c *cli.Context) string {
	flags := []string{"no-config", "config"}
	for _, f := range buildFlags() {
		flags = append(flags, f.Names()[0])
	}
	for _, name := range flags {
		if c.IsSet(name) {
			return "--" + name
		}
	}
	return ""
}

// lockedText says what changed in a lock file.
func lockedText(name string, u *lock.Update, check bool) string {
	changes := u.Changes()
	count := map[byte]int{}
	var b strings.Builder
	for _, c := range changes {
		sign, text := byte('+'), fmt.Sprintf("%s %s (%s)", c.Name, c.New, c.From)
		switch {
		case c.New == "":
			sign, text = '-', c.Name+" (nothing uses it)"
		case c.Old != "":
			sign, text = '~', fmt.Sprintf("%s %s -> %s (%s)", c.Name, c.Old, c.New, c.From)
		}
		count[sign]++
		fmt.Fprintf(&b, "  %c %s\n", sign, visible(text))
	}
	head := "Wrote " + visible(name)
	if check {
		head = visible(name) + " is not up to date"
	}
	total := len(u.Lock().Entries)
	if len(changes) == 0 {
		return fmt.Sprintf("%s is up to date: %s\n", visible(name), countOf(total, "entry", "entries"))
	}
	return fmt.Sprintf("%s: %d added, %d changed, %d removed, %d as they were\n%s",
		head, count['+'], count['~'], count['-'], total-count['+']-count['~'], b.String())
}
