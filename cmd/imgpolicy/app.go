package main

import (
	"context"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/regex"
	"github.com/imgpolicy/imgpolicy/policy/rego"
	"github.com/imgpolicy/imgpolicy/policy/sigstore"
)

const programName = "imgpolicy"

// app is the program without the process around it: all it may know of the
// world is in these fields, so that a test can run it in process.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	lookupEnv      func(string) (string, bool)
	environ        func() []string // what commands run with; nil for nothing
	getwd          func() (string, error)
	net            *network // made when it is first needed, closed by run
	signing        *signatures
	// trusted is what signatures are trusted by, and github the URL of GitHub's
	// API: nil and "" for the public ones.
	trusted sigstore.Roots
	github  string
	// machine is the path of the policy of the machine, "" for none.
	machine string

	terminal    bool // stdout is one
	width       int  // of the terminal in columns, 0 where it is not known
	errTerminal bool // stderr is a terminal
}

// getenv is the value of an environment variable, "" where it is not set.
func (a *app) getenv(name string) string {
	value, _ := a.lookupEnv(name)
	return value
}

// commands are the subcommands, in the order of the help.
func (a *app) commands() []*cli.Command {
	return []*cli.Command{
		a.lintCommand(),
		a.fixCommand(),
		a.baselineCommand(),
		a.lockCommand(),
		a.inputsCommand(),
		a.explainCommand(),
		a.evalCommand(),
		a.testCommand(),
		a.initCommand(),
		a.approveCommand(),
		a.catalogCommand(),
		a.policyCommand(),
		a.reportCommand(),
		a.mergeCommand(),
		a.configCommand(),
		a.exportCommand(),
		a.authzCommand(),
		a.schemaCommand(),
		a.rulesCommand(),
		a.completionCommand(),
		a.manCommand(),
		a.versionCommand(),
		a.helpCommand(),
	}
}

// languages are the policy languages; the first that matches a file's name
// reads it.
func languages(opt rego.Options) []policy.Language {
	return []policy.Language{regex.Language(regex.Options{OtherKeys: config.OtherKeys()}), rego.Language(opt)}
}

// run runs the program with the arguments after its name and returns the exit
// code.
func (a *app) run(ctx context.Context, args []string) int {
	program := a.program()
	if len(args) == 0 {
		// Nobody asked for help, so it is the answer to a mistake: a script
		// whose arguments got lost must not look checked.
		writeHelp(a.stderr, program)
		return exitUnchecked
	}
	args, err := arrange(program, args)
	if err == nil {
		err = program.RunContext(ctx, append([]string{programName}, args...))
		err = a.net.end(err)
	}
	return a.exitCode(err)
}

// program hands the commands to urfave/cli, with everything switched off that
// prints or exits by itself: the library's defaults write usage errors to
// stdout and leave through a global.
func (a *app) program() *cli.App {
	usage := func(_ *cli.Context, err error, _ bool) error { return usageError(err.Error()) }
	program := &cli.App{
		Name:     programName,
		Usage:    "check what Dockerfiles fetch, before a build does",
		Commands: a.commands(),
		Reader:   a.stdin, Writer: a.stdout, ErrWriter: a.stderr,
		HideHelp: true, HideVersion: true,
		DisableSliceFlagSeparator: true, // a comma belongs to the value
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              usage,
	}
	walk(program, func(p commandPath) {
		p.last().HideHelp = true      // arrange takes --help out first
		p.last().OnUsageError = usage // the App's does not reach its commands
	})
	return program
}
