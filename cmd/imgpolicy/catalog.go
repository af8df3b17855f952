package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

const catalogDescription = `A catalog is the list of approved images of an organization, one JSON file that is made
to be committed and reviewed. "imgpolicy approve" adds to it. Every change adds a line to
audit.jsonl beside it.`

func (a *app) catalogCommand() *cli.Command {
	change := slices.Concat(changeFlags(), catalogFlags())
	by := &cli.StringFlag{Name: "by", Usage: "`NAME` of who decides"}
	reason := &cli.StringFlag{Name: "reason", Usage: "why, in `TEXT`"}
	replaced := &cli.StringFlag{Name: "replaced-by", Usage: "what to use instead: a tag of the image, or another `REF`"}
	return &cli.Command{
		Name: "catalog", Usage: "work on the catalog of approved images", Description: catalogDescription,
		Subcommands: []*cli.Command{
			{
				Name: "verify", Usage: "check every approval, offline", Action: a.verifyCatalog,
				Description: "Holds every version that is not revoked against what the levels ask for today, and the\nfiles with what scanners found against their hashes. What lint would report of a version\nis a diagnostic at its line.",
				Flags:       slices.Concat(outputFlags(), []cli.Flag{colorFlag(), &cli.StringFlag{Name: "fail-on", Value: "error", Usage: "exit with 1 from this `SEVERITY` on: error (default),\nwarning, info, or never"}}, catalogFlags()),
			},
			{
				Name: "list", Usage: "list the approved versions", Action: a.listCatalog,
				Flags: append([]cli.Flag{
					&cli.StringFlag{Name: "format", Value: "text", Usage: "print in this `FORMAT`: text (default) or json"},
					&cli.StringFlag{Name: "expiring", Usage: "only approvals that end within so many `DAYS`, or have\nended: 30d"},
					&cli.StringFlag{Name: "image", Usage: "only versions of this `IMAGE`"},
					&cli.StringFlag{Name: "status", Usage: "only those with this `STATUS`: approved, deprecated or\nrevoked"},
				}, catalogFlags()...),
			},
			{
				Name: "renew", Usage: "renew an approval by new reports", ArgsUsage: "REF", Action: a.renew,
				Description: "Approves the content that the catalog has for REF once more, by reports that were made\nsince. Nothing is looked up: the digest stays the same.",
				Flags:       slices.Concat(evidenceFlags(), change, outputFlags(), []cli.Flag{colorFlag()}),
			},
			{
				Name: "revoke", Usage: "take an approval back", ArgsUsage: "REF", Flags: append([]cli.Flag{reason, replaced, by}, change...),
				Action: func(c *cli.Context) error { return a.setStatus(c, catalog.Revoked) },
			},
			{
				Name: "deprecate", Usage: "let a version give way to another", ArgsUsage: "REF", Flags: append([]cli.Flag{reason, replaced, by}, change...),
				Action: func(c *cli.Context) error { return a.setStatus(c, catalog.Deprecated) },
			},
			{
				Name: "accept", Usage: "let a finding remain for a time", ArgsUsage: "ID", Action: a.accept,
				Flags: append([]cli.Flag{
					&cli.StringFlag{Name: "image", Usage: "in this `IMAGE` alone; without it in every one"},
					&cli.StringFlag{Name: "until", Usage: "the last day is `DATE`, or so many days from now: 30d"},
					&cli.StringFlag{Name: "status", Usage: "the `STATUS` in words of OpenVEX: affected (default),\nnot_affected or fixed"},
					reason, by,
				}, change...),
			},
			{
				Name: "audit", Usage: "compare the private registry with the catalog", Action: a.auditRegistry,
				Description: "Asks the registry for the tags of every repository that the catalog has copies in, and\nreports copies that are missing or have other content, and tags that nobody approved.",
				Flags:       slices.Concat(outputFlags(), []cli.Flag{colorFlag()}, catalogFlags(), networkFlags()),
			},
		},
	}
}

// renew approves what the catalog has once more.
func (a *app) renew(c *cli.Context) error {
	options, err := a.reporting(c)
	if err != nil {
		return err
	}
	img, err := oneImage(c)
	if err != nil {
		return err
	}
	p, err := a.newApproving(c, img, options)
	if err != nil {
		return err
	}
	if err := p.book.must(); err != nil {
		return err
	}
	im, v, err := p.book.one(img)
	if err != nil {
		return err
	}
	if v.Status == catalog.Revoked {
		return failure{im.Name + ":" + v.Tag, "is revoked, and is not renewed", "where the revocation was a mistake, take it out of the catalog first"}
	}
	p.request.Image, p.request.Tag, p.request.Set = im.Name, v.Tag, approval.SetOf(v)
	p.request.Scope, p.request.Private = v.Scope, v.Private
	if p.request.Ticket == "" {
		p.request.Ticket = v.Ticket
	}
	return p.run(c, "renew")
}

// one is the version of the catalog that a reference means, under the public or
// the private name: of several with its tag the newest.
func (b *book) one(img source.Image) (*catalog.Image, *catalog.Version, error) {
	im := b.catalog.Find(img.Name())
	if im == nil {
		im = b.catalog.FindPrivate(img.Name())
	}
	if im == nil {
		return nil, nil, failure{b.name, "has no image " + img.ShortName(), "`imgpolicy catalog list` shows what it has"}
	}
	var found *catalog.Version
	for _, v := range im.Tagged(img.Tag()) {
		if !img.Pinned() || v.Has(img.Digest()) {
			found = v
		}
	}
	if found == nil {
		var tags []string
		for _, v := range im.Versions {
			tags = append(tags, v.Tag)
		}
		return nil, nil, failure{b.name, fmt.Sprintf("has no version %s of %s", img.Tag(), im.Name), "it has " + strings.Join(slices.Compact(tags), ", ")}
	}
	return im, found, nil
}

// setStatus revokes or deprecates a version.
func (a *app) setStatus(c *cli.Context, status catalog.Status) error {
	img, err := oneImage(c)
	if err != nil {
		return err
	}
	switch {
	case c.String("reason") == "":
		return usageError("--reason is missing: people will ask why")
	case c.String("by") == "":
		return usageError("--by is missing: say who decides")
	}
	b, err := a.book(c)
	if err != nil {
		return err
	}
	if err := b.must(); err != nil {
		return err
	}
	im, v, err := b.one(img)
	if err != nil {
		return err
	}
	v.Status, v.Reason, v.ReplacedBy = status, c.String("reason"), c.String("replaced-by")
	line := auditLine{Action: map[catalog.Status]string{catalog.Revoked: "revoke", catalog.Deprecated: "deprecate"}[status], By: c.String("by"), Image: im.Name, Tag: v.Tag, Digest: v.Digest, Reason: v.Reason}
	return b.changed(line, fmt.Sprintf("%s:%s is %s", im.Name, v.Tag, status))
}

// changed saves the catalog, and says what has become of it.
func (b *book) changed(line auditLine, said string) error {
	diff, err := b.save(line, nil)
	if err != nil {
		return err
	}
	if b.dryRun {
		said = "Would be written: " + said
	}
	return b.app.answer(said + "\n" + diff)
}

// accept lets a finding remain.
func (a *app) accept(c *cli.Context) error {
	if status := c.String("status"); status != "" && !slices.Contains(acceptedStatuses, status) {
		return unknown("status", status, acceptedStatuses)
	}
	if c.NArg() != 1 || strings.TrimSpace(c.Args().First()) == "" {
		return usageError("accept takes the ID of one finding, such as CVE-2025-0001")
	}
	for _, name := range []string{"until", "reason", "by"} {
		if c.String(name) == "" {
			return usageError("--" + name + " is missing")
		}
	}
	b, err := a.book(c)
	if err != nil {
		return err
	}
	if err := b.must(); err != nil {
		return err
	}
	accepted := catalog.Accepted{ID: c.Args().First(), Reason: c.String("reason"), By: c.String("by"), Status: c.String("status")}
	today := catalog.DateOf(b.now)
	if accepted.Until, err = lastDay(c.String("until"), today); err != nil {
		return err
	}
	if limit := b.judge.Limits.MaxExceptionDays; limit.Value > 0 && today.DaysUntil(accepted.Until) > limit.Value {
		return usageError(fmt.Sprintf("--until %s is more than %d days away, which are the most%s: write %s at the latest", accepted.Until, limit.Value, limit.Place(), today.Plus(limit.Value)))
	}
	if name := c.String("image"); name != "" {
		img, err := source.ParseReference(name)
		if err != nil {
			return usageError(fmt.Sprintf("--image %q is no image: %v", name, err))
		}
		accepted.Image = img.Name()
	}
	b.catalog.Accept(accepted)
	return b.changed(auditLine{Action: "accept", By: accepted.By, Image: accepted.Image, Finding: accepted.ID, Reason: accepted.Reason, Until: accepted.Until.String()},
		fmt.Sprintf("%s may remain%s until %s", accepted.ID, strings.TrimSuffix(" in "+accepted.Image, " in "), accepted.Until))
}

// acceptedStatuses are the values of accept --status.
var acceptedStatuses = []string{"affected", "not_affected", "fixed"}
