package fix

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff is the change of a file as `git apply` takes it, "" for none. name is its
// path from the directory in which that is run, with slashes.
func Diff(name, before, after string) string {
	body := diff.Diff("a", []byte(before), "b", []byte(after))
	if body == nil {
		return ""
	}
	for range 3 { // diff a b, --- a, +++ b
		_, body, _ = bytes.Cut(body, []byte("\n"))
	}
	old, now := quoteName("a/"+name), quoteName("b/"+name)
	var b strings.Builder
	fmt.Fprintf(&b, "diff --git %s %s\n--- %s%s\n+++ %s%s\n", old, now, old, blankEnd(old), now, blankEnd(now))
	b.Write(body)
	return b.String()
}

// blankEnd ends a name that has blanks: git takes what stands behind them for a
// date otherwise.
func blankEnd(name string) string {
	if strings.Contains(name, " ") && !strings.HasPrefix(name, `"`) {
		return "\t"
	}
	return ""
}

// quoteName writes a name as git does: in quotes, as in C, where it has bytes
// that could be mistaken.
func quoteName(name string) string {
	var b strings.Builder
	quoted := false
	for i := range len(name) {
		switch c := name[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
			quoted = true
		case c == '\n':
			b.WriteString(`\n`)
			quoted = true
		case c == '\t':
			b.WriteString(`\t`)
			quoted = true
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
			quoted = true
		default:
			b.WriteByte(c)
		}
	}
	if quoted {
		return `"` + b.String() + `"`
	}
	return name
}
