package dockerfile

import (
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Ignore is a directive that asks not to hear of something:
//
//	# imgpolicy ignore=rule[,rule];until=2027-03-31;reason=why
//
// in the block of comment lines directly above an instruction, or with "global
// ignore" before the first instruction, for the whole file. Comments inside a
// continued instruction and the text of heredocs hold no directives: the first
// would be hard to see, the second is no comment of the Dockerfile.
type Ignore struct {
	// Span is the comment, from its # to its last character.
	Span   Span
	Global bool
	// Lines is the text the directive is about: all lines of the instruction
	// below it, heredocs included, or the whole file.
	Lines Span
	Rules []IgnoredRule
	// Until is the last day, in UTC, on which the directive holds: YYYY-MM-DD,
	// or "" for ever.
	Until     string
	UntilSpan Span
	// Reason is what the author says for it, to the end of the line.
	Reason string
	// Errors are what is wrong with the directive. One with errors ignores
	// nothing: what was meant is not ours to guess.
	Errors []IgnoreError
	// Hides is the first of BuildKit's own directives (# syntax=, # escape=,
	// # check=) that stands below and that this comment made an ordinary
	// comment; empty for none.
	Hides Span
}

// IgnoredRule is the ID of a rule as a directive names it.
type IgnoredRule struct {
	ID   string
	Span Span
}

// IgnoreError is a mistake in a directive.
type IgnoreError struct {
	Message string
	Help    string // what to write instead
	Span    Span
}

// ignoreForm is how to write a directive.
const ignoreForm = "write `# imgpolicy ignore=<rule>;until=<YYYY-MM-DD>;reason=<text>`, until and reason as needed"

var (
	// ignoreComment matches a directive, up to the list of its rules.
	ignoreComment = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^#[ \t]*imgpolicy[ \t]+(global[ \t]+)?ignore[ \t]*=`)
	})
	// nearlyIgnore matches a comment that can only be meant as one, and no
	// prose: "# imgpolicy would ignore this".
	nearlyIgnore = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^#[ \t]*imgpolicy[ \t]*[-:,]?[ \t]*(?:(?:global|file|line)[ \t:-]*)?` +
			`(?:ignored?|disabled?|skip|suppress|nolint|allow)s?[ \t]*(?:[=:]|$|[a-z]+-[a-z-]+[ \t]*(?:[,;]|$))`)
	})
)

// parseIgnore reads the directive of a comment line, if it holds one.
func (f *File) parseIgnore(line int) (Ignore, bool) {
	span := f.trimmed(f.Lines.Span(line))
	text := f.Text[span.Start:span.End]
	head := ignoreComment().FindStringSubmatch(text)
	ig := Ignore{Span: span}
	if head == nil {
		if !nearlyIgnore().MatchString(text) {
			return ig, false
		}
		ig.fail(span, "this comment is nearly an ignore, and is none", ignoreForm)
		return ig, true
	}
	ig.Global = head[1] != ""
	rest := Span{span.Start + len(head[0]), span.End}
	rules, rest, more := f.cut(rest, ";")
	ig.addRules(f, rules)
	for more {
		if strings.HasPrefix(strings.TrimLeft(f.Text[rest.Start:rest.End], " \t"), "reason") {
			ig.addReason(f, rest)
			break
		}
		var part Span
		part, rest, more = f.cut(rest, ";")
		ig.addOption(f, part)
	}
	return ig, true
}

// addRules reads the list of rules.
func (ig *Ignore) addRules(f *File, list Span) {
	if f.trimmed(list).Empty() {
		ig.fail(ig.Span, "this ignore names no rule", ignoreForm)
		return
	}
	for more := true; more; {
		var part Span
		part, list, more = f.cut(list, ",")
		part = f.trimmed(part)
		id := f.Text[part.Start:part.End]
		switch {
		case part.Empty():
			ig.fail(ig.Span, "the list of rules has a comma too many", ignoreForm)
		case strings.ContainsAny(id, " \t="):
			ig.fail(part, "`"+id+"` is no rule", "write commas between rules and a semicolon before until and reason: `ignore=<rule>,<rule>;reason=<text>`")
		default:
			ig.Rules = append(ig.Rules, IgnoredRule{id, part})
		}
	}
}

// addOption reads what stands between two semicolons: until, or a mistake.
func (ig *Ignore) addOption(f *File, part Span) {
	key, value, ok := f.cut(part, "=")
	key, value = f.trimmed(key), f.trimmed(value)
	name := f.Text[key.Start:key.End]
	switch {
	case f.trimmed(part).Empty():
		ig.fail(ig.Span, "this ignore has a semicolon too many", ignoreForm)
	case !ok || name != "until":
		ig.fail(f.trimmed(part), "an ignore has no `"+name+"`, only until and reason", ignoreForm)
	case ig.Until != "":
		ig.fail(value, "until is given twice", "keep one of them")
	default:
		ig.Until, ig.UntilSpan = f.Text[value.Start:value.End], value
		const help = "write until as YYYY-MM-DD, such as `until=2027-03-31`; that day still holds"
		if value.Empty() {
			ig.fail(key, "until has no date", help)
		} else if _, err := time.Parse(time.DateOnly, ig.Until); err != nil {
			ig.fail(value, "`"+ig.Until+"` is no date", help)
		}
	}
}

var untilInReason = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`;[ \t]*until[ \t]*=`) })

// addReason reads the reason, which runs to the end of the line.
func (ig *Ignore) addReason(f *File, part Span) {
	key, value, ok := f.cut(part, "=")
	key, value = f.trimmed(key), f.trimmed(value)
	if f.Text[key.Start:key.End] != "reason" || !ok {
		ig.addOption(f, part)
		return
	}
	ig.Reason = f.Text[value.Start:value.End]
	if value.Empty() {
		ig.fail(key, "the reason is empty", "say why, or leave `;reason=` out")
	}
	if at := untilInReason().FindStringIndex(ig.Reason); at != nil {
		ig.fail(Span{value.Start + at[0], value.End}, "until stands in the reason, which runs to the end of the line", "write until before reason")
	}
}

func (ig *Ignore) fail(s Span, message, help string) {
	ig.Errors = append(ig.Errors, IgnoreError{Message: message, Help: help, Span: s})
}

// cut divides a span at the first sep in it.
func (f *File) cut(s Span, sep string) (before, after Span, found bool) {
	at := strings.Index(f.Text[s.Start:s.End], sep)
	if at < 0 {
		return s, Span{s.End, s.End}, false
	}
	return Span{s.Start, s.Start + at}, Span{s.Start + at + len(sep), s.End}, true
}

// trimmed is a span without the blanks around it.
func (f *File) trimmed(s Span) Span {
	text := f.Text[s.Start:s.End]
	s.Start += len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace))
	text = f.Text[s.Start:s.End]
	s.End -= len(text) - len(strings.TrimRightFunc(text, unicode.IsSpace))
	return s
}
