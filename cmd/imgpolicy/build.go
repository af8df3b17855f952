package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile"
)

// buildFlags are the flags of `docker buildx build` that change what a build
// fetches, under the same names.
func buildFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "build-arg", Usage: "set a build arg: `NAME=VALUE`, or NAME alone for the\nvalue in the environment; repeat for more"},
		&cli.StringFlag{Name: "target", Usage: "build this `STAGE` instead of the last"},
		&cli.StringSliceFlag{Name: "platform", Usage: "build for this `PLATFORM`; repeat or separate with\ncommas for more (default $DOCKER_DEFAULT_PLATFORM,\nelse " + dockerfile.DefaultPlatform + ")"},
		&cli.StringSliceFlag{Name: "build-context", Usage: "replace an image or a stage: `NAME=VALUE`, VALUE as for\ndocker buildx build; repeat for more"},
		&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Usage: "the Dockerfile, `FILE` or - for standard input; PATH\nis then the context directory"},
		&cli.BoolFlag{Name: "reached-only", Usage: "leave out the inputs of stages the target does not need"},
	}
}

// buildOptions are the builds to look at: one for each platform.
func (a *app) buildOptions(c *cli.Context, dir string) ([]dockerfile.Options, error) {
	args, err := a.buildArgs(c.StringSlice("build-arg"))
	if err != nil {
		return nil, err
	}
	platforms, err := a.platforms(c.StringSlice("platform"))
	if err != nil {
		return nil, err
	}
	contexts, err := buildContexts(dir, c.StringSlice("build-context"))
	if err != nil {
		return nil, err
	}
	builds := make([]dockerfile.Options, 0, len(platforms))
	for _, platform := range platforms {
		builds = append(builds, dockerfile.Options{
			BuildArgs: args, Target: c.String("target"), Platform: platform, Contexts: contexts,
		})
	}
	return builds, nil
}

// buildArgs reads --build-arg. A name alone takes the value of the environment,
// and is not given where that has none.
func (a *app) buildArgs(given []string) (map[string]string, error) {
	args := map[string]string{}
	for _, arg := range given {
		name, value, ok := strings.Cut(arg, "=")
		if name == "" {
			return nil, usageError(fmt.Sprintf("--build-arg %q has no name: write NAME=VALUE", arg))
		}
		if !ok {
			if value, ok = a.lookupEnv(name); !ok {
				continue
			}
		}
		args[name] = value
	}
	return args, nil
}

// platforms reads --platform: normalized, in order, each once.
func (a *app) platforms(given []string) ([]string, error) {
	if len(given) == 0 {
		given = []string{dockerfile.DefaultPlatform}
		if env := a.getenv("DOCKER_DEFAULT_PLATFORM"); env != "" {
			given = []string{env}
		}
	}
	var out []string
	for _, list := range given {
		for _, text := range strings.Split(list, ",") {
			platform, err := dockerfile.NormalizePlatform(strings.TrimSpace(text))
			if err != nil {
				return nil, usageError(fmt.Sprintf("platform %q: %v; write OS/ARCH, such as linux/arm64", text, err))
			}
			if !slices.Contains(out, platform) {
				out = append(out, platform)
			}
		}
	}
	return out, nil
}

// buildContexts reads --build-context. Directories must exist, as for Buildx,
// and the digest of an OCI layout is read from it.
func buildContexts(dir string, given []string) (map[string]string, error) {
	contexts := map[string]string{}
	for _, arg := range given {
		key, value, err := dockerfile.ParseContext(arg)
		if err != nil {
			return nil, usageError(err.Error())
		}
		_, raw, _ := strings.Cut(arg, "=")
		switch {
		case strings.HasPrefix(value, "local:"):
			info, err := os.Stat(absolute(dir, raw))
			if err != nil || !info.IsDir() {
				return nil, failure{name: raw, what: "no such directory", hint: "a build context is a directory, an image (docker-image://…), a URL or an oci-layout://"}
			}
		case strings.HasPrefix(value, layoutScheme):
			if value, err = withLayoutDigest(dir, value); err != nil {
				return nil, err
			}
		}
		contexts[key] = value
	}
	return contexts, nil
}

// addPaths adds what the command line names: with --file one Dockerfile, else
// every path.
func (s *search) addPaths(add func(path string), file string, paths []string) error {
	if file == "" {
		for _, path := range paths {
			add(path)
		}
		return nil
	}
	if len(paths) > 1 {
		return usageError(fmt.Sprintf("with --file there is one context directory, not %d paths", len(paths)))
	}
	for _, path := range paths {
		info, err := os.Stat(absolute(s.dir, path))
		if err != nil || !info.IsDir() {
			return usageError(fmt.Sprintf("with --file the path is the context directory, and %q is none", path))
		}
	}
	add(file)
	return nil
}
