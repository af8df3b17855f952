package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unicode"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/config"
)

// The exit codes, the same for every command and format.
const (
	exitClean     = 0
	exitFound     = 1 // diagnostics at or above --fail-on
	exitUnchecked = 2 // something could not be checked, which is never "clean"
)

// errFound says that there are diagnostics to fail on. They are printed
// already.
var errFound = errors.New("diagnostics at or above --fail-on")

// usageError is a command line that cannot be meant.
type usageError string

func (e usageError) Error() string { return string(e) }

// failures are the reasons why something could not be checked, in order.
type failures []error

func (f failures) Error() string { return errors.Join(f...).Error() }

// texts are the failures as they are printed.
func (f failures) texts() []string {
	out := make([]string, len(f))
	for i, err := range f {
		out[i] = visible(err.Error())
	}
	return out
}

// exitCode says what went wrong, one line for each failure, and with what code
// the program ends.
func (a *app) exitCode(err error) int {
	var all failures
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFound), errors.Is(err, errRefused), errors.Is(err, errDenied), errors.Is(err, errTestsFailed), errors.Is(err, errWouldFix), errors.Is(err, errStale):
		return exitFound
	case errors.Is(err, errEvaluation), leftAlone(err):
		return exitUnchecked
	case errors.Is(err, context.Canceled):
		all = failures{errors.New("interrupted: nothing was checked to the end")}
	case !errors.As(err, &all):
		all = failures{err}
	}
	for _, err := range all {
		fmt.Fprintf(a.stderr, "%s: %s\n", programName, visible(err.Error()))
	}
	return exitUnchecked
}

// leftAlone tells whether whoever read the output has gone, as head does: there is
// nobody to tell it. The path is the name that package os gives to standard output.
func leftAlone(err error) bool {
	var at *fs.PathError
	return errors.As(err, &at) && at.Path == "/dev/stdout" && errors.Is(at.Err, syscall.EPIPE)
}

// visible escapes what a file name or a policy could do to a terminal, or to a
// CI log that reads commands: GitHub's runner does at the start of lines, and
// anywhere in one for its old ##[…].
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return strings.ReplaceAll(b.String(), "##[", "# #[")
}

// The usage errors. Each says in one line what would have been right.

func unknown(what, got string, valid []string) error {
	if near := closest(got, valid); near != "" {
		return usageError(fmt.Sprintf("unknown %s %q: did you mean %q? (valid: %s)", what, got, near, strings.Join(valid, ", ")))
	}
	return usageError(fmt.Sprintf("unknown %s %q (valid: %s)", what, got, strings.Join(valid, ", ")))
}

func unknownCommand(program *cli.App, name string) error {
	names := commandNames(program.Commands)
	if closest(name, names) == "" && (isDockerfileName(name) || strings.ContainsAny(name, `./\`)) {
		return usageError(fmt.Sprintf("unknown command %q: to check a file, write %s lint %s", name, programName, name))
	}
	return unknown("command", name, names)
}

func unknownFlag(command *cli.Command, arg string) error {
	names := []string{"--help"}
	for _, f := range flagsOf(command) {
		names = append(names, "--"+f.Names()[0])
	}
	slices.Sort(names)
	return unknown("flag", arg, names)
}

// misplacedFlag says that a flag stands before the command that it belongs to,
// one of those under a group or of all.
func misplacedFlag(group commandPath, program *cli.App, arg string) error {
	name, _, _ := strings.Cut(arg, "=")
	var owner commandPath
	walk(program, func(p commandPath) {
		within := len(p) > len(group) && slices.Equal(p[:len(group)], group)
		if owner == nil && within && findFlag(p.last(), name) != nil {
			owner = p
		}
	})
	switch {
	case owner != nil:
		return usageError(fmt.Sprintf("%s belongs after the command: %s %s %[1]s", name, programName, owner))
	case len(group) > 0:
		return unknown("flag", name, []string{"--help"})
	default:
		return unknown("flag", name, []string{"--help", "--version"})
	}
}

func missingValue(arg string, f flagOf) error {
	name, _ := placeholder(f)
	return usageError(fmt.Sprintf("%s needs a value: %[1]s %s", arg, name))
}

func notDisabled(rule string) error {
	return usageError(fmt.Sprintf("rule %q cannot be disabled: what it reports was not checked at all", rule))
}

// The failures: what could not be checked, and what to do about it.

type failure struct {
	name string // of the file or directory, as shown
	what string
	hint string
}

func (f failure) Error() string {
	if f.hint == "" {
		return f.name + ": " + f.what
	}
	return f.name + ": " + f.what + "; " + f.hint
}

func noDockerfile(dir string) error {
	return failure{dir, "no Dockerfile found", "name the file itself if it is called neither Dockerfile nor Containerfile"}
}

// governsNothing says that a named file is neither a Dockerfile nor of use to
// one.
func governsNothing(name string) error {
	return failure{name, "is no Dockerfile, and its repository has none that it could be for", "name the Dockerfile with --file if it is one"}
}

// twoTexts says that a file is also what standard input is called: the output
// could not tell them apart.
func twoTexts(name string) error {
	return failure{name, "is the name of standard input, too", "lint one of them at a time"}
}

func notADockerfile(name string, mode fs.FileMode) error {
	return failure{name, notRegular(mode).Error(), "pipe its text into " + programName + " lint -"}
}

// unreadable explains why a file could not be read or judged.
func unreadable(name string, err error) error {
	var irregular notRegular
	var large tooLarge
	var pathError *fs.PathError
	switch {
	case errors.As(err, &large):
		return failure{name, large.Error(), "check that it is the file you mean"}
	case errors.As(err, &irregular):
		return failure{name, irregular.Error(), "put its text into one"}
	case !errors.As(err, &pathError):
		return failure{name: name, what: err.Error()}
	case errors.Is(err, fs.ErrNotExist):
		return failure{name, pathError.Err.Error(), "check the spelling and the directory you are in"}
	default:
		return failure{name, pathError.Err.Error(), "check the file and its permissions"}
	}
}

func unknownLanguage(name string) error {
	return failure{"policy " + name, "has no ending that tells its language", "an image policy is a .json or .yaml file, a build policy a .rego file"}
}

// lockedRule says that a flag asks for what a config forbids.
func lockedRule(id string, at config.Place, what string) error {
	return usageError(fmt.Sprintf("rule %s is locked by %s: no flag %s", id, at, what))
}

// governedRule says that a rule by which a level judges is not for a flag to
// loosen.
func governedRule(id string, levels *lint.Levels) error {
	return usageError(fmt.Sprintf("rule %s is that of the %s: no flag switches it off or lowers it; an exception of a level waives what it finds", id, levels.Floors[id].By))
}

// badPolicy says that a policy does not load.
func badPolicy(err error) error {
	return fmt.Errorf("policy %w; correct it: nothing it rules was checked", err)
}

// uncheckedFiles are the failures of the linter. A policy that does not load is
// told once, however many Dockerfiles it is in force for.
func uncheckedFiles(unchecked []lint.Failure) failures {
	var all failures
	told := map[string]bool{}
	for _, f := range unchecked {
		var bad *policyError
		switch {
		case !errors.As(f.Err, &bad):
			all = append(all, unreadable(f.Place(), f.Err))
		default:
			for _, err := range bad.all() {
				if !told[err.Error()] {
					told[err.Error()] = true
					all = append(all, err)
				}
			}
		}
	}
	return all
}
