package rules

import (
	"fmt"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

func digestMismatch() *lint.Rule {
	return &lint.Rule{
		ID:               "digest-mismatch",
		Summary:          "digest that differs from another of the same name",
		Severity:         lint.Warning,
		SecuritySeverity: "5.0",
		Doc: `One tag stands for one image. Where it has two digests, one of them is older than
the other or wrong: a half-done update, or a digest that somebody slipped in. The
same goes for the checksums of one URL and the commits of one git ref.

Compared are the Dockerfiles of a run with each other, a warning, and each with
the ` + "`imgpolicy.lock`" + ` in force, an error: the lock is what was reviewed. An image
may have a digest of its own for each platform.`,
		Bad: "FROM alpine:3.20@" + examplePin + " AS build\n" +
			"FROM alpine:3.20@sha256:1111111111111111111111111111111111111111111111111111111111111111\n",
		Good:    "FROM alpine:3.20@" + examplePin + " AS build\nFROM alpine:3.20@" + examplePin + "\n",
		Compare: elsewhere,
		Check: func(p *lint.Pass) {
			for i := range p.Inputs {
				if src := p.Inputs[i].Source; src == nil || !src.Pinned() {
					continue
				}
				if e, ok := p.InLock(i); ok {
					compareLocked(p, i, e)
				} else {
					reportPin(p, i)
				}
			}
		},
	}
}

// compareLocked compares an input with its entry in the lock.
func compareLocked(p *lint.Pass, index int, e lint.LockEntry) {
	in := &p.Inputs[index]
	_, pin := source.Unpin(in.Source)
	if pin == e.Digest || pin == e.Platforms[in.Platform] {
		return
	}
	p.ReportInput(index, lint.Diagnostic{
		Severity: lint.Error,
		Message:  fmt.Sprintf("%s is pinned to %s, but %s has %s", pinnedName(in.Source), short(pin), p.Lock.Place(e), short(e.Digest)),
		Help: fmt.Sprintf("if the lock is right, write %s\nif this is, `imgpolicy lock` takes it into the lock",
			repin(in, pin, e.Digest)),
		Fixes: repinFix(p, in, pin, e.Digest, "take the digest of the lock"),
	})
}

// reportPin reports a pin for the case that the run has another one.
func reportPin(p *lint.Pass, index int) {
	in := &p.Inputs[index]
	_, pin := source.Unpin(in.Source)
	d := lint.Diagnostic{Message: fmt.Sprintf("%s is pinned to %s here", pinnedName(in.Source), short(pin))}
	if img, ok := in.Source.(source.Image); ok {
		d.Help = fmt.Sprintf("`docker buildx imagetools inspect %s:%s --format '{{.Manifest.Digest}}'` prints the digest of today", img.ShortName(), img.Tag())
	}
	p.ReportPin(index, d)
}

// elsewhere says what a source is pinned to in other places.
func elsewhere(d *lint.Diagnostic, others []lint.WrittenPin) {
	d.Message += ", and elsewhere to " + short(others[0].Digest)
	related := make([]lint.Related, len(others), len(others)+len(d.Related))
	for i, o := range others {
		related[i] = lint.Related{Message: "pinned to " + short(o.Digest), File: o.File, Span: o.Span, Range: o.Range}
	}
	d.Related = append(related, d.Related...)
}
