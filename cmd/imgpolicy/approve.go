package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/evidence"
	"github.com/imgpolicy/imgpolicy/policy/level"
	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

const approveDescription = `Adds a version of an image to the catalog of approved images. REF is looked up once:
what its tag means now is what is approved. Each report must be about that image by
digest; together they must meet what the levels of the config ask for.

Reports are those of scanners: Trivy's and Grype's JSON, SARIF, CycloneDX, in-toto
statements about vulnerabilities with or without an envelope (whose signatures are not
verified), and Clair's. With --copy the image goes into the private registry, with all
that refers to it.

Conditions that are not met are diagnostics, in every format, and the exit code is 1;
what cannot be read is exit code 2. Nothing is written then. --by is a claim: the
history of the catalog's repository is the proof.`

// evidenceFlags are those of what scanners found.
func evidenceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "report", Usage: "take the report of a scanner in `FILE`; repeat for each"},
		&cli.StringSliceFlag{Name: "vex", Usage: "take the OpenVEX document in `FILE`; repeat for each"},
		&cli.BoolFlag{Name: "assert-subject", Usage: "vouch for reports that name no digest"},
		&cli.StringFlag{Name: "expires", Usage: "the last day is `DATE`, or so many days from now: 90d"},
		&cli.StringFlag{Name: "by", Usage: "`NAME` of who decides"},
		&cli.StringFlag{Name: "ticket", Usage: "where it was decided, such as an `ID`"},
	}
}

func (a *app) approveCommand() *cli.Command {
	return &cli.Command{
		Name: "approve", Usage: "approve a version of an image", ArgsUsage: "REF", Description: approveDescription,
		Flags: slices.Concat(evidenceFlags(), []cli.Flag{
			&cli.StringSliceFlag{Name: "scope", Usage: "approve it for this `SCOPE`: organization, program:NAME,\nproject:NAME/NAME or application:NAME/NAME/NAME"},
			&cli.StringSliceFlag{Name: "license", Usage: "the image is under this `ID` of a licence; without it\nthose that reports name"},
			&cli.StringFlag{Name: "owner", Usage: "`NAME` of who answers for the image"},
			&cli.BoolFlag{Name: "copy", Usage: "copy the image into the private registry of the catalog"},
		}, changeFlags(), catalogFlags(), networkFlags(), outputFlags(), []cli.Flag{colorFlag()}),
		Action: a.approve,
	}
}

func (a *app) approve(c *cli.Context) error {
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
	scope := splitWords(c.StringSlice("scope"))
	if len(scope) == 0 {
		return usageError("--scope is missing: say who may use it, such as --scope organization or --scope program:payments")
	}
	for _, s := range scope {
		if wrong := catalog.WrongScope(s); wrong != "" {
			return usageError(fmt.Sprintf("--scope %q is %s", s, wrong))
		}
	}
	p.request.Scope, p.request.Owner = scope, c.String("owner")
	if given := splitWords(c.StringSlice("license")); len(given) > 0 {
		p.request.Licenses = given
	}
	if err := p.resolve(c.Context, img); err != nil {
		return err
	}
	if c.Bool("copy") {
		p.copyFrom = img
	}
	p.request.Private = p.private(c.Bool("copy"))
	if c.Bool("copy") && p.request.Private == "" {
		return failure{p.book.name, "has neither registry nor mapping: nobody knows where copies go", "add `\"registry\": \"HOST/PATH\"` to it"}
	}
	return p.run(c, "approve")
}

// oneImage is the image that a command line names, with its tag.
func oneImage(c *cli.Context) (source.Image, error) {
	if c.NArg() != 1 || c.Args().First() == "" {
		return source.Image{}, usageError(c.Command.Name + " takes one reference of an image, such as node:20.11.1")
	}
	img, err := source.ParseReference(c.Args().First())
	switch {
	case err != nil:
		return img, usageError(fmt.Sprintf("%q is no reference of an image: %v", c.Args().First(), err))
	case img.Tag() == "":
		return img, usageError("a version has a tag: write " + img.ShortName() + ":TAG, with the digest behind it or without")
	}
	return img, nil
}

// approving is one approval, new or renewed.
type approving struct {
	app     *app
	book    *book
	options lintOptions
	request approval.Request
	network *network
	// copyFrom is the image to copy, the zero value for none.
	copyFrom source.Image
}

// newApproving reads what a command line says of an approval.
func (a *app) newApproving(c *cli.Context, img source.Image, o lintOptions) (*approving, error) {
	b, err := a.book(c)
	if err != nil {
		return nil, err
	}
	p := &approving{app: a, book: b, options: o}
	p.request = approval.Request{
		Image: img.Name(), Tag: img.Tag(), By: c.String("by"), Ticket: c.String("ticket"), Now: b.now, AssertSubject: c.Bool("assert-subject"),
	}
	if p.request.By == "" {
		return nil, usageError("--by is missing: say who decides")
	}
	if p.request.Expires, err = lastDay(c.String("expires"), catalog.DateOf(b.now)); err != nil {
		return nil, err
	}
	if len(c.StringSlice("report")) == 0 {
		return nil, usageError("--report is missing: name the reports of the scanners")
	}
	var failed failures
	for _, name := range c.StringSlice("report") {
		report, err := readEvidence(b.dir, name, evidence.Read)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		p.request.Reports = append(p.request.Reports, report)
	}
	for _, name := range c.StringSlice("vex") {
		vex, err := readEvidence(b.dir, name, evidence.ReadVEX)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		p.request.VEX = append(p.request.VEX, vex)
	}
	if failed != nil {
		return nil, append(failed, errors.New("nothing was approved"))
	}
	if b.text != nil && !c.Bool("dry-run") {
		err = b.unchanged()
	}
	if err == nil && c.Command.Name == "approve" {
		p.network, err = a.network(c, b.configs)
	}
	return p, err
}

func readEvidence[T any](dir, name string, read func(policy.File) (*T, error)) (*T, error) {
	path := absolute(dir, name)
	text, err := readFileOf(path, evidence.MaxText)
	if err != nil {
		return nil, unreadable(shownName(dir, path), err)
	}
	return read(policy.File{Name: shownName(dir, path), Text: text})
}

// lastDay reads a date, or so many days from today: "90d". No text is no day.
func lastDay(text string, today catalog.Date) (catalog.Date, error) {
	if text == "" {
		return catalog.Date{}, nil
	}
	if number, ok := strings.CutSuffix(text, "d"); ok {
		if days, err := strconv.Atoi(number); err == nil && days > 0 && days <= 36500 {
			return today.Plus(days), nil
		}
	}
	day, err := catalog.ParseDate(text)
	switch {
	case err != nil:
		return day, usageError(fmt.Sprintf("%q is no last day: write a date such as %s, or days such as 90d", text, today.Plus(90)))
	case day.Over(today):
		return day, usageError(fmt.Sprintf("%s is over: write a day from %s on", day, today))
	}
	return day, nil
}

// resolve looks up what the reference consists of.
func (p *approving) resolve(ctx context.Context, img source.Image) error {
	set, err := p.network.resolver.DigestSet(ctx, img)
	if err != nil {
		return err
	}
	p.request.Set = evidence.Set{Digest: set.Digest, Platforms: map[string]catalog.Platform{}}
	for name, of := range set.Platforms {
		p.request.Set.Platforms[name] = catalog.Platform{Manifest: of.Manifest, Config: of.Config}
	}
	return nil
}

// private is where the copy of the version is: where it goes now, or where an
// earlier approval of the same content put it.
func (p *approving) private(copied bool) string {
	if im := p.book.catalog.Find(p.request.Image); im != nil {
		for _, v := range im.Tagged(p.request.Tag) {
			if v.Digest == p.request.Set.Digest && v.Private != "" {
				return v.Private
			}
		}
	}
	if name := p.book.catalog.PrivateName(p.request.Image); copied && name != "" {
		return name + ":" + p.request.Tag
	}
	return ""
}

// run judges the request, and does what it asks for where nothing is in the way.
func (p *approving) run(c *cli.Context, action string) error {
	o := p.book.judge.Request(p.book.own, &p.request)
	p.waive(o)
	for _, note := range o.Notes {
		p.app.say("%s", note)
	}
	if len(o.Flaws) > 0 {
		return p.refuse(o)
	}
	line := auditLine{
		Action: action, By: p.request.By, Image: p.request.Image, Tag: p.request.Tag, Digest: p.request.Set.Digest, Private: p.request.Private,
		Scope: o.Version.Scope, Expires: o.Version.Expires.String(), Ticket: p.request.Ticket,
	}
	for _, e := range o.Version.Evidence {
		line.Reports = append(line.Reports, e.SHA256)
	}
	if p.copyFrom != (source.Image{}) && !p.book.dryRun {
		if err := p.copy(c.Context); err != nil {
			return err
		}
		line.Copied = true
	}
	details, text := o.Details(p.book.catalog)
	o.Version.Details = details
	p.book.catalog.Put(o.Image, o.Version)
	diff, err := p.book.save(line, map[string][]byte{details.File: text})
	if err != nil {
		return err
	}
	return p.done(o, action, diff)
}

// waive takes out what an exception of a level waives.
func (p *approving) waive(o *approval.Outcome) {
	known := []string{p.request.Image + "@" + p.request.Set.Digest}
	o.Flaws = slices.DeleteFunc(o.Flaws, func(f approval.Flaw) bool {
		by, why := level.Waive(p.book.levels.All, level.Finding{Rule: f.Rule, Sources: known, Of: f.Of}, catalog.DateOf(p.book.now))
		o.Notes = append(o.Notes, why...)
		if by != nil {
			o.Notes = append(o.Notes, fmt.Sprintf("%s is waived by the exception of %s: %s", f.Rule, by.Place(), by.Reason))
		}
		return by != nil
	})
}

// refuse prints the conditions that are not met.
func (p *approving) refuse(o *approval.Outcome) error {
	all := rules.ForApprovals()
	result := &lint.Result{Rules: all}
	byFile := map[string][]lint.Diagnostic{}
	var files []string
	for i, d := range diagnosticsOf(o.Flaws) {
		name := o.Flaws[i].File
		if name == "" {
			name = p.book.name
		}
		if _, ok := byFile[name]; !ok {
			files = append(files, name)
		}
		if line := o.Flaws[i].Line; line > 0 {
			at := dockerfile.Position{Line: line, Column: 1}
			d.Range = dockerfile.Range{Start: at, End: at}
		}
		byFile[name] = append(byFile[name], d)
	}
	for _, name := range files {
		result.Merge(lint.About(all, policy.File{Name: name}, byFile[name]))
	}
	if err := p.app.write(p.options, result, nil); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if result.Summary.Errors+result.Summary.Warnings == 0 {
		p.app.say("these come from a dry run, and stand in the way of an approval all the same")
	}
	p.app.say("%s was not approved, and %s is as it was", o.Image.Name+":"+o.Version.Tag, p.book.name)
	return errFound
}

func (p *approving) copy(ctx context.Context) error {
	to, err := source.ParseReference(p.request.Private)
	if err != nil {
		return failure{p.book.name, fmt.Sprintf("leads to %q for the copy, which is no reference: %v", p.request.Private, err), "correct its registry or mapping"}
	}
	from, err := p.copyFrom.WithDigest(p.request.Set.Digest)
	if err != nil {
		return err
	}
	copied, err := p.network.resolver.Copy(ctx, from, to)
	switch {
	case errors.Is(err, resolve.ErrTaken):
		return fmt.Errorf("%w; nothing was approved", err)
	case err != nil:
		return fmt.Errorf("copying to %s: %w; nothing was approved", p.request.Private, err)
	case copied.There:
		p.app.say("%s is there already", p.request.Private)
	default:
		p.app.say("copied to %s%s", p.request.Private, withReferrers(len(copied.Referrers)))
	}
	return nil
}

func withReferrers(n int) string {
	if n == 0 {
		return ""
	}
	return ", with " + countOf(n, "manifest that refers to it", "manifests that refer to it")
}

// done says what was approved, and how the catalog changed.
func (p *approving) done(o *approval.Outcome, action, diff string) error {
	if p.options.format.Name != "text" && p.options.format.Name != "github" || len(p.options.outputs) > 0 {
		result := &lint.Result{Rules: rules.ForApprovals(), Files: []string{p.book.name}, Summary: lint.Summary{Files: 1}}
		if err := p.app.write(p.options, result, nil); err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
	}
	verb := "Approved"
	if action == "renew" {
		verb = "Renewed"
	}
	if p.book.dryRun {
		verb = "Would have " + strings.ToLower(verb)
	}
	var scanners []string
	for _, e := range o.Version.Evidence {
		if !slices.Contains(scanners, e.Scanner) {
			scanners = append(scanners, e.Scanner)
		}
	}
	until := "for ever"
	if !o.Version.Expires.IsZero() {
		until = "until " + o.Version.Expires.String()
	}
	text := fmt.Sprintf("%s %s:%s@%s %s, for %s, by the word of %s\n", verb, o.Image.Name, o.Version.Tag, o.Version.Digest, until, strings.Join(o.Version.Scope, ", "), strings.Join(scanners, " and "))
	if p.options.format.Name != "text" && p.options.format.Name != "github" {
		p.app.say("%s", strings.TrimSuffix(text, "\n"))
		return nil
	}
	return p.app.answer(text + diff)
}
