package main

import (
	"fmt"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

// parserModule is named beside the version: whose Dockerfiles are understood
// depends on it.
const parserModule = "github.com/moby/buildkit"

func (a *app) versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version",
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usageError("version takes no arguments")
			}
			info, ok := debug.ReadBuildInfo()
			if !ok {
				info = &debug.BuildInfo{}
			}
			_, err := fmt.Fprintln(a.stdout, version(info))
			return err
		},
	}
}

// version is what the Go toolchain recorded about the build.
func version(info *debug.BuildInfo) string {
	name := info.Main.Version
	if name == "" {
		name = "(devel)"
	}
	for _, module := range info.Deps {
		if module.Path == parserModule {
			return fmt.Sprintf("%s %s (BuildKit %s, %s)", programName, name, module.Version, info.GoVersion)
		}
	}
	return fmt.Sprintf("%s %s (%s)", programName, name, info.GoVersion)
}
