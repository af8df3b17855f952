package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint/starter"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

const initDescription = `Looks at what the Dockerfiles below the directory PATH (default: the current one)
fetch today, and writes into PATH a policy that allows that and nothing else:
.imgpolicy.yaml, or with --language rego Dockerfile.rego and Dockerfile_test.rego.
No rule is switched off or lowered by it.

What cannot be known or read, such as an image named by a build arg without a
value, is listed and not allowed. A Dockerfile that does not parse keeps the policy
from being complete, not from being written; exit code 2 tells.

A config in a directory above stays in force: the new one extends it. Dockerfiles
with a config nearer to them are left to that. Build args, platforms and targets
that are given are written down for lint, but not build args that look secret.`

func (a *app) initCommand() *cli.Command {
	names := languageNames()
	flags := slices.DeleteFunc(buildFlags(), func(f cli.Flag) bool {
		return !slices.Contains([]string{"build-arg", "target", "platform"}, f.Names()[0])
	})
	return &cli.Command{
		Name:        "init",
		Usage:       "write a policy that fits what Dockerfiles fetch today",
		ArgsUsage:   "[PATH]",
		Description: initDescription,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "language", Value: names[0], Usage: "write in this `LANGUAGE`: regex (default), a config with\nlists, or rego, a build policy of Buildx with tests"},
			&cli.BoolFlag{Name: "force", Usage: "replace files that exist"},
			&cli.BoolFlag{Name: "dry-run", Usage: "print what would be written, and write nothing"},
		}, flags...),
		Action: func(c *cli.Context) error {
			if !slices.Contains(names, c.String("language")) {
				return unknown("language", c.String("language"), names)
			}
			i, err := a.initialization(c)
			if err != nil {
				return err
			}
			return a.init(c.Context, i)
		},
	}
}

func languageNames() []string {
	var names []string
	for _, l := range languages(rego.Options{}) {
		names = append(names, l.Name)
	}
	return names
}

// initialization is one run of init.
type initialization struct {
	dir, root     string // the working directory, and that of the policy
	language      policy.Language
	build         buildOptions
	given         starter.Config // what flags say about the build
	force, dryRun bool
	configs       *configs
	// above is the config in force for root without the one to be written.
	above string
}

// newFile is a file to be written.
type newFile struct{ path, text string }

func (a *app) initialization(c *cli.Context) (*initialization, error) {
	dir, err := a.getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the working directory: %w", err)
	}
	if err := checkPaths(c.Args().Slice(), false, ""); err != nil {
		return nil, err
	}
	if c.NArg() > 1 {
		return nil, usageError("init writes the policy of one directory at a time")
	}
	i := &initialization{dir: dir, root: absolute(dir, c.Args().First()), force: c.Bool("force"), dryRun: c.Bool("dry-run")}
	switch info, err := os.Stat(i.root); {
	case err != nil:
		return nil, unreadable(shownName(dir, i.root), err)
	case !info.IsDir():
		return nil, usageError(fmt.Sprintf("%q is no directory: init looks at all Dockerfiles below one", c.Args().First()))
	}
	if i.build, err = a.buildOptions(c, dir); err != nil {
		return nil, err
	}
	i.given = starter.Config{Schema: schemaID, BuildArgs: i.build.args, Platforms: i.build.platforms}
	if i.build.target != "" {
		i.given.Targets = []string{i.build.target}
	}
	for _, l := range languages(rego.Options{}) {
		if l.Name == c.String("language") {
			i.language = l
		}
	}
	i.configs, err = a.configs(c, dir)
	return i, err
}

// init finds, writes and tells.
func (a *app) init(ctx context.Context, i *initialization) error {
	if err := i.readConfigs(); err != nil {
		return err
	}
	s := newSearch(i.dir)
	s.excluded = i.excludes
	s.addTree(i.root)
	found := i.gather(ctx, s)
	if err := ctx.Err(); err != nil {
		return err
	}
	if found.files() == 0 {
		return i.nothing(found)
	}
	policy, files := i.texts(s, found)
	if err := i.check(ctx, policy, files, found); err != nil {
		return err
	}
	told := a.stdout
	if i.dryRun {
		told = a.stderr
	}
	if err := i.write(a.stdout, files); err != nil {
		return err
	}
	err := a.guarded(told, func(w io.Writer) error {
		_, err := io.WriteString(w, i.summary(files, found, a.getenv("IMGPOLICY_CONFIG")))
		return err
	})
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if len(found.failed) > 0 {
		return found.failed
	}
	return nil
}

// nothing says why there is nothing to make a policy of.
func (i *initialization) nothing(found *gathered) error {
	name := shownName(i.dir, i.root)
	switch {
	case len(found.failed) == 1 && found.failed[0] == noDockerfile(name):
		return failure{name, "no Dockerfile found", "a policy is made of what Dockerfiles fetch: name the directory that has them"}
	case len(found.failed) > 0:
		return found.failed
	case found.elsewhere > 0:
		return failure{name, "every Dockerfile in it has a config or a repository of its own", "a config here would rule none of them"}
	default:
		return failure{name, "every Dockerfile in it is excluded", "a policy here would rule none of them"}
	}
}

// isRego tells whether the policy is one for Buildx.
func (i *initialization) isRego() bool { return i.language.Name == rego.Language(rego.Options{}).Name }

// readConfigs looks at what is in force already, which no file must get in the
// way of.
func (i *initialization) readConfigs() (err error) {
	if i.isRego() {
		return nil
	}
	i.configs.given = "" // the config is for those who do not give one
	existing, err := i.configs.in(i.root)
	if err != nil {
		return err
	}
	if existing != "" && filepath.Base(existing) != configNames()[0] {
		return failure{shownName(i.dir, existing), "is here already, and two configs in one directory are an error", "remove it first: --force replaces " + configNames()[0] + " alone"}
	}
	i.above, err = i.configs.above(i.root)
	return err
}

// write writes the files, or prints them. Whether all may be is known before the
// first is.
func (i *initialization) write(stdout io.Writer, files []newFile) error {
	if i.dryRun {
		var all []string
		for _, f := range files {
			if len(files) > 1 {
				f.text = fmt.Sprintf("# %s:\n\n%s", i.shown(f.path), f.text)
			}
			all = append(all, f.text)
		}
		if _, err := io.WriteString(stdout, strings.Join(all, "\n")); err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
		return nil
	}
	for _, f := range files {
		if err := i.mayReplace(f.path); err != nil {
			return err
		}
	}
	for _, f := range files {
		err := writeFile(f.path, func(w io.Writer) error {
			_, err := io.WriteString(w, f.text)
			return err
		})
		if err != nil {
			return fmt.Errorf("writing %s: %w", shownName(i.dir, f.path), err)
		}
	}
	return nil
}

// mayReplace refuses a file that exists, unless it is to be replaced. What a link
// leads to may be anything, and is not.
func (i *initialization) mayReplace(path string) error {
	name := shownName(i.dir, path)
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return unreadable(name, err)
	case !info.Mode().IsRegular():
		return failure{name, "is no regular file", "remove it first"}
	case !i.force:
		return failure{name, "exists already", "--force replaces it, --dry-run shows what with"}
	}
	return nil
}

// texts are the files to be written.
func (i *initialization) texts(s *search, found *gathered) (*starter.Starter, []newFile) {
	out := starter.From(found.uses)
	if !i.isRego() {
		config := i.given
		config.BuildArgs = found.plainArgs(config.BuildArgs)
		if i.above != "" {
			config.Extends = shownName(i.root, i.above)
		}
		return out, []newFile{{filepath.Join(i.root, configNames()[0]), out.YAML(config)}}
	}
	name := i.governed(s)
	return out, []newFile{
		{filepath.Join(i.root, name+regoEnding), out.Rego(name)},
		{filepath.Join(i.root, name+testSuffix), out.RegoTest(name)},
	}
}

// governed is the name of the Dockerfile that Buildx finds the policy for:
// Dockerfile, unless only one of another name stands beside the policy.
func (i *initialization) governed(s *search) string {
	var beside []string
	for _, path := range s.paths {
		if filepath.Dir(path) == filepath.Clean(i.root) {
			beside = append(beside, filepath.Base(path))
		}
	}
	if len(beside) == 1 && !strings.ContainsFunc(beside[0], func(r rune) bool { return r < ' ' }) {
		return beside[0]
	}
	return "Dockerfile"
}
