package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/cache"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/lint/report"
)

const lintDescription = `PATH is a Dockerfile, a directory to search for Dockerfiles, or - for standard
input; without one the current directory is searched. Flags may stand before and
after the paths; -- ends them.

A config, .imgpolicy.yaml or .imgpolicy.json, beside a Dockerfile or in a directory
above it up to the root of the repository, is in force by itself; of several the
nearest. "imgpolicy config PATH" shows what it comes to.

A PATH that is a policy or a config stands for the Dockerfiles it governs, so that
a hook may pass what a change touches: Dockerfile.rego for the Dockerfile beside
it, a config for those that read it, any other .rego, .json or .yaml file for all
of its repository. A policy or config has to load even where it governs nothing.
Tests of policies (*_test.rego), .dockerignore files, templates and backups (.j2,
.tmpl, .template, .bak) are skipped with a word on stderr.

With --cache a Dockerfile is not parsed again while it, the flags, the version, the
day where that matters, and all configs, policies, files that policies read,
catalogs and locks are as they were. What --resolve, or a policy that asks for the
time, had a part in is not kept, and --fix and --diff-base do without. Whoever may
write to --cache-dir decides what is found: restore it from nowhere that strangers
can write to.`

func (a *app) lintCommand() *cli.Command {
	return &cli.Command{
		Name:        "lint",
		Usage:       "check Dockerfiles",
		ArgsUsage:   "[PATH...]",
		Description: lintDescription,
		Flags: slices.Concat(outputFlags(), printFlags(), []cli.Flag{
			&cli.BoolFlag{Name: "fix", Usage: "mend first what is safe to mend, as " + programName + " fix does, and\nreport what is left"},
			cacheFlag(),
			shardFlag(),
		}, knownFlags(), findFlags()),
		Action: func(c *cli.Context) error {
			options, err := a.lintOptions(c)
			if err != nil {
				return err
			}
			return a.lint(c, options)
		},
	}
}

// printFlags are the flags about what is printed and how the program ends.
func printFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "fail-on", Value: lint.Error.String(), Usage: "exit with 1 from this `SEVERITY` on: error (default),\nwarning, info, or never"},
		&cli.StringFlag{Name: "color", Value: "auto", Usage: "colour the text `WHEN`: auto (default), always or never;\nnever leaves out links, too"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print diagnostics only, no summary"},
	}
}

// findFlags are the flags that decide what is found.
func findFlags() []cli.Flag {
	return slices.Concat(policyFlags(), configFlags(), levelFlags(), resolveFlags(), pinFlags(), []cli.Flag{
		&cli.StringSliceFlag{Name: "enable", Usage: "run `RULE`, even if it is off by default; repeat for more"},
		&cli.StringSliceFlag{Name: "disable", Usage: "do not run `RULE`; repeat for more"},
		&cli.StringFlag{Name: "now", Usage: "judge dates, of ignores, exceptions and approvals, as on\nthis `DATE`, such as 2027-03-31, and not as today"},
		&cli.StringFlag{Name: "stdin-filename", Usage: "the `PATH` that - stands for: shown in the output, and\nwhere its policy is looked for"},
		&cli.BoolFlag{Name: "force-exclude", Usage: "leave out what the config excludes even where a path\nnames it, as hooks do"},
	}, buildFlags())
}

// lintOptions are the flags of lint once they are known to make sense.
type lintOptions struct {
	dir      string // the working directory
	policies policyOptions
	configs  *configs
	build    buildOptions
	format   report.Format  // of what is printed
	report   report.Options // for every format
	outputs  []output
	failOn   lint.Severity // 0 for never
	disabled map[string]bool
	enabled  map[string]bool
	now      time.Time
	color    bool
	links    bool
	known    knownOptions
	// pins tells what sources can be pinned to in place of what digests say, as
	// lint.Linter.Pins; nil for what they do.
	pins func(ctx context.Context, src source.Source, platform string) (lint.Pin, bool, error)
	// network is what looks things up, nil where nothing may.
	network *network
	// texts stand in the place of files, nil for none.
	texts   *texts
	digests pinOptions
	catalog string // the path of one that is given, "" for none
	// required are levels that must be in force.
	required []config.Text
	shard    shard
	cache    *cache.Store // nil where nothing is kept
	narrow   string       // a flag that shows only part of what is used, or ""
}

func (a *app) lintOptions(c *cli.Context) (lintOptions, error) {
	o, err := a.findOptions(c)
	if err != nil {
		return lintOptions{}, err
	}
	if err := a.printOptions(c, &o); err != nil {
		return lintOptions{}, err
	}
	if o.known, err = newKnownOptions(c); err != nil {
		return lintOptions{}, err
	}
	if o.cache, err = a.cacheOption(c, o.dir); err != nil {
		return lintOptions{}, err
	}
	o.shard, err = shardOption(c, &o)
	return o, err
}

// printOptions reads outputFlags and printFlags.
func (a *app) printOptions(c *cli.Context, o *lintOptions) error {
	o.report = report.Options{
		Quiet: c.Bool("quiet"), HideSource: !c.Bool("show-source"), Statistics: c.Bool("statistics"),
	}
	var errs [4]error
	o.format, errs[0] = a.format(c.String("format"), c.IsSet("format"))
	o.failOn, errs[1] = severity(c.String("fail-on"))
	o.color, errs[2] = a.color(c.String("color"))
	o.links = a.links(c.String("color"))
	o.outputs, errs[3] = outputs(o.dir, c.StringSlice("output"))
	return cmp.Or(errs[:]...)
}

// findOptions are those of findFlags.
func (a *app) findOptions(c *cli.Context) (lintOptions, error) {
	dir, err := a.getwd()
	if err != nil {
		return lintOptions{}, fmt.Errorf("finding the working directory: %w", err)
	}
	o := lintOptions{dir: dir, enabled: set(c.StringSlice("enable")), narrow: narrowFlag(c)}
	if file := c.String("catalog"); file != "" {
		o.catalog = absolute(dir, file)
	}
	var errs [7]error
	o.disabled, errs[0] = disabled(c.StringSlice("disable"), c.StringSlice("enable"))
	o.policies, errs[1] = a.policyOptions(c)
	o.build, errs[2] = a.buildOptions(c, dir)
	o.now, errs[3] = now(c.String("now"), c.IsSet("now"))
	o.configs, errs[4] = a.configs(c, dir)
	o.digests, errs[5] = pinOptionsOf(c, dir)
	o.required, errs[6] = requiredLevels(c)
	for _, err := range errs {
		if err != nil {
			return lintOptions{}, err
		}
	}
	if o.network, err = a.resolving(c, o.configs); err != nil {
		return lintOptions{}, err
	}
	if o.network != nil {
		o.configs.bundles.fetch = func() (*network, error) { return o.network, nil }
	}
	if o.network != nil && o.digests.locked {
		return lintOptions{}, usageError("--locked takes digests from the lock alone, and --resolve looks them up: give one of them")
	}
	return o, nil
}

// checkPaths refuses what would lint something else than was meant. An empty
// path is most often a variable without a value.
func checkPaths(paths []string, named bool, stdinName string) error {
	switch {
	case slices.Contains(paths, ""):
		return usageError("an argument is empty: name a file or a directory, or give no argument for the current directory")
	case named && stdinName == "":
		return usageError("--stdin-filename needs the name that standard input stands for")
	case named && !slices.Contains(paths, "-"):
		return usageError("--stdin-filename names standard input: add the path -")
	}
	return nil
}

// lint does what the command says: find, check, print, judge.
func (a *app) lint(c *cli.Context, o lintOptions) error {
	var unfixed failures
	if c.Bool("fix") {
		var err error
		if unfixed, err = a.fixFirst(c, o); err != nil {
			return err
		}
		if o, err = a.lintOptions(c); err != nil { // the config may be another one now
			return err
		}
	}
	run, err := a.check(c, o)
	if err != nil {
		return err
	}
	if err := o.replaced(run); err != nil {
		return err
	}
	run.failed = append(run.failed, unfixed...)
	if err := o.closeCache(); err != nil {
		run.failed = append(run.failed, err)
	}
	if err := a.hideKnown(c, o, run); err != nil {
		return err
	}
	return a.conclude(o, run.result, run.failed)
}

// conclude prints a result, and judges it.
func (a *app) conclude(o lintOptions, result *lint.Result, failed failures) error {
	// Of nothing checked there is no result: an empty one would read as clean.
	// Where all that was named is no Dockerfile, it is. The report of a shard says
	// itself what was not checked.
	if result.Summary.Files > 0 || len(failed) == 0 || result.Facts != nil {
		if err := a.write(o, result, failed); err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
	}
	if len(failed) > 0 {
		return failed
	}
	if o.failOn != 0 && graveCount(result.Summary, o.failOn) > 0 {
		return errFound
	}
	return nil
}

// search finds the Dockerfiles that a command line names.
func (a *app) search(c *cli.Context, configs *configs) (*search, error) {
	paths, file, name := c.Args().Slice(), c.String("file"), c.String("stdin-filename")
	named := paths
	if file != "" {
		named = []string{file}
	}
	if err := checkPaths(append(slices.Clone(paths), named...), c.IsSet("stdin-filename"), name); err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	s := newSearch(configs.dir)
	s.read = configs.listed.read
	s.excluded, s.forceExclude = configs.excludes, c.Bool("force-exclude")
	s.explicit = explicit{configs: configs, literal: file != "", everywhere: everywhere(c, configs.dir)}
	add := func(path string) {
		if path == "-" {
			s.addStdin(c.Context, a.stdin, name)
		} else {
			s.addPath(path)
		}
	}
	return s, s.addPaths(add, file, paths)
}

// graveCount counts the diagnostics of a severity and above, those of dry runs
// apart.
func graveCount(s lint.Summary, from lint.Severity) int {
	n := s.Errors
	if from <= lint.Warning {
		n += s.Warnings
	}
	if from <= lint.Info {
		n += s.Infos - s.DryRun
	}
	return n
}
