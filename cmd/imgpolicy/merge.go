package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/report"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

const mergeDescription = `Puts the JSON reports of all the shards of a run together, and prints what one run
over all files would have printed, findings that need several files included. It
reads nothing but the reports, and ends with the code that the one run would have.

A REPORT is what "imgpolicy lint --shard K/N --format json" prints. Each of the N
shards has to be there once, of the same files, flags, version and day.`

// maxReportSize is the most that one report may have.
const maxReportSize = 1 << 30

func (a *app) mergeCommand() *cli.Command {
	return &cli.Command{
		Name: "merge", Usage: "put the reports of shards together", ArgsUsage: "REPORT...", Description: mergeDescription,
		Flags: slices.Concat(outputFlags(), printFlags(), []cli.Flag{
			&cli.StringFlag{Name: "baseline", Usage: "leave out the known diagnostics listed in `FILE`, which\n" + programName + " baseline write makes"},
		}),
		Action: a.merge,
	}
}

func (a *app) merge(c *cli.Context) error {
	dir, err := a.getwd()
	if err != nil {
		return fmt.Errorf("finding the working directory: %w", err)
	}
	o := lintOptions{dir: dir}
	if err := a.printOptions(c, &o); err != nil {
		return err
	}
	parts, err := readShards(dir, c.Args().Slice())
	if err != nil {
		return err
	}
	result, texts, err := lint.Merge(rules.All(), parts)
	if err != nil {
		return fmt.Errorf("the reports cannot be put together: %w", err)
	}
	if err := hideListed(c, dir, result); err != nil {
		return err
	}
	var failed failures
	for _, text := range texts {
		failed = append(failed, errors.New(text))
	}
	return a.conclude(o, result, failed)
}

// hideListed hides what the baseline lists.
func hideListed(c *cli.Context, dir string, result *lint.Result) error {
	name := c.String("baseline")
	switch {
	case !c.IsSet("baseline"):
		return nil
	case name == "":
		return usageError("--baseline needs the name of a file")
	}
	file, err := openBaseline(dir, name)
	if err != nil {
		return err
	}
	match := file.known.Matcher(func(name string) string { return file.seen(absolute(dir, filepath.FromSlash(name))) })
	all := result.Diagnostics
	result.Hide(func(i int) *lint.Ignore {
		if match.Match(&all[i]) {
			return &lint.Ignore{By: lint.ByBaseline, Reason: "known: listed in " + name}
		}
		return nil
	})
	return nil
}

// readShards reads the reports of all shards of one run.
func readShards(dir string, names []string) ([]*lint.Facts, error) {
	if len(names) == 0 {
		return nil, usageError("merge needs the reports of shards: " + programName + " lint --shard K/N --format json writes them")
	}
	by := map[shard]string{}
	var parts []*lint.Facts
	var of uint64
	for i, name := range names {
		text, err := readFileOf(absolute(dir, name), maxReportSize)
		if err != nil {
			return nil, unreadable(name, err)
		}
		read, err := report.ReadShard(text)
		if err != nil {
			return nil, fmt.Errorf("%s %w", name, err)
		}
		s, err := parseShard(read.Shard)
		if err != nil {
			return nil, fmt.Errorf("%s: %q is no shard", name, read.Shard)
		}
		if i == 0 {
			of = s.of
		}
		switch {
		case s.of != of:
			return nil, fmt.Errorf("%s is shard %s, and %s one of %d", name, s, names[0], of)
		case by[s] != "":
			return nil, fmt.Errorf("%s and %s are both shard %s", by[s], name, s)
		case i > 0 && read.Facts.Run != parts[0].Run:
			return nil, fmt.Errorf("%s and %s are not of one run: their files, flags, versions or days differ", names[0], name)
		}
		by[s] = name
		parts = append(parts, read.Facts)
	}
	return parts, missingShards(by, of)
}

// missingShards says which shards are not there.
func missingShards(have map[shard]string, of uint64) error {
	const most = 8
	var missing []string
	for k := range of {
		if s := (shard{k + 1, of}); have[s] == "" {
			missing = append(missing, s.String())
		}
	}
	switch n := len(missing); {
	case n == 0:
		return nil
	case n > most:
		missing = append(missing[:most], fmt.Sprintf("%d more", n-most))
	}
	return fmt.Errorf("not all shards are there: give the reports of %s, too", strings.Join(missing, ", "))
}
