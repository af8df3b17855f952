package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/evidence"
)

// verifyCatalog checks every approval of a catalog.
func (a *app) verifyCatalog(c *cli.Context) error {
	o, err := a.reporting(c)
	if err != nil {
		return err
	}
	if c.Args().Present() {
		return usageError("verify takes no argument: --catalog names the catalog")
	}
	b, err := a.book(c)
	if err != nil {
		return err
	}
	if err := b.must(); err != nil {
		return err
	}
	var flaws []approval.Flaw
	for i := range b.catalog.Images {
		im := &b.catalog.Images[i]
		for k := range im.Versions {
			v := &im.Versions[k]
			if v.Status == catalog.Revoked {
				continue // nobody can use it, so nothing needs to hold
			}
			for _, f := range b.judge.Flaws(b.own, im, v, "") {
				if f.Rule != approval.OutOfScope && f.Rule != approval.DeprecatedImage { // decided, and no mistake
					flaws = append(flaws, f)
				}
			}
			flaws = append(flaws, b.checkDetails(im, v)...)
		}
	}
	flaws = append(flaws, b.checkAccepted()...)
	return a.told(o, b, flaws)
}

// told prints flaws of the catalog at their lines.
func (a *app) told(o lintOptions, b *book, flaws []approval.Flaw) error {
	all := diagnosticsOf(flaws)
	for i := range all {
		all[i].Span.Start, all[i].Span.End = lint.LineSpan(string(b.text), flaws[i].Line)
	}
	result := lint.About(rules.ForApprovals(), b.catalog.File, all)
	if err := a.write(o, result, nil); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if o.failOn != 0 && graveCount(result.Summary, o.failOn) > 0 {
		return errFound
	}
	return nil
}

// checkDetails holds the file with what scanners found against its hash.
func (b *book) checkDetails(im *catalog.Image, v *catalog.Version) []approval.Flaw {
	if v.Details.File == "" {
		return nil
	}
	flaw := func(format string, args ...any) []approval.Flaw {
		return []approval.Flaw{{
			Rule: approval.EvidenceMismatch, Of: b.own.Of, File: b.name, Line: v.Line, Entry: im.Name + ":" + v.Tag,
			Message: fmt.Sprintf(format, args...), Help: "restore the file from the history of the repository, or renew the approval: `imgpolicy catalog renew " + im.Name + ":" + v.Tag + " --report FILE --report FILE`",
		}}
	}
	file := filepath.FromSlash(v.Details.File)
	if !filepath.IsLocal(file) {
		return flaw("%s leads out of the directory of the catalog", v.Details.File)
	}
	text, err := readFileOf(filepath.Join(filepath.Dir(b.path), file), evidence.MaxText)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return flaw("%s, which has what scanners found in %s:%s, does not exist", v.Details.File, im.Name, v.Tag)
	case err != nil:
		return flaw("%s cannot be read: %s", v.Details.File, why(err))
	case sum(text) != v.Details.SHA256:
		return flaw("%s has changed since %s:%s was approved: its SHA-256 is %s, and was %s", v.Details.File, im.Name, v.Tag, sum(text), v.Details.SHA256)
	}
	return nil
}

// checkAccepted finds findings that are accepted for longer than levels let them.
func (b *book) checkAccepted() []approval.Flaw {
	limit := b.judge.Limits.MaxExceptionDays
	if limit.Value == 0 {
		return nil
	}
	var flaws []approval.Flaw
	for _, accepted := range b.catalog.Accepted {
		if days := b.judge.Today.DaysUntil(accepted.Until); days > limit.Value {
			flaws = append(flaws, approval.Flaw{
				Rule: approval.FindingsOverLimit, Of: b.own.Of, File: b.name, Line: accepted.Line, Entry: accepted.ID,
				Message: fmt.Sprintf("%s is accepted until %s, %d days from today, and %d are the most%s", accepted.ID, accepted.Until, days, limit.Value, limit.Place()),
				Help:    "write " + b.judge.Today.Plus(limit.Value).String() + " at the latest",
			})
		}
	}
	return flaws
}
