package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"
)

// helpCommand shows help. arrange turns every --help into a call of it, so that
// help looks the same however it is asked for.
func (a *app) helpCommand() *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "show this help, or that of a command",
		ArgsUsage: "[COMMAND]",
		Action: func(c *cli.Context) error {
			command, rest := commandPath(nil).find(c.App, c.Args().Slice())
			switch {
			case len(rest) == 0 && len(command) == 0:
				return writeHelp(a.stdout, c.App)
			case len(rest) == 0:
				return writeCommandHelp(a.stdout, command)
			case len(command) == 0:
				return unknown("command", rest[0], commandNames(c.App.Commands))
			case command.group():
				return unknownSubcommand(command, c.App, rest[0])
			default:
				return usageError("help takes one command")
			}
		},
	}
}

const exitCodeHelp = `Exit codes:
  0  clean
  1  diagnostics at or above --fail-on
  2  could not check: a wrong flag, an unreadable file, no Dockerfile, a bad policy
`

// writeHelp writes the help of the program.
func writeHelp(w io.Writer, program *cli.App) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\nUsage: %[1]s COMMAND [FLAGS] [ARGUMENTS]\n\nCommands:\n", program.Name, program.Usage)
	writeCommands(&b, program.Commands)
	fmt.Fprintf(&b, "\n%s\nRun \"%s help COMMAND\" for the flags of a command.\n", exitCodeHelp, program.Name)
	return writeAll(w, b.String())
}

// writeCommands writes what each of the commands is for.
func writeCommands(w io.Writer, commands []*cli.Command) {
	width := 0
	for _, c := range commands {
		width = max(width, len(c.Name))
	}
	for _, c := range commands {
		fmt.Fprintf(w, "  %-*s  %s\n", width, c.Name, c.Usage)
	}
}

// writeCommandHelp writes the help of a command, or of a group of them.
func writeCommandHelp(w io.Writer, path commandPath) error {
	var b strings.Builder
	command, flags := path.last(), flagsOf(path.last())
	usage := append([]string{programName}, path.names()...)
	if path.group() {
		usage = append(usage, "COMMAND [FLAGS] [ARGUMENTS]")
	}
	if len(flags) > 0 {
		usage = append(usage, "[FLAGS]")
	}
	if command.ArgsUsage != "" {
		usage = append(usage, command.ArgsUsage)
	}
	fmt.Fprintf(&b, "%s\n\nUsage: %s\n", capital(command.Usage), strings.Join(usage, " "))
	if command.Description != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(command.Description))
	}
	if path.group() {
		fmt.Fprint(&b, "\nCommands:\n")
		writeCommands(&b, command.Subcommands)
		fmt.Fprintf(&b, "\nRun \"%s help %s COMMAND\" for the flags of a command.\n", programName, path)
	}
	if len(flags) > 0 {
		fmt.Fprint(&b, "\nFlags:\n")
		writeFlags(&b, flags)
	}
	return writeAll(w, b.String())
}

func writeAll(w io.Writer, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("writing the help: %w", err)
	}
	return nil
}

func writeFlags(w io.Writer, flags []flagOf) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range flags {
		short := "   "
		if names := f.Names(); len(names) > 1 {
			short = "-" + names[1] + ","
		}
		placeholder, usage := placeholder(f)
		long := strings.TrimSpace("--" + f.Names()[0] + " " + placeholder)
		for i, line := range strings.Split(usage, "\n") {
			if i > 0 {
				short, long = "", ""
			}
			fmt.Fprintf(table, "  %3s %s\t%s\n", short, long, line)
		}
	}
	table.Flush()
}

// placeholder takes the word between backquotes out of a flag's usage: the name
// of its value.
func placeholder(f flagOf) (name, usage string) {
	before, rest, _ := strings.Cut(f.GetUsage(), "`")
	name, after, ok := strings.Cut(rest, "`")
	if !ok {
		return "", f.GetUsage()
	}
	return name, before + name + after
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func commandNames(commands []*cli.Command) []string {
	names := make([]string, len(commands))
	for i, c := range commands {
		names[i] = c.Name
	}
	return names
}
