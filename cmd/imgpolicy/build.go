package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint/config"
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

// buildOptions are the build flags once they are known to make sense.
type buildOptions struct {
	args     map[string]string
	target   string // "" where none is given
	contexts map[string]string
	// platforms are those given, fallback those where nothing names any.
	platforms, fallback []string
}

func (a *app) buildOptions(c *cli.Context, dir string) (o buildOptions, err error) {
	o.target = c.String("target")
	if o.args, err = a.buildArgs(c.StringSlice("build-arg")); err != nil {
		return o, err
	}
	if o.platforms, err = platforms(c.StringSlice("platform")); err != nil {
		return o, err
	}
	fallback := a.getenv("DOCKER_DEFAULT_PLATFORM")
	if fallback == "" {
		fallback = dockerfile.DefaultPlatform
	}
	if o.fallback, err = platforms([]string{fallback}); err != nil {
		return o, err
	}
	o.contexts, err = buildContexts(dir, c.StringSlice("build-context"))
	return o, err
}

// builds are the builds of a Dockerfile to look at: one for each platform and
// target. What a flag says counts before what a config says.
func (o buildOptions) builds(conf *config.Effective) []dockerfile.Options {
	args := map[string]string{}
	for name, value := range conf.BuildArgs {
		args[name] = value.Value
	}
	maps.Copy(args, o.args)
	given := []string{o.target}
	if o.target == "" && len(conf.Targets) > 0 {
		given = values(conf.Targets)
	}
	over := o.platforms
	switch {
	case len(over) > 0:
	case len(conf.Platforms) > 0:
		over = values(conf.Platforms)
	default:
		over = o.fallback
	}
	var builds []dockerfile.Options
	for _, target := range given {
		for _, platform := range over {
			builds = append(builds, dockerfile.Options{BuildArgs: args, Target: target, Platform: platform, Contexts: o.contexts})
		}
	}
	return builds
}

// argPlaces are where those build args come from that no flag gives.
func (o buildOptions) argPlaces(conf *config.Effective) map[string]string {
	places := map[string]string{}
	for name, value := range conf.BuildArgs {
		if _, ok := o.args[name]; !ok {
			places[name] = value.Place.String()
		}
	}
	return places
}

func values(texts []config.Text) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = t.Value
	}
	return out
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
func platforms(given []string) ([]string, error) {
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
