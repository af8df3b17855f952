package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/lint/report"
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
		Name:  "schema",
		Usage: "print the JSON Schema of a config, for editors",
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usageError("schema takes no argument")
			}
			_, err := a.stdout.Write(config.Schema(known(), schemaID))
			return err
		},
	}
}

// schemaID is where editors find the schema.
const schemaID = "https://raw.githubusercontent.com/imgpolicy/imgpolicy/main/examples/imgpolicy.schema.json"

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
		if v.Key == "policies" {
			v.Value = shownName(dir, v.Value)
		}
		out.Values = append(out.Values, configValue{v.Key, v.Name, v.Value, v.File, v.Line})
	}
	return out, nil
}

// text is the config as YAML, the places as comments.
func (s *shownConfig) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", visible(s.File))
	if len(s.Configs) == 0 {
		b.WriteString("# no config is in force: every rule has its default\n")
		return b.String()
	}
	for i, name := range slices.Backward(s.Configs) {
		what := "read"
		if i < len(s.Configs)-1 {
			what = "extends"
		}
		fmt.Fprintf(&b, "# %s %s\n", what, visible(name))
	}
	lines := s.lines()
	width := 0
	for _, l := range lines {
		width = max(width, len(l.text))
	}
	for _, l := range lines {
		if l.place == "" {
			b.WriteString(l.text + "\n")
			continue
		}
		fmt.Fprintf(&b, "%-*s  # %s\n", min(width, maxConfigColumn), l.text, visible(l.place))
	}
	return b.String()
}

// maxConfigColumn is how far to the right the places are moved at most.
const maxConfigColumn = 60

type configLine struct{ text, place string }

func (s *shownConfig) lines() []configLine {
	var out []configLine
	key := ""
	for _, v := range s.Values {
		place := v.File + ":" + strconv.Itoa(v.Line)
		if v.Key == "defaultAllow" {
			key = v.Key
			out = append(out, configLine{v.Key + ": " + yamlText(v.Value), place})
			continue
		}
		if v.Key != key {
			key = v.Key
			out = append(out, configLine{text: v.Key + ":"})
		}
		item := "  - " + yamlText(v.Value)
		switch {
		case v.Key == "ignores": // a number, or true or false
			item = "  " + v.Name + ": " + v.Value
		case v.Name != "":
			item = "  " + yamlText(v.Name) + ": " + yamlText(v.Value)
		}
		out = append(out, configLine{item, place})
	}
	return out
}

// plainYAML matches a text that needs no quotes: that is not read as anything
// but itself.
var plainYAML = regexp.MustCompile(`^[A-Za-z./_][A-Za-z0-9./_@-]*(:[A-Za-z0-9./_@-]+)*$`)

// yamlText is a text as YAML. What is in quotes is JSON, which YAML can read.
func yamlText(s string) string {
	if plainYAML.MatchString(s) && s != "null" {
		return s
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return strconv.Quote(s)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
