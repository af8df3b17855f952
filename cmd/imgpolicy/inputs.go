package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/inventory"
)

const inputsDescription = `Lists every image, download, git repository and frontend that a build of the
Dockerfiles would fetch, with BuildKit's identifier, where it is written, and
whether its content is fixed. Inputs of stages that the target does not need are
listed too, marked as not reached. PATH is as for lint.

Exit code 1 means that BuildKit would refuse to build.`

func (a *app) inputsCommand() *cli.Command {
	return &cli.Command{
		Name:        "inputs",
		Usage:       "list what Dockerfiles fetch",
		ArgsUsage:   "[PATH...]",
		Description: inputsDescription,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "format", Value: "table", Usage: inventoryFormatHelp()},
			&cli.StringFlag{Name: "stdin-filename", Usage: "the `PATH` that - stands for"},
		}, append(configFlags(), buildFlags()...)...),
		Action: func(c *cli.Context) error {
			format, err := inventoryFormat(c.String("format"))
			if err != nil {
				return err
			}
			dir, err := a.getwd()
			if err != nil {
				return fmt.Errorf("finding the working directory: %w", err)
			}
			build, err := a.buildOptions(c, dir)
			if err != nil {
				return err
			}
			configs, err := a.configs(c, dir)
			if err != nil {
				return err
			}
			found, err := a.search(c, configs)
			if err != nil {
				return err
			}
			a.note(found.explicit.skipped, false)
			lister := lister{configs: configs, build: build, paths: found.paths, reachedOnly: c.Bool("reached-only")}
			return a.inputs(c.Context, format, found, lister)
		},
	}
}

func inventoryFormat(name string) (inventory.Format, error) {
	for _, f := range inventory.Formats() {
		if f.Name == name {
			return f, nil
		}
	}
	return inventory.Format{}, unknown("format", name, inventoryFormats())
}

// inventoryFormats are the values of --format.
func inventoryFormats() []string {
	var names []string
	for _, f := range inventory.Formats() {
		names = append(names, f.Name)
	}
	return names
}

func inventoryFormatHelp() string {
	help := "print in this `FORMAT`:"
	for i, f := range inventory.Formats() {
		help += fmt.Sprintf("\n  %-6s  %s", f.Name, f.Summary)
		if i == 0 {
			help += " (default)"
		}
	}
	return help
}

// errRefused says that BuildKit would not build what was listed.
var errRefused = errors.New("BuildKit would refuse to build")

func (a *app) inputs(ctx context.Context, format inventory.Format, found *search, l lister) error {
	inv := inventory.Inventory{Version: 1, Files: []inventory.File{}}
	var unlisted []lint.Failure
	refused := false
	for _, file := range found.files {
		if err := ctx.Err(); err != nil {
			return err
		}
		listed, err := l.list(file)
		if err != nil {
			unlisted = append(unlisted, lint.Failure{File: file.Name, Err: err})
			continue
		}
		refused = refused || len(listed.Errors) > 0
		inv.Files = append(inv.Files, listed)
	}
	if len(inv.Files) > 0 {
		if err := format.Write(a.stdout, &inv); err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
	}
	failed := append(found.failed, uncheckedFiles(unlisted)...)
	switch {
	case len(failed) > 0:
		return failed
	case refused:
		return errRefused
	default:
		return nil
	}
}

// lister lists the inputs of one Dockerfile after the other.
type lister struct {
	configs     *configs
	build       buildOptions
	paths       map[string]string // of the Dockerfiles, by name
	reachedOnly bool
}

func (l lister) list(file lint.File) (inventory.File, error) {
	text, err := file.Read()
	if err != nil {
		return inventory.File{}, err
	}
	path := l.paths[file.Name]
	chain, err := l.configs.of(filepath.Dir(path))
	if err != nil {
		return inventory.File{}, err
	}
	f := dockerfile.Parse(file.Name, text)
	var resolutions []*dockerfile.Resolution
	for _, build := range l.build.builds(chain.For(path)) {
		resolutions = append(resolutions, f.Resolve(build))
	}
	return inventory.Of(f, resolutions, l.reachedOnly), nil
}
