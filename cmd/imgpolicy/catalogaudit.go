package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

// auditRegistry compares the copies that the catalog names with what the registry
// has.
func (a *app) auditRegistry(c *cli.Context) error {
	o, err := a.reporting(c)
	if err != nil {
		return err
	}
	if c.Args().Present() {
		return usageError("audit takes no argument: --catalog names the catalog")
	}
	b, err := a.book(c)
	if err != nil {
		return err
	}
	if err := b.must(); err != nil {
		return err
	}
	n, err := a.network(c, b.configs)
	if err != nil {
		return err
	}
	var flaws []approval.Flaw
	var failed failures
	copies := b.copies()
	for _, repository := range slices.Sorted(maps.Keys(copies)) {
		found, err := b.auditRepository(c, n, repository, copies[repository])
		if err != nil {
			failed = append(failed, err)
		}
		flaws = append(flaws, found...)
	}
	err = a.told(o, b, flaws)
	if failed != nil {
		return append(failed, errors.New("not everything was compared"))
	}
	return err
}

// copyOf is a version and its image.
type copyOf struct {
	image   *catalog.Image
	version *catalog.Version
}

// copies are the versions with a private copy, by the repository of that.
func (b *book) copies() map[string][]copyOf {
	out := map[string][]copyOf{}
	for i := range b.catalog.Images {
		im := &b.catalog.Images[i]
		for k := range im.Versions {
			if name := im.Versions[k].PrivateName(); name != "" {
				out[name] = append(out[name], copyOf{im, &im.Versions[k]})
			}
		}
	}
	return out
}

// auditRepository compares one repository of copies.
func (b *book) auditRepository(c *cli.Context, n *network, repository string, copies []copyOf) ([]approval.Flaw, error) {
	repo, err := source.ParseReference(repository)
	if err != nil {
		return nil, failure{b.name, fmt.Sprintf("names copies in %q, which is no repository: %v", repository, err), "correct its private names"}
	}
	tags, err := n.resolver.Tags(c.Context, repo)
	if err != nil && !errors.Is(err, resolve.ErrNotFound) {
		return nil, err
	}
	approved := map[string][]copyOf{}
	for _, one := range copies {
		ref, err := source.ParseReference(one.version.Private)
		if err != nil {
			return nil, failure{b.name, fmt.Sprintf("names the copy %q, which is no reference: %v", one.version.Private, err), "correct it"}
		}
		approved[ref.Tag()] = append(approved[ref.Tag()], one)
	}
	var flaws []approval.Flaw
	add := func(rule string, of copyOf, format string, args ...any) {
		flaws = append(flaws, approval.Flaw{Rule: rule, Of: b.own.Of, File: b.name, Line: of.version.Line, Entry: of.version.Private, Message: fmt.Sprintf(format, args...)})
	}
	for _, tag := range slices.Sorted(maps.Keys(approved)) {
		last := approved[tag][len(approved[tag])-1]
		ref, _ := source.ParseReference(last.version.Private) // read above
		pin, err := n.resolver.Pin(c.Context, ref, "")
		switch {
		case errors.Is(err, resolve.ErrNotFound):
			if last.version.Status != catalog.Revoked {
				add(approval.ImageNotApproved, last, "the copy %s is not in the registry", last.version.Private)
			}
		case err != nil:
			return flaws, err
		case last.version.Status == catalog.Revoked:
			add(approval.RevokedImage, last, "%s is revoked, and still in the registry", last.version.Private)
		case !slices.ContainsFunc(approved[tag], func(one copyOf) bool { return one.version.Digest == pin.Digest }):
			add(approval.ApprovedDigestMismatch, last, "%s has the digest %s in the registry, and %s was approved", last.version.Private, pin.Digest, last.version.Digest)
		}
	}
	for _, tag := range tags {
		if approved[tag] == nil && !ofReferrers(tag) {
			add(approval.OtherVersion, copies[0], "%s:%s is in the registry, and nobody approved it", repository, tag)
		}
	}
	return flaws, nil
}

// ofReferrers tells whether a tag is one under which registries and cosign keep
// what refers to images: sha256-<hex>, with an ending or without.
func ofReferrers(tag string) bool {
	return len(tag) >= len("sha256-")+64 && tag[:len("sha256-")] == "sha256-"
}
