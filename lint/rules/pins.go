package rules

import (
	"fmt"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

// pinnedName is what people call a source without its pin.
func pinnedName(src source.Source) string {
	switch s := src.(type) {
	case source.Image:
		if s.Tag() == "" {
			return s.ShortName()
		}
		return s.ShortName() + ":" + s.Tag()
	case source.Git:
		if s.Ref == "" {
			return s.Remote
		}
		return s.Remote + "#" + s.Ref
	case source.HTTP:
		return s.URL
	}
	return src.Identifier()
}

// short is a digest as messages tell two apart.
func short(digest string) string {
	algorithm, hex, ok := strings.Cut(digest, ":")
	if !ok {
		algorithm, hex = "", digest
	} else {
		algorithm += ":"
	}
	return algorithm + hex[:min(len(hex), 12)] + "…"
}

// repin says how to write another pin in place of the one an input has.
func repin(in *dockerfile.Input, old, pin string) string {
	if strings.Contains(in.Word, old) {
		return command(withoutUserInfo(strings.ReplaceAll(in.Word, old, pin)))
	}
	return fmt.Sprintf("%s in place of %s", command(pin), short(old))
}

// repinFix is the edit that does, where the pin stands in the word itself. It is
// never safe: something else is built.
func repinFix(p *lint.Pass, in *dockerfile.Input, old, pin, title string) []lint.Fix {
	text := p.File.Text[in.Span.Start:in.Span.End]
	at := strings.Index(text, old)
	if at < 0 || strings.Count(text, old) > 1 {
		return nil
	}
	start := in.Span.Start + at
	return []lint.Fix{{Title: title, Edits: []lint.Edit{{Span: dockerfile.Span{Start: start, End: start + len(old)}, New: pin}}}}
}

// takeToday says how to take what a name stands for today in place of a pin. Where
// the lock in force has that pin the lock comes first: by it the new one is wrong.
func takeToday(p *lint.Pass, index int, pin string, now lint.Upstream) (help string, fixes []lint.Fix) {
	in := &p.Inputs[index]
	help = "write " + repin(in, pin, now.Digest)
	if e, ok := p.InLock(index); ok && e.Digest != now.Digest {
		return help + ", once `imgpolicy lock --update` has it in " + p.Lock.File.Name, nil
	}
	return help, repinFix(p, in, pin, now.Digest, "take the digest of today")
}

// examplePin is a digest in the examples of rules.
const examplePin = "sha256:" + exampleDigest
