package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
)

func markdownFormat() Format {
	return Format{Name: "markdown", Summary: "for comments and wikis, a table", Write: writeMarkdown}
}

func writeMarkdown(w io.Writer, r *lint.Result, opt Options) error {
	text, _ := markdown(r, opt, 0)
	return writeWhole(w, runnerSafe(text, opt))
}

// markdown is the table of all diagnostics, or of the first that take no more
// than room bytes, where room is not 0, and how many are missing. whole tells
// that none is.
func markdown(r *lint.Result, opt Options, room int) (table string, whole bool) {
	var text strings.Builder
	if !opt.Quiet {
		text.WriteString("**imgpolicy**: " + summary(r) + "\n")
	}
	if len(r.Diagnostics) == 0 {
		return text.String(), true
	}
	if !opt.Quiet {
		text.WriteString("\n")
	}
	text.WriteString("| severity | rule | place | message |\n|---|---|---|---|\n")
	const reserve = 100 // for the last line
	for i, d := range gravestFirst(r) {
		row := markdownRow(d, opt)
		if room > 0 && text.Len()+len(row) > room-reserve {
			fmt.Fprintf(&text, "\nand %d more: the table is as long as it may be\n", len(r.Diagnostics)-i)
			return text.String(), false
		}
		text.WriteString(row)
	}
	return text.String(), true
}

func markdownRow(d *lint.Diagnostic, opt Options) string {
	where := ""
	if d.File != "" {
		where = place(opt.fromRoot(d.File), d.Range)
	}
	message := codeSpan(oneLine(d.Message))
	if d.Help != "" {
		message += "<br>help: " + codeSpan(oneLine(d.Help))
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", severityName(d.Severity), codeSpan(ruleID(d)), codeSpan(oneLine(where)), message)
}

// codeSpan puts text of others where Markdown has no links, images, mentions or
// HTML. Its fence is longer than any run of backquotes in the text; a bar would
// end the cell even there, and needs its backslash.
func codeSpan(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "|", `\|`)
	if s == "" {
		return ""
	}
	longest, run := 0, 0
	for _, r := range s {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	pad := ""
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		pad = " "
	}
	return fence + pad + s + pad + fence
}
