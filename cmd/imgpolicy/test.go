package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint/report"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/policytest"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

const testDescription = `Runs the unit tests of a Rego policy, *_test.rego in the directory PATH (not
below it) or the one file PATH, as docker buildx policy test does and with its
output. The policy is the Dockerfile's name with .rego, Dockerfile.rego, in the
current directory, which is also what the policy may read.

Nothing is fetched: a test is judged by the input it mocks, where Buildx shows
the decision about the real image. Tests of one name in different packages are
all run, where Buildx runs one of them. A test that cannot be evaluated does not
keep the others from running, and print() is shown.

Exit code 1 means that a test failed, 2 that something could not be tested.`

// testSuffix is the ending of files with tests.
const testSuffix = "_test.rego"

// errTestsFailed says that tests failed. They are printed already.
var errTestsFailed = errors.New("tests failed")

func (a *app) testCommand() *cli.Command {
	return &cli.Command{
		Name:        "test",
		Usage:       "run the unit tests of a Rego policy",
		ArgsUsage:   "[PATH]",
		Description: testDescription,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "filename", Value: "Dockerfile", Usage: "test the policy of the Dockerfile `NAME` (default:\nDockerfile)"},
			&cli.StringFlag{Name: "run", Usage: "run only tests with `TEXT` in their name"},
			&cli.StringFlag{Name: "format", Value: policytest.Formats()[0].Name, Usage: testFormatHelp()},
			&cli.BoolFlag{Name: "coverage", Usage: "tell which rules of the policy the tests found true and\nfalse"},
			&cli.BoolFlag{Name: "verbose", Usage: "show what tests that pass print, too"},
		},
		Action: func(c *cli.Context) error {
			format, err := testFormat(c.String("format"))
			switch {
			case err != nil:
				return err
			case c.NArg() > 1:
				return usageError("test takes one directory or file with tests")
			case c.String("filename") == "":
				return usageError("policy filename is required: --filename Dockerfile tests Dockerfile.rego")
			}
			return a.test(c, format)
		},
	}
}

func testFormat(name string) (policytest.Format, error) {
	for _, f := range policytest.Formats() {
		if f.Name == name {
			return f, nil
		}
	}
	return policytest.Format{}, unknown("format", name, testFormats())
}

// testFormats are the values of --format.
func testFormats() []string {
	var names []string
	for _, f := range policytest.Formats() {
		names = append(names, f.Name)
	}
	return names
}

func testFormatHelp() string {
	help := "print in this `FORMAT`:"
	for i, f := range policytest.Formats() {
		help += fmt.Sprintf("\n  %-6s  %s", f.Name, f.Summary)
		if i == 0 {
			help += " (default)"
		}
	}
	return help
}

// test runs the tests, and fails where one could not be evaluated: what is not
// tested is not clean.
func (a *app) test(c *cli.Context, format policytest.Format) error {
	dir, err := a.getwd()
	if err != nil {
		return fmt.Errorf("finding the working directory: %w", err)
	}
	where := c.Args().First()
	if where == "" {
		where = "."
	}
	main, err := testedPolicy(dir, c.String("filename"), where)
	if err != nil {
		return err
	}
	files, err := testFiles(dir, where)
	if err != nil {
		return err
	}
	// As a build reads: below the directory and through no link that leaves it.
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	report, err := policytest.Run(c.Context, main, files, root.FS(), policytest.Options{
		Run: c.String("run"), Coverage: c.Bool("coverage"), Rego: rego.Options{Verifier: a.signatures()},
	})
	if err != nil {
		return untested(err)
	}
	for _, t := range report.Ignored {
		fmt.Fprintf(a.stderr, "%s: warning: %s\n", programName, visible(fmt.Sprintf(
			"%s:%d: %s is not run, here or by Buildx, since its value is computed: write %[3]s if { … }", t.File, t.Line, t.Name)))
	}
	write := func(w io.Writer) error { return format.Write(w, report, c.Bool("verbose")) }
	if format.Name == policytest.Formats()[0].Name {
		err = a.forPeople(write)
	} else {
		err = harmless(a.stdout, format.Name, write)
	}
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	switch failed := failures(report.Errors()); {
	case failed != nil:
		return failed
	case report.Failed() > 0:
		return errTestsFailed
	default:
		return nil
	}
}

// harmless writes JSON or XML so that what tests and policies print in it does
// nothing to a terminal.
func harmless(w io.Writer, format string, write func(io.Writer) error) error {
	var text bytes.Buffer
	if err := write(&text); err != nil {
		return err
	}
	if format == "json" {
		return report.WriteArmoured(w, text.Bytes())
	}
	lines := strings.Split(text.String(), "\n")
	for i, line := range lines {
		lines[i] = report.Clean(line)
	}
	_, err := io.WriteString(w, strings.Join(lines, "\n"))
	return err
}

// untested says what to do about what does not compile.
func untested(err error) error {
	var bad *policy.LoadError
	if errors.As(err, &bad) {
		return fmt.Errorf("%w; correct it: no test was run", err)
	}
	return err
}

// testedPolicy reads the policy of a Dockerfile.
func testedPolicy(dir, filename, where string) (policy.File, error) {
	path := absolute(dir, filename+".rego")
	name := shownName(dir, path)
	text, err := readFile(path)
	if err != nil {
		what, hint := unreadableParts(name, err)
		beside := filepath.Join(where, filename)
		if _, err := os.Stat(absolute(dir, beside+".rego")); err == nil && beside != filename {
			hint = fmt.Sprintf("write --filename %s, or run it in %s", filepath.ToSlash(beside), filepath.ToSlash(where))
		} else if errors.Is(err, fs.ErrNotExist) {
			hint = "run it in the directory of the policy, and name the policy's Dockerfile with --filename"
		}
		return policy.File{}, failure{"read policy module " + name, what, hint}
	}
	return policy.File{Name: name, Text: text}, nil
}

func unreadableParts(name string, err error) (what, hint string) {
	var f failure
	if errors.As(unreadable(name, err), &f) {
		return f.what, f.hint
	}
	return err.Error(), ""
}

// testFiles reads the test files that a path names, sorted.
func testFiles(dir, where string) ([]policy.File, error) {
	path := absolute(dir, where)
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(shownName(dir, path), err)
	}
	paths := []string{path}
	if info.IsDir() {
		if paths, err = testsIn(dir, path); err != nil {
			return nil, err
		}
	} else if !strings.HasSuffix(path, testSuffix) {
		return nil, failure{shownName(dir, path), "test file must have _test.rego suffix", "rename it, or name the directory of the tests"}
	}
	files := make([]policy.File, 0, len(paths))
	for _, path := range paths {
		name := shownName(dir, path)
		text, err := readFile(path)
		if err != nil {
			return nil, unreadable(name, err)
		}
		files = append(files, policy.File{Name: name, Text: text})
	}
	return files, nil
}

func testsIn(dir, path string) ([]string, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, unreadable(shownName(dir, path), err)
	}
	var paths []string
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), testSuffix) {
			paths = append(paths, filepath.Join(path, e.Name()))
		}
	}
	if len(paths) == 0 {
		return nil, failure{shownName(dir, path), "no policy tests found", "name the directory that has the files *" + testSuffix + "; directories below it are not searched"}
	}
	return paths, nil
}
