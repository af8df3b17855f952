package rules

import (
	"regexp"
	"strings"
	"sync"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

// written is the text of an input's word as it stands in the file.
type written struct {
	text string // without the quotes around it
	// span is where it stands. Over several lines it has continuations in it, and
	// only its ends are places of the text.
	span dockerfile.Span
	// masked is text with every variable in it blotted out by as many "x".
	masked string
}

// writtenWord finds the word of an input. ok is false where it has no text of
// its own, or the way back to it is lost.
func writtenWord(p *lint.Pass, in *dockerfile.Input) (w written, ok bool) {
	if in.Span.Empty() || in.Context != "" {
		return w, false
	}
	text := p.File.Text[in.Span.Start:in.Span.End]
	w = written{text: continuation().ReplaceAllString(text, ""), span: in.Span}
	if trimmed, quoted := unquoted(w.text); quoted {
		w.text, w.span = trimmed, dockerfile.Span{Start: in.Span.Start + 1, End: in.Span.End - 1}
	}
	word, _ := unquoted(in.Word)
	w.masked = variable().ReplaceAllStringFunc(w.text, func(v string) string { return strings.Repeat("x", len(v)) })
	return w, w.text == word
}

var (
	// continuation is what goes on in the next line, behind comments and empty lines.
	continuation = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("[\\\\`][ \t]*\r?\n(?:[ \t]*(?:#[^\n]*)?\n)*") })
	variable     = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}|\$[A-Za-z_][A-Za-z0-9_]*`)
	})
)

// unquoted takes off the quotes around a word.
func unquoted(word string) (string, bool) {
	for _, quote := range []string{`"`, `'`} {
		if inner, ok := strings.CutSuffix(word, quote); ok && strings.HasPrefix(inner, quote) {
			return inner[1:], true
		}
	}
	return word, false
}

// oneLine tells whether every byte of the text has its place in the file.
func (w written) oneLine() bool { return len(w.text) == w.span.End-w.span.Start }

// insert is an edit that writes text at an offset of the word, which is its end
// or one of a word on one line.
func (w written) insert(at int, text string) lint.Edit {
	end := w.span.End - (len(w.text) - at)
	return lint.Edit{Span: dockerfile.Span{Start: end, End: end}, New: text}
}

// replace is an edit of a part of a word on one line.
func (w written) replace(start, end int, text string) lint.Edit {
	return lint.Edit{Span: dockerfile.Span{Start: w.span.Start + start, End: w.span.Start + end}, New: text}
}

// given tells whether flags of the build decide some of a word: the file is not
// the place to pin what they say.
func given(in *dockerfile.Input) bool {
	for _, v := range in.Variables {
		if v.Origin == dockerfile.FromBuildArg {
			return true
		}
	}
	return false
}

// knownFrom is where a pin comes from, to stand behind what it says.
func knownFrom(pin lint.Pin) string { return " (" + pin.From + ")" }
