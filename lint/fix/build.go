package fix

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// SameBuild is the check of a Dockerfile: the text still is one, nothing new is
// wrong with it, and each build fetches what it did, pins and https apart.
// Without builds it is one with the default options. others tell of what else may
// stand in the place of a source, such as an approved copy of it.
func SameBuild(builds []dockerfile.Options, others ...func(a, b source.Source) bool) func(before, after string) error {
	return comparing(builds, append(others, sameButPinned))
}

// SameNames is the check of SameBuild for those who take another content: a pin
// may also stand in the place of another one.
func SameNames(builds []dockerfile.Options, others ...func(a, b source.Source) bool) func(before, after string) error {
	return comparing(builds, append(others, sameButPinned, repinned))
}

func comparing(builds []dockerfile.Options, may []func(a, b source.Source) bool) func(before, after string) error {
	same := func(a, b source.Source) bool {
		return slices.ContainsFunc(may, func(same func(a, b source.Source) bool) bool { return same(a, b) })
	}
	if len(builds) == 0 {
		builds = make([]dockerfile.Options, 1)
	}
	return func(before, after string) error {
		old, now := dockerfile.Parse("", []byte(before)), dockerfile.Parse("", []byte(after))
		pinned := map[dockerfile.Span]string{}
		for _, build := range builds {
			if err := sameResolution(old.Resolve(build), now.Resolve(build), pinned, same); err != nil {
				return err
			}
		}
		return nil
	}
}

// sameResolution compares what one build fetches. pinned holds, by where it
// stood, what other builds had pinned there: one digest cannot be right for two
// sources.
func sameResolution(old, now *dockerfile.Resolution, pinned map[dockerfile.Span]string, same func(a, b source.Source) bool) error {
	if problems(now) != problems(old) {
		for _, p := range now.Problems {
			if p.Kind != dockerfile.UndefinedProblem {
				return fmt.Errorf("BuildKit would refuse the outcome: %s", source.Redact(p.Message))
			}
		}
		return errors.New("the outcome would not read the same")
	}
	if len(old.Stages) != len(now.Stages) || len(old.Inputs) != len(now.Inputs) {
		return errors.New("the build would fetch other things")
	}
	for i := range old.Stages {
		if old.Stages[i] != now.Stages[i] {
			return errors.New("the stages would be others")
		}
	}
	for i := range old.Inputs {
		a, b := &old.Inputs[i], &now.Inputs[i]
		if a.Kind != b.Kind || a.Instruction != b.Instruction || a.Stage != b.Stage || a.Platform != b.Platform || a.Reached != b.Reached ||
			a.Onbuild != b.Onbuild || a.Context != b.Context || a.Words != b.Words || a.Unknown.Reason != b.Unknown.Reason ||
			(a.Source == nil) != (b.Source == nil) || (a.Err == nil) != (b.Err == nil) {
			return fmt.Errorf("%s would be another input", source.Redact(a.Word))
		}
		if a.Source == nil {
			continue
		}
		if !same(a.Source, b.Source) {
			return fmt.Errorf("the build would fetch %s, and not %s", source.Redact(b.Source.Identifier()), source.Redact(a.Source.Identifier()))
		}
		if b.Source.Pinned() && !a.Source.Pinned() {
			if other, ok := pinned[a.Span]; ok && other != a.Source.Identifier() {
				return fmt.Errorf("%s is another source in another build, which has another digest", source.Redact(a.Word))
			}
			pinned[a.Span] = a.Source.Identifier()
		}
	}
	return nil
}

// problems counts what BuildKit says, by kind. What it says may change with the
// text that it quotes.
func problems(r *dockerfile.Resolution) [4]int {
	var n [4]int
	for _, p := range r.Problems {
		n[p.Kind]++
	}
	return n
}

// sameButPinned tells whether b is a with nothing changed but what pins it or
// how it is carried.
func sameButPinned(a, b source.Source) bool {
	switch a := a.(type) {
	case source.Image:
		b, ok := b.(source.Image)
		return ok && a.Name() == b.Name() && a.Tag() == b.Tag() && (a.Digest() == b.Digest() || !a.Pinned())
	case source.HTTP:
		b, ok := b.(source.HTTP)
		return ok && a.Filename == b.Filename && sameAddress(a.URL, b.URL) && (a.Checksum == b.Checksum || !a.Pinned())
	case source.Git:
		b, ok := b.(source.Git)
		return ok && sameGit(a, b)
	}
	return a.Identifier() == b.Identifier()
}

// repinned tells whether b is a with another pin.
func repinned(a, b source.Source) bool {
	if !a.Pinned() || !b.Pinned() {
		return false
	}
	switch a := a.(type) {
	case source.Image:
		b, ok := b.(source.Image)
		return ok && a.Name() == b.Name() && a.Tag() == b.Tag()
	case source.Git:
		b, ok := b.(source.Git)
		a.Checksum = b.Checksum
		return ok && a == b
	}
	return false
}

func sameGit(a, b source.Git) bool {
	if !sameAddress(a.Remote, b.Remote) {
		return false
	}
	pinned := a.Pinned()
	sameRef := a.Ref == b.Ref || !pinned && source.IsCommit(b.Ref)
	sameSum := a.Checksum == b.Checksum || !pinned && source.IsCommit(b.Checksum)
	a.Remote, a.Scheme, a.Host, a.Ref, a.Checksum = b.Remote, b.Scheme, b.Host, b.Ref, b.Checksum
	return sameRef && sameSum && a == b
}

// sameAddress tells whether an address is another one, or that over https.
func sameAddress(a, b string) bool {
	if a == b {
		return true
	}
	for scheme, port := range map[string]string{"http://": ":80", "git://": ":9418"} {
		rest, ok := strings.CutPrefix(a, scheme)
		secure, isSecure := strings.CutPrefix(b, "https://")
		if !ok || !isSecure {
			continue
		}
		host := rest
		if i := strings.IndexAny(rest, "/?#"); i >= 0 {
			host = rest[:i]
		}
		return secure == rest || secure == strings.TrimSuffix(host, port)+rest[len(host):]
	}
	return false
}
