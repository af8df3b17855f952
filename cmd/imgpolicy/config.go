package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/lint/report"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

const configDescription = `Prints what the configs say about a Dockerfile, each value with the file and line
it comes from. PATH is a Dockerfile or the directory of one; without it the
current directory. Flags of lint count before all of this.`

// configFormats are the values of --format.
var configFormats = []string{"text", "json"}

func (a *app) configCommand() *cli.Command {
	return &cli.Command{
		Name:        "config",
		Usage:       "show the config of a Dockerfile",
		ArgsUsage:   "[PATH]",
		Description: configDescription,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "format", Value: configFormats[0], Usage: "print in this `FORMAT`: text (default), which is YAML, or\njson"},
		}, configFlags()...),
		Action: func(c *cli.Context) error {
			if c.NArg() > 1 {
				return usageError("config shows the config of one Dockerfile at a time")
			}
			if !slices.Contains(configFormats, c.String("format")) {
				return unknown("format", c.String("format"), configFormats)
			}
			shown, err := a.shownConfig(c)
			if err != nil {
				return err
			}
			if c.String("format") == "json" {
				err = report.WriteJSON(a.stdout, shown)
			} else {
				err = a.forPeople(func(w io.Writer) error {
					_, err := io.WriteString(w, shown.text())
					return err
				})
			}
			if err != nil {
				return fmt.Errorf("writing the result: %w", err)
			}
			return nil
		},
	}
}

func (a *app) schemaCommand() *cli.Command {
	return &cli.Command{
		Name:        "schema",
		Usage:       "print the JSON Schema of a config or a catalog, for editors",
		ArgsUsage:   "[SCHEMA]",
		Description: "SCHEMA is config (default) or catalog.",
		Action: func(c *cli.Context) error {
			if c.NArg() > 1 {
				return usageError("schema prints one schema at a time: config or catalog")
			}
			text := config.Schema(known(), schemaID)
			switch what := c.Args().First(); what {
			case "", "config":
			case "catalog":
				text = catalog.Schema(catalogSchemaID)
			default:
				return unknown("schema", what, schemaNames)
			}
			_, err := a.stdout.Write(text)
			return err
		},
	}
}

// schemaID is where editors find the schema.
const schemaID = "https://raw.githubusercontent.com/imgpolicy/imgpolicy/main/examples/imgpolicy.schema.json"

// schemaNames are those that schema prints.
var schemaNames = []string{"config", "catalog"}

// catalogSchemaID is where they find that of catalogs.
const catalogSchemaID = "https://raw.githubusercontent.com/imgpolicy/imgpolicy/main/examples/catalog.schema.json"

// shownConfig is the effective config of a Dockerfile, in its JSON form.
type shownConfig struct {
	Version int           `json:"version"`
	File    string        `json:"file"`
	Configs []string      `json:"configs"`
	Values  []configValue `json:"values"`
}

type configValue struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	Value string `json:"value"`
	Empty bool   `json:"empty,omitempty"` // a list without items
	File  string `json:"file"`
	Line  int    `json:"line"`
}

func (a *app) shownConfig(c *cli.Context) (*shownConfig, error) {
	dir, err := a.getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the working directory: %w", err)
	}
	configs, err := a.configs(c, dir)
	if err != nil {
		return nil, err
	}
	path := absolute(dir, c.Args().First())
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(shownName(dir, path), err)
	}
	if info.IsDir() {
		path = filepath.Join(path, "Dockerfile")
	}
	chain, err := configs.of(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	out := &shownConfig{Version: 1, File: shownName(dir, path), Configs: []string{}, Values: []configValue{}}
	for _, c := range chain.Configs {
		out.Configs = append(out.Configs, c.Name)
	}
	for _, v := range chain.For(path).Values() {
		switch {
		case v.Key == "policies" || v.Key == "catalog":
			v.Value = shownName(dir, v.Value)
		case v.Key == "build-args" && secretName().MatchString(v.Name):
			v.Value = "***"
		default:
			v.Value = source.Redact(v.Value)
		}
		out.Values = append(out.Values, configValue{v.Key, v.Name, v.Value, v.Empty, v.File, v.Line})
	}
	return out, nil
}
