package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

// resolveFlags are the flags of commands that look things up only when told to.
func resolveFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.BoolFlag{Name: "resolve", Usage: "look up what is needed in registries, on servers and in\nrepositories; without it nothing is connected to"},
	}, networkFlags()...)
}

// networkFlags are the flags about how registries and servers are asked.
func networkFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "insecure-registry", Usage: "ask `HOST[:PORT]` over plain HTTP or without checking its\ncertificate; repeat for more"},
		&cli.StringSliceFlag{Name: "allow-private", Usage: "let `HOST[:PORT]` be at a private address; repeat for more"},
		&cli.StringFlag{Name: "cache-dir", Usage: "keep answers and results in this `DIR`\n(default " + programName + " in $XDG_CACHE_HOME, else in ~/.cache)"},
	}
}

// network looks up over the network.
type network struct {
	resolver *resolve.Resolver
	dir      string // that answers are kept in, "" for none
	// kept tells that somebody wants the answers to be kept.
	kept bool
}

// network is that of a run with these flags. There is one: what was looked up is
// not looked up again.
func (a *app) network(c *cli.Context, configs *configs) (*network, error) {
	if a.net != nil {
		return a.net, nil
	}
	private, err := configs.allowPrivate()
	if err != nil {
		return nil, err
	}
	return a.networkOf(c, configs, private)
}

// networkOf is the network of a run that lets these hosts be asked at private
// addresses, beside those that flags name.
func (a *app) networkOf(c *cli.Context, configs *configs, private []string) (*network, error) {
	if a.net != nil {
		return a.net, nil
	}
	if host, ok := configs.powerless(); ok {
		a.say("%s: allow-private: %s counts only in a config that is given by --config", host.Place, host.Value)
	}
	o := resolve.Options{
		Insecure: c.StringSlice("insecure-registry"), AllowPrivate: append(private, c.StringSlice("allow-private")...),
		CacheDir: a.cacheDirOf(c, configs.dir), DockerConfig: a.dockerConfig(), Proxy: http.ProxyFromEnvironment,
		VerifyImage: a.signatures().image, GitHub: a.github,
	}
	for _, host := range slices.Concat(o.Insecure, o.AllowPrivate) {
		if _, err := lint.ParseHost(host); err != nil || strings.Contains(host, "*") {
			return nil, usageError(fmt.Sprintf("%q is no host: write HOST or HOST:PORT, such as registry.corp.example:5000", host))
		}
	}
	if c.Bool("update") {
		o.TagTTL = -1 // what is asked for again is not to come from the cache
	}
	if a.environ != nil {
		o.Environ = a.environ()
	}
	a.net = &network{resolver: resolve.New(o), dir: o.CacheDir, kept: c.String("cache-dir") != ""}
	return a.net, nil
}

// resolving is the network of a run with these flags, nil without --resolve.
func (a *app) resolving(c *cli.Context, configs *configs) (*network, error) {
	if c.Bool("resolve") {
		return a.network(c, configs)
	}
	for _, f := range networkFlags() {
		if name := f.Names()[0]; c.IsSet(name) && name != "cache-dir" { // what configs extend is there, too
			return nil, usageError("--" + name + " is about what is looked up: add --resolve")
		}
	}
	return nil, nil
}

// cacheDirOf is where a run with these flags keeps answers and results, "" where nobody
// says.
func (a *app) cacheDirOf(c *cli.Context, dir string) string {
	if given := c.String("cache-dir"); given != "" {
		return absolute(dir, given)
	}
	return a.cacheDir()
}

// cacheDir is where answers are kept for the next run, "" where nobody says.
func (a *app) cacheDir() string {
	dir := cmp.Or(a.getenv("XDG_CACHE_HOME"), a.getenv("LOCALAPPDATA"))
	if home := a.getenv("HOME"); dir == "" && home != "" {
		dir = filepath.Join(home, ".cache")
	}
	if !filepath.IsAbs(dir) {
		return ""
	}
	return filepath.Join(dir, programName)
}

// dockerConfig is the directory of Docker's config, "" for none.
func (a *app) dockerConfig() string {
	if dir := a.getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	home := cmp.Or(a.getenv("HOME"), a.getenv("USERPROFILE"))
	if home == "" {
		return ""
	}
	return filepath.Join(home, ".docker")
}

// Pin finds what a name stands for today.
func (n *network) Pin(ctx context.Context, src source.Source, platform string) (upstreamPin, error) {
	found, err := n.resolver.Pin(ctx, src, platform)
	if err != nil {
		return upstreamPin{}, err
	}
	out := upstreamPin{Manifest: found.Manifest, Pin: lint.Pin{Digest: found.Digest, Ref: found.Ref, From: answering(src)}}
	if src.Kind() == source.KindGit {
		out.Digest = found.Commit
	}
	return out, nil
}

// answering is who answers questions about a source.
func answering(src source.Source) string {
	switch src.Kind() {
	case source.KindGit:
		return "the git remote"
	case source.KindHTTP:
		return "the server"
	default:
		return "the registry"
	}
}

// lookup is what policies may ask, nil for nothing.
func (n *network) lookup() policy.Lookup {
	if n == nil {
		return nil
	}
	return n.resolver.Metadata
}

// upstream is what is found today where pinned sources come from, nil where
// nobody looks.
func (n *network) upstream() func(context.Context, source.Source, string) (lint.Upstream, error) {
	if n == nil {
		return nil
	}
	return func(ctx context.Context, src source.Source, platform string) (lint.Upstream, error) {
		out := lint.Upstream{From: answering(src)}
		if src.Kind() == source.KindHTTP {
			return out, nil // a file under another checksum is the build's to refuse
		}
		switch err := n.resolver.Exists(ctx, src); {
		case errors.Is(err, resolve.ErrNotFound):
			out.Gone = true
		case err != nil:
			return out, err
		}
		if name, _ := source.Unpin(src); name == "" {
			return out, nil
		}
		found, err := n.Pin(ctx, src, platform)
		switch {
		case errors.Is(err, resolve.ErrNotFound): // the name is gone, which matters to nobody who has the digest
		case err != nil:
			return out, err
		default:
			out.Digest, out.Platforms = found.Digest, map[string]string{platform: found.Manifest}
		}
		return out, nil
	}
}

// end closes the network of a run that ended with err. Answers that could not be
// kept are a failure, too, where somebody wants them to be.
func (n *network) end(err error) error {
	if n == nil {
		return err
	}
	n.resolver.Close()
	unkept := n.resolver.CacheError()
	var all failures
	switch {
	case unkept == nil || !n.kept:
		return err
	case errors.As(err, &all):
		return append(all, fmt.Errorf("--cache-dir: %w", unkept))
	default:
		return fmt.Errorf("--cache-dir: %w", unkept)
	}
}
