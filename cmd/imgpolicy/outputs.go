package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/report"
)

// output is a file that a run writes besides what it prints.
type output struct {
	format report.Format
	file   string
}

// outputFlags are the flags about what is printed and written.
func outputFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "format", Usage: formatHelp()},
		&cli.StringSliceFlag{Name: "output", Usage: "write `FORMAT=FILE` besides what is printed; repeat for more"},
		&cli.BoolFlag{Name: "show-source", Value: true, Usage: "show the lines in question in text (default);\n--show-source=false does not"},
		&cli.BoolFlag{Name: "statistics", Usage: "end the text with how often each rule found something"},
	}
}

// outputs reads --output. Two reports in one file would leave only the last.
func outputs(dir string, args []string) ([]output, error) {
	var all []output
	for _, arg := range args {
		name, file, ok := strings.Cut(arg, "=")
		if !ok || file == "" {
			return nil, usageError(fmt.Sprintf("--output %q names no file: write FORMAT=FILE, such as sarif=imgpolicy.sarif", arg))
		}
		format, err := findFormat(name)
		if err != nil {
			return nil, err
		}
		if file == "-" {
			return nil, usageError("--output writes files: --format " + name + " prints")
		}
		same := func(o output) bool { return target(absolute(dir, o.file)) == target(absolute(dir, file)) }
		if slices.ContainsFunc(all, same) {
			return nil, usageError(fmt.Sprintf("--output names %s twice", file))
		}
		all = append(all, output{format, file})
	}
	return all, nil
}

// lineHashes tells whether a format of the run shows them.
func (o *lintOptions) lineHashes() bool {
	return o.format.LineHashes || slices.ContainsFunc(o.outputs, func(out output) bool { return out.format.LineHashes })
}

// frames tells whether a format of the run shows them, or one of a later run may.
func (o *lintOptions) frames() bool {
	return o.format.Frames || o.cache != nil || o.shard != (shard{}) ||
		slices.ContainsFunc(o.outputs, func(out output) bool { return out.format.Frames })
}

// write prints the result and writes it to the files asked for. failed is what
// could not be checked.
func (a *app) write(o lintOptions, result *lint.Result, failed failures) error {
	options := o.report
	options.Version, options.CodeScanning = moduleVersion(), a.onGitHub()
	options.Failures = failed.texts()
	for _, out := range o.outputs {
		if err := a.writeOutput(out, result, a.rooted(options, out.format, o.dir), o.dir); err != nil {
			return err
		}
	}
	options = a.rooted(options, o.format, o.dir)
	options.Color, options.Runner = o.color, a.onGitHub()
	options.Width, options.ASCII, options.Links = a.width, a.ascii(), o.links
	summary, err := a.stepSummary(o, &options)
	if err != nil {
		return err
	}
	err = o.format.Write(a.stdout, result, options)
	if summary == nil {
		return err
	}
	if closing := summary.Close(); err == nil {
		err = closing
	}
	return err
}

// rooted tells a format from where to name files: the root of the repository, as
// code scanning and GitLab do. Annotations name them from the workspace of the
// job, and so does everything where there is no repository around dir.
func (a *app) rooted(options report.Options, format report.Format, dir string) report.Options {
	root, ok := repositoryRoot(dir)
	workspace := a.getenv("GITHUB_WORKSPACE")
	if a.onGitHub() && workspace != "" && (!ok || format.Name == "github") {
		root, ok = absolute(dir, workspace), true
	}
	if !ok {
		return options
	}
	options.Root, options.Dir = filepath.ToSlash(root), shownName(root, dir)
	if real, err := filepath.EvalSymlinks(root); err == nil && strings.HasPrefix(options.Dir, "../") {
		// Either path may lead through a link.
		if there, err := filepath.EvalSymlinks(dir); err == nil {
			options.Root, options.Dir = filepath.ToSlash(real), shownName(real, there)
		}
	}
	return options
}

// forPeople prints what is not for programs. On a runner of GitHub Actions no
// text of a policy or a Dockerfile in it may be taken for a command.
func (a *app) forPeople(write func(io.Writer) error) error { return a.guarded(a.stdout, write) }

// guarded is forPeople on stdout or stderr: a runner reads both.
func (a *app) guarded(w io.Writer, write func(io.Writer) error) error {
	if !a.onGitHub() {
		return write(w)
	}
	var text bytes.Buffer
	if err := write(&text); err != nil {
		return err
	}
	_, err := io.WriteString(w, report.Guarded(text.String(), ""))
	return err
}

// stepSummary opens the file that GitHub Actions shows on a run's page, where
// the format is the one for it.
func (a *app) stepSummary(o lintOptions, options *report.Options) (io.Closer, error) {
	name := a.getenv("GITHUB_STEP_SUMMARY")
	if o.format.Name != "github" || !options.Runner || name == "" {
		return nil, nil
	}
	file, err := os.OpenFile(absolute(o.dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, fmt.Errorf("the job summary: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("the job summary: %w", err)
	}
	options.Summary, options.SummaryUsed = file, int(info.Size())
	return file, nil
}

// moduleVersion is the version of the program, as Go recorded it.
func moduleVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return ""
}
