package lint

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// Pin is what an input can be pinned to, and how that is known. The zero value
// is that it is not.
type Pin struct {
	// Digest fixes the content: of an image its digest, "sha256:…", which is that
	// of the index where there is one; of a download the sha256 of the file,
	// "sha256:…"; of a git source the full commit.
	Digest string
	// Ref is the full name of the ref that a git commit was found under, such as
	// "refs/tags/v1" or "refs/heads/main"; "" for other sources.
	Ref string
	// From is where this is known from, in the words that people get to read:
	// "the registry", "imgpolicy.lock:7" or "api/Dockerfile:3".
	From string
}

// IsZero tells whether nothing is known.
func (p Pin) IsZero() bool { return p.Digest == "" }

// findPins asks, once for each input that is not pinned, what it could be pinned
// to. What could not be looked up is noted: the rest is linted all the same.
func (p *Pass) findPins(ctx context.Context) {
	p.Pins, p.securePins = make([]Pin, len(p.Inputs)), make([]Pin, len(p.Inputs))
	if p.linter.Pins == nil && p.Lock == nil && p.Levels.judge() == nil {
		return
	}
	errs := make([]error, len(p.Inputs))
	each := together
	if p.linter.Pins == nil {
		each = inOrder // a lock and catalogs answer at once
	}
	each(len(p.Inputs), func(i int) {
		src := p.Inputs[i].Source
		if src == nil || !fetched(src.Kind()) {
			return
		}
		platform := platformOf(&p.Inputs[i])
		if !src.Pinned() {
			p.Pins[i], errs[i] = p.findPin(ctx, src, platform)
		}
		if h, ok := overHTTPS(src); ok {
			// That nothing answers there is no failure: it is not what the file asks for.
			if pin, found, err := p.askPin(ctx, h, platform); err == nil && found && pin.fits(h) == nil {
				p.securePins[i] = pin
			}
		}
	})
	p.lookupsFailed(errs)
}

// inOrder calls do for each of n, one after the other.
func inOrder(n int, do func(i int)) {
	for i := range n {
		do(i)
	}
}

// maxTogether bounds how many lookups of one file wait for answers at a time.
const maxTogether = 8

// together calls do for each of n, several at a time, and waits for them.
func together(n int, do func(i int)) {
	slots := make(chan struct{}, maxTogether)
	var waiting sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		waiting.Go(func() {
			do(i)
			<-slots
		})
	}
	waiting.Wait()
}

// overHTTPS is a download over plain HTTP as https would have it.
func overHTTPS(src source.Source) (source.HTTP, bool) {
	if h, ok := src.(source.HTTP); ok {
		return h.OverHTTPS()
	}
	return source.HTTP{}, false
}

// fetched tells whether sources of a kind come from elsewhere.
func fetched(kind source.Kind) bool {
	return kind == source.KindImage || kind == source.KindHTTP || kind == source.KindGit
}

func (p *Pass) findPin(ctx context.Context, src source.Source, platform string) (Pin, error) {
	pin, found, err := p.askPin(ctx, src, platform)
	if err == nil && found {
		err = pin.fits(src)
	}
	if err != nil || !found {
		return Pin{}, err
	}
	return pin, nil
}

// lookupsFailed notes what went wrong with inputs, in their order.
func (p *Pass) lookupsFailed(errs []error) {
	for i, err := range errs {
		if err != nil {
			p.lookupFailed(i, "looking up "+p.Inputs[i].Source.Identifier(), err)
		}
	}
}

// lookupFailed notes, once, that something could not be looked up: the rest is
// linted all the same, but the run is not clean. doing says what for, where the
// error does not name the source itself.
func (p *Pass) lookupFailed(input int, doing string, err error) {
	text := err.Error()
	if !errors.As(err, new(interface{ Names() string })) {
		text = doing + ": " + text
	}
	shown := shownError{text: p.redact(text), cause: err}
	if span := p.Inputs[input].Span; !span.Empty() {
		shown.line = p.File.Range(span).Start.Line
	}
	p.lookupErrors = noteError(p.lookupErrors, shown)
}

func noteError(all []shownError, err shownError) []shownError {
	if slices.ContainsFunc(all, func(have shownError) bool { return have.text == err.text }) {
		return all
	}
	return append(all, err)
}

// fits tells whether a pin is one for a source. What it says is written into
// files, so it has to be nothing but a digest.
func (p Pin) fits(src source.Source) error {
	switch src := src.(type) {
	case source.Image:
		_, err := src.WithDigest(p.Digest)
		return err
	case source.HTTP:
		if _, err := source.ParseHTTP(src.URL, p.Digest); err != nil || !strings.HasPrefix(p.Digest, "sha256:") {
			return fmt.Errorf("%q is no sha256 checksum", p.Digest)
		}
	case source.Git:
		if !source.IsCommit(p.Digest) {
			return fmt.Errorf("%q is no full commit", p.Digest)
		}
	}
	return nil
}

// Varies tells whether an input is another one where the build is for another
// platform or runs on one. No pin is right for all of them then.
func (p *Pass) Varies(input int) bool {
	if p.elsewhere == nil {
		p.elsewhere = p.onOtherPlatform()
	}
	in := &p.Inputs[input]
	there := p.elsewhere[in.Span]
	return in.Source == nil || there == "" || there != in.Source.Identifier()
}

// onOtherPlatform are the sources of a build for a platform that is none of
// those that people build for, by where they stand: it may have other inputs, as
// with FROM base-$TARGETARCH. What is not known, or has several sources, is "".
func (p *Pass) onOtherPlatform() map[dockerfile.Span]string {
	build := p.build
	build.BuildArgs = maps.Clone(build.BuildArgs)
	if build.BuildArgs == nil {
		build.BuildArgs = map[string]string{}
	}
	for _, of := range []string{"TARGET", "BUILD"} {
		for name, value := range map[string]string{
			"PLATFORM": "freebsd/arm/v7", "OS": "freebsd", "ARCH": "arm", "VARIANT": "v7", "OSVERSION": "14",
		} {
			if _, given := build.BuildArgs[of+name]; !given {
				build.BuildArgs[of+name] = value
			}
		}
	}
	all := map[dockerfile.Span]string{}
	for _, in := range p.File.Resolve(build).Inputs {
		id := ""
		if in.Source != nil {
			id = in.Source.Identifier()
		}
		if other, ok := all[in.Span]; ok && other != id {
			id = ""
		}
		all[in.Span] = id
	}
	return all
}

// SameOverHTTPS tells whether the file of a download over plain HTTP is known
// to be the one that its host has over https, and where from.
func (p *Pass) SameOverHTTPS(input int) (from string, same bool) {
	h, ok := p.Inputs[input].Source.(source.HTTP)
	secure := p.securePins[input]
	if !ok || secure.IsZero() {
		return "", false
	}
	plain := p.Pins[input].Digest
	if h.Pinned() {
		plain = h.Checksum.String()
	}
	return secure.From, plain == secure.Digest
}

// shownError is an error whose text has no credentials.
type shownError struct {
	text  string
	line  int // where it is about an input that is written in the file, else 0
	cause error
}

func (e shownError) Error() string { return e.text }

// Unwrap is the cause, which may name them.
func (e shownError) Unwrap() error { return e.cause }
