package main

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// engines are the modules that are named beside the version, and the name they
// go by: what Dockerfiles and build policies mean depends on them.
var engines = [][2]string{
	{"github.com/moby/buildkit", "BuildKit"},
	{"github.com/open-policy-agent/opa", "OPA"},
}

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
	parts := []string{"policies as Buildx " + rego.BuildxVersion}
	for _, engine := range engines {
		for _, module := range info.Deps {
			if module.Path == engine[0] {
				parts = append(parts, engine[1]+" "+module.Version)
			}
		}
	}
	if info.GoVersion != "" {
		parts = append(parts, info.GoVersion)
	}
	return fmt.Sprintf("%s %s (%s)", programName, name, strings.Join(parts, ", "))
}
