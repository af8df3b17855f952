package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
)

func textFormat() Format {
	return Format{Name: "text", Summary: "for people, with the lines in question", Write: writeText, Frames: true}
}

func writeText(w io.Writer, r *lint.Result, opt Options) error {
	t := texter{
		palette: newPalette(opt.Color), width: opt.Width, ascii: opt.ASCII, links: opt.Links, hideSource: opt.HideSource,
	}
	out := bufio.NewWriter(w)
	if opt.Runner { // a runner of GitHub Actions reads it, so all of it is guarded
		var text strings.Builder
		t.write(&text, r, opt)
		_, _ = out.WriteString(runnerSafe(text.String(), opt)) // Flush has the error
	} else {
		t.write(out, r, opt)
	}
	return out.Flush()
}

// write writes all. What the writer keeps is its first error.
func (t *texter) write(out io.StringWriter, r *lint.Result, opt Options) {
	first := true
	for text := range inOrder(len(r.Diagnostics), func(i int) string {
		var text strings.Builder
		t.diagnostic(&text, &r.Diagnostics[i])
		return text.String()
	}) {
		if !first {
			_, _ = out.WriteString("\n")
		}
		if _, err := out.WriteString(text); err != nil {
			return
		}
		first = false
	}
	if opt.Statistics {
		_, _ = out.WriteString(t.statistics(r))
	}
	if !opt.Quiet {
		if len(r.Diagnostics) > 0 {
			_, _ = out.WriteString("\n")
		}
		_, all := t.hang(summary(r), 0)
		_, _ = out.WriteString(strings.Join(all, "\n") + "\n")
	}
}

// runnerSafe guards text that a runner of GitHub Actions reads.
func runnerSafe(text string, opt Options) string {
	if !opt.Runner || text == "" {
		return text
	}
	return Guarded(text, opt.Token)
}

// texter writes diagnostics as rustc does.
type texter struct {
	palette palette
	width   int  // 0 breaks no line
	ascii   bool // the terminal has no other characters
	links   bool // and has hyperlinks
	// hideSource leaves out the frames.
	hideSource bool
}

func (t *texter) diagnostic(out *strings.Builder, d *lint.Diagnostic) {
	t.header(out, d)
	if t.hideSource {
		hidden := *d // what a frame shows then needs a line of its own
		hidden.Frame = lint.Frame{}
		d = &hidden
	}
	gutter := gutterWidth(d.Frame)
	if d.File != "" {
		arrow := t.palette.gutter.Sprint(strings.Repeat(" ", gutter-1) + "-->")
		fmt.Fprintf(out, "%s %s\n", arrow, t.clean(place(d.File, d.Range)))
	}
	t.frame(out, d, gutter)
	for _, detail := range details(d, unshown(d)) {
		t.detail(out, detail, gutter)
	}
}

// header is the line that must do when it is the only one read. Further lines
// of a message, which policies may have, stand below its first word.
func (t *texter) header(out *strings.Builder, d *lint.Diagnostic) {
	name, id := severityName(d.Severity), ruleID(d)
	title, used := name, textWidth(name)
	if id != "" {
		title, used = name+"["+t.rule(d.Rule)+"]", used+textWidth("["+t.clean(id)+"]")
	}
	indent, all := t.hang(d.Message, used+len(": "))
	out.WriteString(t.palette.severity(d.Severity).Sprint(title))
	for i, l := range all {
		switch {
		case i == 0:
			out.WriteString(t.palette.message.Sprint(strings.TrimRight(": "+l, " ")))
		case l != "":
			out.WriteString(indent + t.palette.message.Sprint(l))
		}
		out.WriteByte('\n')
	}
}

// detail is a line below the frame, and more lines aligned with it.
func (t *texter) detail(out *strings.Builder, d detail, gutter int) {
	lead := strings.Repeat(" ", gutter) + "= "
	indent, all := t.hang(d.text, len(lead)+len(d.key)+len(": "))
	for i, l := range all {
		switch {
		case i == 0:
			out.WriteString(t.palette.gutter.Sprint(lead) + t.palette.key.Sprint(d.key+":"))
			if l != "" {
				out.WriteString(" " + l)
			}
		case l != "":
			out.WriteString(indent + l)
		}
		out.WriteByte('\n')
	}
}

// unshown are the related places that the frame does not show.
func unshown(d *lint.Diagnostic) []lint.Related {
	shown := map[int]bool{}
	for _, l := range d.Frame.Lines {
		shown[l.Number] = len(l.Marks) > 0
	}
	var rest []lint.Related
	for _, r := range d.Related {
		if r.File != d.File || r.Range.IsZero() || !shown[r.Range.Start.Line] {
			rest = append(rest, r)
		}
	}
	return rest
}

// gutterWidth is how wide the column of line numbers is, with a blank on both
// sides.
func gutterWidth(f lint.Frame) int {
	digits := 1
	for _, l := range f.Lines {
		digits = max(digits, len(strconv.Itoa(l.Number)))
	}
	return digits + 2
}
