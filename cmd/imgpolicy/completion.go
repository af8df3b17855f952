package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// shell is one that completions can be written for.
type shell struct {
	name string
	// load is what loads them, and where it is written to last.
	load, place string
	script      func(root completed) string
}

func shells() []shell {
	return []shell{
		{"bash", `source <(imgpolicy completion bash)`, "~/.bashrc", bashScript},
		{"zsh", `source <(imgpolicy completion zsh)`, "~/.zshrc, below compinit", zshScript},
		{"fish", `imgpolicy completion fish | source`, "~/.config/fish/config.fish", fishScript},
		{"powershell", `imgpolicy completion powershell | Out-String | Invoke-Expression`, "$PROFILE", powershellScript},
	}
}

func shellNames() []string {
	var names []string
	for _, s := range shells() {
		names = append(names, s.name)
	}
	return names
}

func completionDescription() string {
	text := "Prints a script that lets a shell complete commands, flags and their values.\nThis loads it, and is written to a file to have it in every shell:\n"
	for _, s := range shells() {
		text += fmt.Sprintf("\n  %-10s  %s\n  %-10s  (%s)", s.name, s.load, "", s.place)
	}
	return text
}

func (a *app) completionCommand() *cli.Command {
	return &cli.Command{
		Name:        "completion",
		Usage:       "print completions for a shell",
		ArgsUsage:   "SHELL",
		Description: completionDescription(),
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return usageError("completion is for one shell: " + strings.Join(shellNames(), ", "))
			}
			for _, s := range shells() {
				if s.name == c.Args().First() {
					_, err := io.WriteString(a.stdout, s.script(complete(c.App)))
					return err
				}
			}
			return unknown("shell", c.Args().First(), shellNames())
		},
	}
}
