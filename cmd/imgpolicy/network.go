package main

import (
	"cmp"
	"context"
	"net/http"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

// networkFlags are the flags about how registries and servers are asked.
func networkFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "insecure-registry", Usage: "ask `HOST[:PORT]` over plain HTTP or without checking its\ncertificate; repeat for more"},
		&cli.StringSliceFlag{Name: "allow-private", Usage: "let `HOST[:PORT]` be at a private address; repeat for more"},
		&cli.StringFlag{Name: "cache-dir", Usage: "keep answers in this `DIR`"},
	}
}

// network looks up over the network.
type network struct{ resolver *resolve.Resolver }

// network is that of a run with these flags.
func (a *app) network(c *cli.Context, dir string) network {
	o := resolve.Options{
		Insecure: c.StringSlice("insecure-registry"), AllowPrivate: c.StringSlice("allow-private"),
		CacheDir: a.cacheDir(), DockerConfig: a.dockerConfig(), Proxy: http.ProxyFromEnvironment,
	}
	if given := c.String("cache-dir"); given != "" {
		o.CacheDir = absolute(dir, given)
	}
	if c.Bool("update") {
		o.TagTTL = -1 // what is asked for again is not to come from the cache
	}
	if a.environ != nil {
		o.Environ = a.environ()
	}
	return network{resolve.New(o)}
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
func (n network) Pin(ctx context.Context, src source.Source, platform string) (upstreamPin, error) {
	found, err := n.resolver.Pin(ctx, src, platform)
	if err != nil {
		return upstreamPin{}, err
	}
	out := upstreamPin{Manifest: found.Manifest, Pin: lint.Pin{Digest: found.Digest, Ref: found.Ref, From: "the registry"}}
	switch src.Kind() {
	case source.KindGit:
		out.Digest, out.From = found.Commit, "the git remote"
	case source.KindHTTP:
		out.From = "the server"
	}
	return out, nil
}

// Close ends the connections that are kept open.
func (n network) Close() { n.resolver.Close() }
