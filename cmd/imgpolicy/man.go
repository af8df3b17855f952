package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/lint/lock"
)

const manDescription = `Prints the manual page, imgpolicy(1), in roff.

  imgpolicy man | man -l -                                # read it
  imgpolicy man > /usr/local/share/man/man1/imgpolicy.1   # install it`

func (a *app) manCommand() *cli.Command {
	return &cli.Command{
		Name:        "man",
		Usage:       "print the manual page",
		Description: manDescription,
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usageError("man takes no arguments: there is one manual page")
			}
			_, err := io.WriteString(a.stdout, manual(c.App, moduleVersion()))
			return err
		},
	}
}

const manIntroduction = `imgpolicy checks every image, download, git repository and frontend that a Dockerfile makes a build
fetch, before any build runs, against built-in rules and your own policies. It parses with BuildKit's
parser, opens no connection and needs no daemon.`

// described is a name of the world around the program, and what it does here.
type described struct{ name, use string }

// manEnvironment are the variables that the program reads, beside those that
// --build-arg names.
var manEnvironment = []described{
	{"NO_COLOR", "no colours, unless --color asks for them"},
	{"FORCE_COLOR", "colours where there is no terminal, too; not 0"},
	{"CLICOLOR_FORCE", "the same"},
	{"CLICOLOR", "0: no colours"},
	{"TERM", "dumb: no colours, links or progress line"},
	{"CI", "no links or progress line; not 0 or false"},
	{"LC_ALL", "the locale of the terminal; without UTF-8 it gets ASCII, all other characters by their code points"},
	{"LC_CTYPE", "the same, where LC_ALL is empty"},
	{"LANG", "the same, where both are empty"},
	{"IMGPOLICY_CONFIG", "the config to use instead of what is found, where --config is not given"},
	{"DOCKER_DEFAULT_PLATFORM", "the platform, where --platform is not given"},
	{"DOCKER_CONFIG", "the directory of Docker's config, with the credentials for registries"},
	{"XDG_CACHE_HOME", "the directory for caches, where --cache-dir is not given"},
	{"LOCALAPPDATA", "the same, on Windows"},
	{"HOME", "where both directories are found that are not named: .docker and .cache"},
	{"USERPROFILE", "the same, on Windows"},
	{"GITHUB_ACTIONS", "true: lint prints annotations, where --format is not given, and guards text from being obeyed"},
	{"GITHUB_WORKSPACE", "with GITHUB_ACTIONS, the directory from which annotations name files"},
	{"GITHUB_STEP_SUMMARY", "the file that the format github adds a table to"},
}

// manFiles are those that the program finds by itself.
func manFiles() []described {
	return []described{
		{strings.Join(configNames(), ", "), "the config, in the directory of a Dockerfile or above it, up to the root of the repository; the nearest is in force"},
		{lock.FileName, "the digests that imgpolicy lock wrote, where configs are looked for"},
		{config.DefaultCatalog, "the catalog of approved images, beside the config of a level"},
		{"/etc/imgpolicy/policy.yaml", "the policy of the machine, above all configs"},
		{"Dockerfile.rego", "a build policy, beside the Dockerfile, whose name it has"},
	}
}

// manual is the manual page.
func manual(program *cli.App, version string) string {
	m := &roff{}
	m.request("TH", strings.ToUpper(program.Name), "1", "", program.Name+" "+version, "User Commands")
	m.line(".nh\n.ad l") // a word taken apart or stretched cannot be searched for
	m.request("SH", "NAME")
	m.line(program.Name + ` \- ` + roffText(program.Usage))
	m.request("SH", "SYNOPSIS")
	m.line(`\fB` + program.Name + `\fR \fICOMMAND\fR [\fIFLAGS\fR] [\fIARGUMENTS\fR]`)
	m.request("SH", "DESCRIPTION")
	m.text(manIntroduction)
	m.request("SH", "COMMANDS")
	for _, c := range program.Commands {
		m.command("", c)
	}
	m.request("SH", "EXIT STATUS")
	for _, l := range strings.Split(exitCodeHelp, "\n") {
		if code, meaning, ok := strings.Cut(strings.TrimSpace(l), "  "); ok {
			m.entry(`\fB`+code+`\fR`, meaning)
		}
	}
	for _, section := range []struct {
		name    string
		entries []described
	}{{"ENVIRONMENT", manEnvironment}, {"FILES", manFiles()}} {
		m.request("SH", section.name)
		for _, e := range section.entries {
			m.entry(`\fB`+roffText(e.name)+`\fR`, e.use)
		}
	}
	m.request("SH", "SEE ALSO")
	m.line(`\fBdocker-buildx-build\fR(1), https://github.com/imgpolicy/imgpolicy`)
	return m.String()
}

// command describes a command and those below it.
func (m *roff) command(parent string, c *cli.Command) {
	name, flags := strings.TrimSpace(parent+" "+c.Name), flagsOf(c)
	usage := []string{name}
	if len(flags) > 0 {
		usage = append(usage, "[FLAGS]")
	}
	if c.ArgsUsage != "" {
		usage = append(usage, c.ArgsUsage)
	}
	m.request("SS", strings.Join(usage, " "))
	m.text(capital(c.Usage) + ".")
	m.text(c.Description)
	for _, f := range flags {
		m.flag(f)
	}
	for _, sub := range c.Subcommands {
		m.command(name, sub)
	}
}

func (m *roff) flag(f flagOf) {
	value, usage := placeholder(f)
	names := f.Names()
	label := `\fB` + roffText("--"+names[0]) + `\fR`
	if len(names) > 1 {
		label = `\fB` + roffText("-"+names[1]) + `\fR, ` + label
	}
	if value != "" {
		label += fmt.Sprintf(` \fI%s\fR`, roffText(value))
	}
	m.entry(label, usage)
}
