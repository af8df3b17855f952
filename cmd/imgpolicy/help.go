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
			if c.NArg() == 0 {
				return writeHelp(a.stdout, c.App)
			}
			if c.NArg() > 1 {
				return usageError("help takes one command")
			}
			command := c.App.Command(c.Args().First())
			if command == nil {
				return unknown("command", c.Args().First(), commandNames(c.App))
			}
			return writeCommandHelp(a.stdout, command)
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
	for _, c := range program.Commands {
		fmt.Fprintf(&b, "  %-8s %s\n", c.Name, c.Usage)
	}
	fmt.Fprintf(&b, "\n%s\nRun \"%s help COMMAND\" for the flags of a command.\n", exitCodeHelp, program.Name)
	return writeAll(w, b.String())
}

// writeCommandHelp writes the help of a command.
func writeCommandHelp(w io.Writer, command *cli.Command) error {
	var b strings.Builder
	flags := flagsOf(command)
	usage := []string{programName, command.Name}
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

func commandNames(program *cli.App) []string {
	names := make([]string, len(program.Commands))
	for i, c := range program.Commands {
		names[i] = c.Name
	}
	return names
}
