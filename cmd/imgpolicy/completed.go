package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint/report"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

// completed is a command as the scripts for shells know it, made from its
// definition. The program itself is the one without a path.
type completed struct {
	path     []string
	usage    string
	flags    []completedFlag
	argument value
	commands []completed
}

// completedFlag is a flag, written --long or -short.
type completedFlag struct {
	long, short string
	usage       string
	repeated    bool
	// off is a switch that is on: only --long=false makes a difference.
	off bool
	// value is what follows, the zero value for a switch.
	value value
}

// value is what stands for a flag's value or for an argument.
type value struct {
	name string // of what it is: FILE
	// words are all there are; one that ends in = is followed by a file.
	words []string
	files bool // it is a path
}

// complete describes the program.
func complete(program *cli.App) completed {
	root := completed{flags: []completedFlag{
		{long: "help", short: "h", usage: "show help"},
		{long: "version", short: "v", usage: "print the version"},
	}}
	for _, c := range program.Commands {
		root.commands = append(root.commands, completedCommand(program, nil, c))
	}
	return root
}

func completedCommand(program *cli.App, parents []string, c *cli.Command) completed {
	out := completed{path: append(slices.Clone(parents), c.Name), usage: oneSentence(c.Usage)}
	for _, f := range flagsOf(c) {
		out.flags = append(out.flags, completeFlag(program, out.path, f))
	}
	out.flags = append(out.flags, completedFlag{long: "help", short: "h", usage: "show help"})
	argument := strings.Trim(c.ArgsUsage, "[].")
	out.argument = completedValue(program, out.path, "", argument)
	for _, sub := range c.Subcommands {
		out.commands = append(out.commands, completedCommand(program, out.path, sub))
	}
	return out
}

func completeFlag(program *cli.App, path []string, f flagOf) completedFlag {
	name, usage := placeholder(f)
	out := completedFlag{long: f.Names()[0], usage: oneSentence(usage)}
	if len(f.Names()) > 1 {
		out.short = f.Names()[1]
	}
	if _, ok := f.(*cli.StringSliceFlag); ok {
		out.repeated = true
	}
	if on, ok := f.(*cli.BoolFlag); ok {
		if out.off = on.Value; out.off {
			out.usage = "do not " + out.usage
		}
	}
	if f.TakesValue() {
		out.value = completedValue(program, path, out.long, name)
	}
	return out
}

// completedValue tells what can be written for a placeholder of a command, in
// the value of a flag or, without a flag, as an argument.
func completedValue(program *cli.App, path []string, flag, name string) value {
	v := value{name: name, words: choices(path, flag)}
	switch name {
	case "":
		if flag != "" {
			v.name = "VALUE"
		}
	case "RULE":
		for _, r := range rules.All() {
			if flag != "disable" || !r.Mandatory {
				v.words = append(v.words, r.ID)
			}
		}
	case "FORMAT=FILE":
		names := report.Names()
		if strings.Join(path, " ") == "report" {
			names = estateFormats()
		}
		for _, f := range names {
			v.words = append(v.words, f+"=")
		}
	case "COMMAND":
		v.words = commandNames(program.Commands)
	case "SHELL":
		v.words = shellNames()
	case "SCHEMA":
		v.words = schemaNames
	case "WHEN":
		v.words = colorModes
	case "FILE", "PATH", "DIR", "REPORT":
		v.files = true
	}
	return v
}

// choices are the values of flags whose placeholder does not tell them.
func choices(path []string, flag string) []string {
	switch strings.Join(path, " ") + " --" + flag {
	case "lint --format", "merge --format", "approve --format", "catalog verify --format", "catalog renew --format", "catalog audit --format":
		return report.Names()
	case "inputs --format":
		return inventoryFormats()
	case "eval --format":
		return evalFormats
	case "test --format":
		return testFormats()
	case "report --format":
		return estateFormats()
	case "explain --format":
		return explainFormats
	case "catalog list --format":
		return listFormats
	case "catalog list --status":
		return catalogStatuses
	case "catalog accept --status":
		return acceptedStatuses
	case "config --format":
		return configFormats
	case "export --to":
		return formNames()
	}
	switch flag {
	case "require-level", "level":
		return levelNames
	case "fail-on":
		return failOnSeverities
	case "unknown":
		return unknownSeverities
	case "buildx":
		return buildxVersions
	case "language":
		return languageNames()
	default:
		return nil
	}
}

// oneSentence is the beginning of a usage, which fits beside a name. Shells and
// locales of all kinds show it.
func oneSentence(usage string) string {
	usage = report.ASCII(report.Clean(strings.Join(strings.Fields(usage), " ")))
	end := len(usage)
	for _, stop := range []string{"; ", ": ", " ("} {
		if i := strings.Index(usage, stop); i > 0 {
			end = min(end, i)
		}
	}
	return usage[:end]
}

// all are the command and those below it, parents first.
func (c completed) all() []completed {
	all := []completed{c}
	for _, sub := range c.commands {
		all = append(all, sub.all()...)
	}
	return all
}
