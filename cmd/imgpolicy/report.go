package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/estate"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

const reportDescription = `Says what all the Dockerfiles below some directories use together: which images, in
which versions and from which registries, on which operating systems as scanners found
them, and how each stands with the catalog of approved images where one is in force.

An image in more versions than --max-versions is a warning, version-sprawl.`

func (a *app) reportCommand() *cli.Command {
	return &cli.Command{
		Name: "report", Usage: "say what an estate of Dockerfiles uses", ArgsUsage: "DIR...", Description: reportDescription,
		Flags: slices.Concat([]cli.Flag{
			&cli.StringFlag{Name: "format", Value: "text", Usage: estateFormatHelp()},
			&cli.StringSliceFlag{Name: "output", Usage: "write `FORMAT=FILE` besides what is printed; repeat for more"},
			&cli.IntFlag{Name: "max-versions", Value: 3, Usage: "how many versions of an image are good: `NUMBER`, 3 where\nnot given, or 0 for any"},
			&cli.StringFlag{Name: "fail-on", Value: "error", Usage: "exit with 1 from this `SEVERITY` on: error (default),\nwarning, info, or never"},
			&cli.StringFlag{Name: "now", Usage: "judge dates as on this `DATE`, such as 2027-03-31, and not\nas today"},
		}, configFlags(), levelFlags()),
		Action: a.report,
	}
}

// estateFormats are the values of report --format.
func estateFormats() []string {
	var names []string
	for _, f := range estate.Formats() {
		names = append(names, f.Name)
	}
	return names
}

func estateFormatHelp() string {
	help := "print in this `FORMAT`:"
	for i, f := range estate.Formats() {
		help += fmt.Sprintf("\n  %-5s  %s", f.Name, f.Summary)
		if i == 0 {
			help += " (default)"
		}
	}
	return help
}

func estateFormat(name string) (estate.Format, error) {
	for _, f := range estate.Formats() {
		if f.Name == name {
			return f, nil
		}
	}
	return estate.Format{}, unknown("format", name, estateFormats())
}

// estateOutput is a file that report writes.
type estateOutput struct {
	format estate.Format
	file   string
}

func estateOutputs(args []string) ([]estateOutput, error) {
	var all []estateOutput
	for _, arg := range args {
		name, file, ok := strings.Cut(arg, "=")
		if !ok || file == "" || file == "-" {
			return nil, usageError(fmt.Sprintf("--output %q names no file: write FORMAT=FILE, such as html=images.html", arg))
		}
		format, err := estateFormat(name)
		if err != nil {
			return nil, err
		}
		all = append(all, estateOutput{format, file})
	}
	return all, nil
}

func (a *app) report(c *cli.Context) error {
	format, err := estateFormat(c.String("format"))
	if err != nil {
		return err
	}
	failOn, err := severity(c.String("fail-on"))
	if err != nil {
		return err
	}
	outputs, err := estateOutputs(c.StringSlice("output"))
	if err != nil {
		return err
	}
	o, err := a.estateOptions(c)
	if err != nil {
		return err
	}
	if c.Int("max-versions") < 0 {
		return usageError("--max-versions is a number, 0 for any")
	}
	found, err := a.search(c, o.configs)
	if err != nil {
		return err
	}
	if found.stdin != "" {
		return usageError("a report is about directories, and standard input is none")
	}
	survey, failed := surveyed(o, found)
	e := survey.Estate(o.now.UTC().Format("2006-01-02"), c.Int("max-versions"))
	if e.Files > 0 || len(failed) == 0 {
		if err := a.writeEstate(o.dir, e, format, outputs); err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
	}
	switch {
	case len(failed) > 0:
		return failed
	case failOn != 0 && failOn <= lint.Warning && len(e.Sprawl) > 0:
		return errFound
	}
	return nil
}

// estateOptions are those of lint that a report goes by.
func (a *app) estateOptions(c *cli.Context) (lintOptions, error) {
	dir, err := a.getwd()
	if err != nil {
		return lintOptions{}, fmt.Errorf("finding the working directory: %w", err)
	}
	o := lintOptions{dir: dir, disabled: map[string]bool{}, enabled: map[string]bool{}}
	if file := c.String("catalog"); file != "" {
		o.catalog = absolute(dir, file)
	}
	var errs [3]error
	o.now, errs[0] = now(c.String("now"), c.IsSet("now"))
	o.configs, errs[1] = a.configs(c, dir)
	o.required, errs[2] = requiredLevels(c)
	for _, err := range errs {
		if err != nil {
			return lintOptions{}, err
		}
	}
	return o, nil
}

// surveyed is what the files that were found use. What cannot be read is no part of
// it, and the report not complete.
func surveyed(o lintOptions, found *search) (*estate.Survey, failures) {
	survey := new(estate.Survey)
	settings := o.settings(found)
	failed := found.failed
	for _, file := range found.files {
		text, err := file.Read()
		if err != nil {
			failed = append(failed, lint.Failure{File: file.Name, Err: err})
			continue
		}
		chain, err := o.configs.of(filepath.Dir(found.paths[file.Name]))
		if err != nil {
			failed = append(failed, err)
			continue
		}
		levels, err := settings.levels.of(chain)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		f := dockerfile.Parse(file.Name, text)
		var builds []*dockerfile.Resolution
		for _, build := range o.build.builds(chain.For(found.paths[file.Name])) {
			builds = append(builds, f.Resolve(build))
		}
		if builds == nil {
			builds = append(builds, f.Resolve(dockerfile.Options{}))
		}
		var judge *approval.Judge
		if levels != nil {
			judge = levels.Judge
		}
		survey.Add(f, builds, judge)
	}
	return survey, failed
}

func (a *app) writeEstate(dir string, e *estate.Estate, format estate.Format, outputs []estateOutput) error {
	for _, out := range outputs {
		if err := writeFile(absolute(dir, out.file), func(w io.Writer) error { return out.format.Write(w, e) }); err != nil {
			return err
		}
	}
	write := func(w io.Writer) error { return format.Write(w, e) }
	if format.Name == "text" {
		return a.forPeople(write)
	}
	return write(a.stdout)
}
