package report

import (
	"fmt"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
)

// ASCII spells a clean text for a terminal that has no other characters: "…" as
// three dots, a picture of a control character as the character itself, \u{1b},
// and all others as Rust and Swift write them, \u{e9}.
func ASCII(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r == '…':
			b.WriteString("...")
		case r >= pictures && r < pictures+' ':
			fmt.Fprintf(&b, `\u{%x}`, r-pictures)
		case r == pictureOfDelete:
			b.WriteString(`\u{7f}`)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
	}
	return b.String()
}

// clean is Clean in the characters the terminal has.
func (t *texter) clean(s string) string {
	if s = Clean(s); t.ascii {
		return ASCII(s)
	}
	return s
}

// lines are the clean lines of a text, in the characters the terminal has.
func (t *texter) lines(s string) []string {
	all := lines(s)
	if t.ascii {
		for i, l := range all {
			all[i] = ASCII(l)
		}
	}
	return all
}

// rule is the ID of a rule: a hyperlink to its documentation where the terminal
// has those. Places are none: a terminal finds path:line:col by itself and opens
// the line, which a link to the file cannot say.
func (t *texter) rule(rule *lint.Rule) string {
	text := t.clean(rule.ID)
	if !t.links {
		return text
	}
	return hyperlink(rulePage(rule), text)
}

// hyperlink is OSC 8, ended by ST. Neither part may hold control characters:
// they would end the sequence early.
func hyperlink(address, text string) string {
	const start, end = "\x1b]8;;", "\x1b\\"
	return start + address + end + text + start + end
}
