package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint/export"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

const exportDescription = `Writes what lint says about images, downloads and git remotes into the directory DIR
in the form of a program that enforces it. The levels are those of the config in
force for the current directory, or of --config, with their catalogs.

What a form cannot express stands in its comments, or in FILE.limits.md beside a
file that has none, and is told on stderr. Forms that know no dates hold as of the
day of the export: export again at least as often as something expires.

--check writes nothing. It asks the files that are in DIR about every reference of
the catalogs and others near to them, and ends with 1 where lint says something
else today.

The forms are:
`

// errStale says that an export and lint do not agree. What about is printed
// already.
var errStale = fmt.Errorf("an export and lint do not agree")

func (a *app) exportCommand() *cli.Command {
	return &cli.Command{
		Name:        "export",
		Usage:       "write what lint says in a form that other programs enforce",
		ArgsUsage:   "DIR",
		Description: exportDescription + describedForms(),
		Flags: slices.Concat([]cli.Flag{
			&cli.StringFlag{Name: "to", Usage: "write this `FORM`: " + strings.ReplaceAll(strings.Join(formNames(), ", "), "hosts-toml, ", "hosts-toml,\n")},
			&cli.StringFlag{Name: "level", Usage: "of forms with a file for each level write that of this\n`LEVEL` alone, such as program or program=payments"},
			&cli.BoolFlag{Name: "check", Usage: "compare the files in DIR with what lint says today"},
			&cli.BoolFlag{Name: "force", Usage: "replace files that " + programName + " has not written"},
			&cli.StringFlag{Name: "now", Usage: "judge dates as on this `DATE`, such as 2027-03-31, and\nnot as today"},
		}, configFlags(), levelFlags()),
		Action: func(c *cli.Context) error {
			e, err := a.exporting(c)
			if err != nil {
				return err
			}
			if c.Bool("check") {
				return a.checkExport(c.Context, e)
			}
			return a.export(e)
		},
	}
}

// describedForms are the forms as the help lists them.
func describedForms() string {
	var b strings.Builder
	for i, f := range export.Forms() {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "  %-24s %s", f.Name, f.Summary)
	}
	return b.String()
}

func formNames() []string {
	var names []string
	for _, f := range export.Forms() {
		names = append(names, f.Name)
	}
	return names
}

// exporting is one run of export.
type exporting struct {
	dir    string // the working directory
	target string // that of the files
	force  bool
	form   *export.Form
	policy *export.Policy
}

func (a *app) exporting(c *cli.Context) (*exporting, error) {
	if err := checkPaths(c.Args().Slice(), false, ""); err != nil {
		return nil, err
	}
	if c.NArg() != 1 {
		return nil, usageError("export needs the directory to write into: " + programName + " export --to FORM DIR")
	}
	if err := checkLevels(c); err != nil {
		return nil, err
	}
	e := &exporting{force: c.Bool("force")}
	for _, f := range export.Forms() {
		if f.Name == c.String("to") {
			e.form = f
		}
	}
	switch {
	case c.String("to") == "":
		return nil, usageError("export needs a form: --to " + strings.Join(formNames(), "|"))
	case e.form == nil:
		return nil, unknown("form", c.String("to"), formNames())
	case c.String("level") != "" && !e.form.ByLevel():
		return nil, usageError("--level chooses among the files of rego, and " + e.form.Name + " is one policy for all levels")
	}
	var err error
	if err = a.readExported(c, e); err != nil {
		return nil, err
	}
	if !e.policy.Says() {
		return nil, usageError("there is nothing to export: no config in force here has a catalog, lists, registries or hosts; name one with --config")
	}
	e.policy.Chosen, err = chosenLevels(e.policy, c.String("level"))
	return e, err
}

// readExported reads what is in force, as lint does for a Dockerfile that no policy
// stands beside.
func (a *app) readExported(c *cli.Context, e *exporting) error {
	dir, err := a.getwd()
	if err != nil {
		return fmt.Errorf("finding the working directory: %w", err)
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
			return err
		}
	}
	e.dir, e.target = dir, absolute(dir, c.Args().First())
	folder := dir
	if o.configs.given != "" {
		folder = filepath.Dir(o.configs.given)
	}
	const name = "<stdin>" // which has no build policy beside it
	settings, err := o.settings(&search{paths: map[string]string{name: filepath.Join(folder, "Dockerfile")}}).of(name)
	if err != nil {
		return err
	}
	e.policy = export.From(c.Context, *settings, rules.All(), catalog.DateOf(o.now))
	return nil
}

// checkLevels refuses flags that can name no level.
func checkLevels(c *cli.Context) error {
	if rank, _, _ := strings.Cut(c.String("level"), "="); rank != "" {
		if _, err := level.ParseRank(rank); err != nil {
			return usageError(fmt.Sprintf("--level %q is %v; write LEVEL or LEVEL=NAME", c.String("level"), err))
		}
	}
	_, err := requiredLevels(c)
	return err
}

// chosenLevels are the indexes of the levels that --level names, nil for all.
func chosenLevels(p *export.Policy, text string) ([]int, error) {
	if text == "" {
		return nil, nil
	}
	rank, name, named := strings.Cut(text, "=")
	var chosen []int
	var have []string
	for i, l := range p.Levels {
		if l.Rank != level.Unranked {
			have = append(have, strings.Replace(l.Title(), " ", "=", 1))
		}
		if l.Rank.String() == rank && (!named || l.Name == name) {
			chosen = append(chosen, i)
		}
	}
	switch {
	case len(have) == 0:
		return nil, usageError("--level " + text + ": the config in force here is below no level")
	case chosen == nil:
		return nil, usageError(fmt.Sprintf("--level %s: the config in force here is below no such level (there are %s)", text, strings.Join(have, ", ")))
	}
	return chosen, nil
}

// export writes the files.
func (a *app) export(e *exporting) error {
	out, err := e.form.Export(e.policy)
	if err != nil {
		return fmt.Errorf("--to %s: %w", e.form.Name, err)
	}
	for _, f := range out.Files {
		if err := e.mayReplace(f); err != nil {
			return err
		}
	}
	written := 0
	for _, f := range out.Files {
		path := e.path(f.Name)
		if old, err := readFileOf(path, catalog.MaxText); err == nil && string(old) == string(f.Text) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return fmt.Errorf("making the directory of %s: %w", shownName(e.dir, path), err)
		}
		err := writeFile(path, func(w io.Writer) error {
			_, err := w.Write(f.Text)
			return err
		})
		if err != nil {
			return fmt.Errorf("writing %s: %w", shownName(e.dir, path), err)
		}
		written++
	}
	return a.tellExport(e, out, written)
}

func (e *exporting) path(name string) string {
	return filepath.Join(e.target, filepath.FromSlash(name))
}

// mayReplace refuses a file that is no export, unless it is to be replaced. What
// a link leads to may be anything, and is not.
func (e *exporting) mayReplace(f export.File) error {
	path := e.path(f.Name)
	name := shownName(e.dir, path)
	info, err := os.Lstat(path)
	switch {
	case os.IsNotExist(err):
		return nil
	case err != nil:
		return unreadable(name, err)
	case !info.Mode().IsRegular():
		return failure{name, "is no regular file", "remove it first"}
	case e.force:
		return nil
	}
	for _, path := range []string{path, path + export.Limits} {
		if text, err := readFileOf(path, catalog.MaxText); err == nil && strings.Contains(string(text[:min(len(text), 1024)]), export.Mark) {
			return nil
		}
	}
	return failure{name, "exists already, and is no export", "--force replaces it"}
}

// tellExport says what was written, and on stderr what it cannot express.
func (a *app) tellExport(e *exporting, out *export.Export, written int) error {
	err := a.forPeople(func(w io.Writer) error {
		for _, f := range out.Files {
			if _, err := fmt.Fprintln(w, shownName(e.dir, e.path(f.Name))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	a.say("%s written, %d as they were; what %s cannot express:", countOf(written, "file", "files"), len(out.Files)-written, e.form.Name)
	for _, l := range out.Limits {
		a.say("- %s", l)
	}
	return nil
}

// checkExport compares the files that are there with lint.
func (a *app) checkExport(ctx context.Context, e *exporting) error {
	if !e.form.Checkable() {
		return usageError(fmt.Sprintf("--check cannot run what %s is for: only the program that reads it can (%s can be checked)", e.form.Name, strings.Join(checkable(), ", ")))
	}
	fresh, err := e.form.Export(e.policy)
	if err != nil {
		return fmt.Errorf("--to %s: %w", e.form.Name, err)
	}
	var names []string
	for _, f := range fresh.Files {
		names = append(names, f.Name)
		if _, err := os.Stat(e.path(f.Name)); err != nil {
			return failure{shownName(e.dir, e.path(f.Name)), "is not there, so there is nothing to check", "export without --check first"}
		}
	}
	differences, asked, err := e.form.Check(ctx, e.policy, os.DirFS(e.target), names)
	if err != nil {
		return fmt.Errorf("checking %s: %w", shownName(e.dir, e.target), err)
	}
	err = a.forPeople(func(w io.Writer) error {
		for _, d := range differences {
			if _, err := fmt.Fprintln(w, visible(d.String())); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	a.say("%s asked about, lint and the export differ on %d", countOf(asked, "reference", "references"), len(differences))
	if len(differences) > 0 {
		return errStale
	}
	return nil
}

func checkable() []string {
	var names []string
	for _, f := range export.Forms() {
		if f.Checkable() {
			names = append(names, f.Name)
		}
	}
	return names
}
