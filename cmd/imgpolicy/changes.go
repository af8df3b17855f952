package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/fix"
)

// change is what one fix did, as people read it.
type change struct {
	file  string
	line  int
	rule  string
	title string
	// before and after are the words that changed; after is "" where they are
	// gone.
	before, after string
}

// newChange describes a fix of a text. Credentials are not shown.
func newChange(file, text string, a fix.Applied, secrets *dockerfile.Secrets) change {
	c := change{file: file, rule: a.Diagnostic.Rule.ID, title: a.Fix.Title, line: a.Diagnostic.Range.Start.Line}
	edits := slices.Clone(a.Fix.Edits)
	slices.SortFunc(edits, func(x, y lint.Edit) int { return x.Span.Start - y.Span.Start })
	if len(edits) == 0 {
		return c
	}
	c.line = edits[0].Range.Start.Line
	region := words(text, dockerfile.Span{Start: edits[0].Span.Start, End: edits[len(edits)-1].Span.End})
	var after strings.Builder
	at := region.Start
	for _, e := range edits {
		after.WriteString(text[at:e.Span.Start] + e.New)
		at = e.Span.End
	}
	after.WriteString(text[at:region.End])
	c.before = strings.TrimSpace(secrets.Redact(text[region.Start:region.End]))
	c.after = strings.TrimSpace(secrets.Redact(after.String()))
	if in := a.Diagnostic.Input; in != nil && strings.EqualFold(c.before, in.Instruction) {
		// A flag was added: the keyword alone would not tell to what.
		c.before, c.after = c.before+" "+in.Word, c.after+" "+in.Word
	}
	return c
}

// words widens a span to the words that it touches.
func words(text string, s dockerfile.Span) dockerfile.Span {
	const blanks = " \t\r\n"
	for s.Start > 0 && !strings.ContainsRune(blanks, rune(text[s.Start-1])) {
		s.Start--
	}
	for s.End < len(text) && !strings.ContainsRune(blanks, rune(text[s.End])) && (s.Empty() || text[s.End-1] != '\n') {
		s.End++
	}
	return s
}

// changesText lists what fixes did. What two of them did alike is listed once.
func changesText(changes []change, arrow string) string {
	var b strings.Builder
	var told []change
	for _, c := range changes {
		place := c
		place.rule, place.title = "", ""
		if slices.Contains(told, place) {
			continue
		}
		told = append(told, place)
		after := c.after
		if after == "" {
			after = "(removed)"
		}
		fmt.Fprintf(&b, "%s:%d: %s %s %s\n", visible(c.file), c.line, visible(c.before), arrow, visible(after))
		fmt.Fprintf(&b, "    %s: %s\n", c.rule, visible(c.title))
	}
	return b.String()
}

// leftText lists what was not mended, with what its rule advises.
func leftText(left []lint.Diagnostic, refused []fix.Refused) string {
	var b strings.Builder
	for i := range left {
		d := &left[i]
		fmt.Fprintf(&b, "%s:%d: %s: %s\n", visible(d.File), max(1, d.Range.Start.Line), d.Rule.ID, visible(d.Message))
		for line := range strings.Lines(d.Help) {
			fmt.Fprintf(&b, "    %s\n", visible(strings.TrimSuffix(line, "\n")))
		}
		if r := slices.IndexFunc(refused, func(r fix.Refused) bool { return same(r.Diagnostic, d) && r.Err != nil }); r >= 0 {
			fmt.Fprintf(&b, "    not made: %s: %s\n", visible(refused[r].Fix.Title), visible(refused[r].Err.Error()))
		} else if len(d.Fixes) > 0 && fix.Choose(d, false) == nil {
			fmt.Fprintf(&b, "    --unsafe would: %s\n", visible(d.Fixes[0].Title))
		}
	}
	return b.String()
}

func same(a, b *lint.Diagnostic) bool {
	return a.Rule == b.Rule && a.File == b.File && a.Span == b.Span && a.Message == b.Message
}
