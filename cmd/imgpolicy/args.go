package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// arrange puts the arguments into the one order urfave/cli reads as people mean
// them: command, subcommand, flags, "--", paths. The library takes everything
// after the first path for a path, so that `lint Dockerfile --format json` would
// silently ignore the format. What the program does not know is refused here,
// with the nearest name it knows.
func arrange(program *cli.App, args []string) ([]string, error) {
	switch name := args[0]; {
	case isHelp(name):
		return []string{"help"}, nil
	case name == "--version" || name == "-v":
		return []string{"version"}, nil
	case isFlag(name):
		return nil, misplacedFlag(nil, program, name)
	}
	command, rest := commandPath(nil).find(program, args)
	switch {
	case len(command) == 0:
		return nil, unknownCommand(program, args[0])
	case command.group():
		return arrangeGroup(command, program, rest)
	}
	flags, paths, err := split(command.last(), rest)
	switch {
	case err != nil:
		return nil, err
	case slices.Contains(flags, helpWanted):
		return append([]string{"help"}, command.names()...), nil
	}
	return slices.Concat(command.names(), flags, []string{"--"}, paths), nil
}

// arrangeGroup is arrange for a command whose subcommand is missing: all that it
// can do by itself is to show its help.
func arrangeGroup(command commandPath, program *cli.App, rest []string) ([]string, error) {
	switch {
	case len(rest) == 0:
		return nil, missingSubcommand(command, program)
	case isHelp(rest[0]):
		return append([]string{"help"}, command.names()...), nil
	case isFlag(rest[0]):
		return nil, misplacedFlag(command, program, rest[0])
	}
	return nil, unknownSubcommand(command, program, rest[0])
}

// helpWanted stands for a request for help among the flags split returns.
const helpWanted = "--help"

// split separates flags from paths. Flags come back in their long form with
// their value attached, and are all known to the command.
func split(command *cli.Command, args []string) (flags, paths []string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return flags, append(paths, args...), nil
		case isHelp(arg):
			flags = append(flags, helpWanted)
			continue
		case !isFlag(arg):
			paths = append(paths, arg)
			continue
		}
		name, value, attached := strings.Cut(arg, "=")
		flag := findFlag(command, name)
		switch {
		case flag == nil:
			return nil, nil, unknownFlag(command, name)
		case attached || !flag.TakesValue():
		case len(args) == 0:
			return nil, nil, missingValue(name, flag)
		default:
			value, args, attached = args[0], args[1:], true
		}
		long := "--" + flag.Names()[0]
		if attached {
			long += "=" + value
		}
		flags = append(flags, long)
	}
	return flags, paths, nil
}

// isFlag tells a flag from a path; a single dash is the path of standard input.
func isFlag(arg string) bool { return len(arg) > 1 && arg[0] == '-' }

func isHelp(arg string) bool { return arg == "--help" || arg == "-h" || arg == "-help" }

// flagOf is a flag with what its help is made from.
type flagOf interface {
	cli.Flag
	cli.DocGenerationFlag
}

// flagsOf are the flags of a command, in the order of its help.
func flagsOf(command *cli.Command) []flagOf {
	var flags []flagOf
	for _, f := range command.Flags {
		if f, ok := f.(flagOf); ok {
			flags = append(flags, f)
		}
	}
	return flags
}

// findFlag finds the flag written as arg: "--quiet", "-quiet" or "-q".
func findFlag(command *cli.Command, arg string) flagOf {
	name := strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-")
	for _, f := range flagsOf(command) {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}
