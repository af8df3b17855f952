package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// commandPath is a command with those that it is a subcommand of, the outermost
// first. Without any it is the program itself.
type commandPath []*cli.Command

func (p commandPath) last() *cli.Command { return p[len(p)-1] }

// names are the words that call the command.
func (p commandPath) names() []string {
	names := make([]string, len(p))
	for i, c := range p {
		names[i] = c.Name
	}
	return names
}

// String is how the command is called, after the program's name.
func (p commandPath) String() string { return strings.Join(p.names(), " ") }

// under are the subcommands of a command, or the commands of the program.
func (p commandPath) under(program *cli.App) []*cli.Command {
	if len(p) == 0 {
		return program.Commands
	}
	return p.last().Subcommands
}

// group tells that the command is called with one of its subcommands and does
// nothing by itself.
func (p commandPath) group() bool { return len(p) > 0 && len(p.last().Subcommands) > 0 }

// find follows the first words of args down to a command, and returns the rest
// of them: those of a command that is none of a group, or those from where no
// command has such a name.
func (p commandPath) find(program *cli.App, args []string) (commandPath, []string) {
	for len(args) > 0 {
		c := named(p.under(program), args[0])
		if c == nil {
			break
		}
		p, args = append(p[:len(p):len(p)], c), args[1:]
	}
	return p, args
}

func named(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

// walk calls visit for every command of a program, groups before what is in
// them.
func walk(program *cli.App, visit func(commandPath)) {
	var under func(commandPath)
	under = func(p commandPath) {
		for _, c := range p.under(program) {
			inner := append(p[:len(p):len(p)], c)
			visit(inner)
			under(inner)
		}
	}
	under(nil)
}

// unknownSubcommand says that a group has no such command.
func unknownSubcommand(p commandPath, program *cli.App, name string) error {
	return unknown(p.String()+" command", name, commandNames(p.under(program)))
}

// missingSubcommand says that a group was called by itself.
func missingSubcommand(p commandPath, program *cli.App) error {
	names := commandNames(p.under(program))
	return usageError(fmt.Sprintf("%s needs a command: %s %[1]s %[3]s", p, programName, strings.Join(names, "|")))
}
