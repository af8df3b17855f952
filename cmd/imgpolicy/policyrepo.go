package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/policy/bundle"
	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

const policyDescription = `A config may extend another one that is kept elsewhere, by a pinned reference: a file on
a server by its SHA-256, a repository at a commit, an artifact in a registry by its digest.
Nothing of that is fetched by lint: pull does, and keeps it in the cache.`

func (a *app) policyCommand() *cli.Command {
	return &cli.Command{
		Name: "policy", Usage: "fetch and publish policies", Description: policyDescription,
		Subcommands: []*cli.Command{
			{
				Name: "pull", Usage: "fetch what configs extend", ArgsUsage: "[FILE...]",
				Description: "FILE is a config; without one it is the config in force for the current directory.\nWhat is in the cache and still is what is pinned is not fetched again.",
				Flags:       append(configFlags(), networkFlags()...), Action: a.pullPolicies,
			},
			{
				Name: "push", Usage: "publish a directory of policies in a registry", ArgsUsage: "DIR oci://HOST/NAME[:TAG]",
				Description: "Packs the files of DIR, without what git keeps, into an artifact, and prints the pinned\nreference to extend. The same files always have the same digest.",
				Flags:       slices.Concat(changeFlags(), networkFlags()), Action: a.pushPolicies,
			},
		},
	}
}

func (a *app) pullPolicies(c *cli.Context) error {
	dir, err := a.getwd()
	if err != nil {
		return fmt.Errorf("finding the working directory: %w", err)
	}
	found, err := a.configs(c, dir)
	if err != nil {
		return err
	}
	found.bundles.ctx = c.Context
	private, err := found.machinePrivate()
	if err != nil {
		return err
	}
	// Configs are being loaded when this is asked for.
	found.bundles.fetch = func() (*network, error) { return a.networkOf(c, &configs{dir: dir}, private) }
	var chains []*config.Chain
	if c.NArg() == 0 {
		chain, err := found.of(dir)
		if err != nil {
			return err
		}
		chains = append(chains, chain)
	}
	for _, name := range c.Args().Slice() {
		chain, err := found.at(absolute(dir, name))
		if err != nil {
			return err
		}
		chains = append(chains, chain)
	}
	n := 0
	for _, chain := range chains {
		n += chain.Remotes()
	}
	var out strings.Builder
	for _, text := range found.bundles.fetched {
		fmt.Fprintf(&out, "Fetched %s\n", source.Redact(text))
	}
	switch {
	case n == 0:
		out.WriteString("Nothing to fetch: no config here extends anything by a reference\n")
	case out.Len() == 0:
		out.WriteString("Everything is here already\n")
	}
	return a.answer(out.String())
}

func (a *app) pushPolicies(c *cli.Context) error {
	if c.NArg() != 2 || c.Args().First() == "" {
		return usageError("push takes a directory and where to publish it: " + programName + " policy push DIR oci://HOST/NAME:TAG")
	}
	dir, err := a.getwd()
	if err != nil {
		return fmt.Errorf("finding the working directory: %w", err)
	}
	location, ok := strings.CutPrefix(c.Args().Get(1), "oci://")
	if !ok {
		return usageError(fmt.Sprintf("%q is no registry: write oci://HOST/NAME:TAG", c.Args().Get(1)))
	}
	to, err := source.ParseReference(location)
	switch {
	case err != nil:
		return usageError(fmt.Sprintf("%q is no registry: %v", c.Args().Get(1), err))
	case to.Pinned():
		return usageError("where to publish has no digest: that comes of what is published")
	}
	files, err := policyFiles(dir, absolute(dir, c.Args().First()))
	if err != nil {
		return err
	}
	content, err := bundle.Pack(files)
	if err != nil {
		return failure{c.Args().First(), "cannot be published: " + err.Error(), "rename or leave out the file"}
	}
	artifact := resolve.Artifact{Type: bundle.ArtifactType, MediaType: bundle.MediaType, Content: content}
	digest, err := artifact.Digest()
	if err != nil {
		return err
	}
	said := "Would publish"
	if !c.Bool("dry-run") {
		said = "Published"
		n, err := a.networkOf(c, &configs{dir: dir}, nil)
		if err != nil {
			return err
		}
		if digest, err = n.resolver.Push(c.Context, to, artifact); err != nil {
			return err
		}
	}
	return a.answer(fmt.Sprintf("%s %s as %s\nTo use it: `extends: oci://%s@%s`\n", said, countOf(len(files), "file", "files"), to.Short(), to.Name(), digest))
}

// policyFiles are the files of a directory to publish: regular files, without what
// git keeps.
func policyFiles(cwd, dir string) ([]bundle.File, error) {
	var files []bundle.File
	var size int64
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name := shownName(cwd, path)
		switch {
		case err != nil:
			return unreadable(name, err)
		case d.Name() == ".git":
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		case !d.Type().IsRegular():
			return failure{name, "is no regular file, and only those are published", "put the file itself there"}
		}
		text, err := readFileOf(path, bundle.MaxFile)
		if err != nil {
			return unreadable(name, err)
		}
		if size += int64(len(text)); size > bundle.MaxText {
			return failure{shownName(cwd, dir), fmt.Sprintf("has more than %d MiB", bundle.MaxText>>20), "publish the policies alone"}
		}
		relative, err := filepath.Rel(dir, path)
		files = append(files, bundle.File{Name: filepath.ToSlash(relative), Text: text})
		return err
	})
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(files, func(f bundle.File) bool { return slices.Contains(configNames(), f.Name) }) {
		if _, err := os.Stat(dir); err != nil {
			return nil, unreadable(shownName(cwd, dir), err)
		}
		return nil, failure{shownName(cwd, dir), "has no " + configNames()[0] + ", so that nothing could extend it", "name the directory of the policies"}
	}
	return files, nil
}
