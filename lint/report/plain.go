package report

import (
	"bufio"
	"encoding/xml"
	"io"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

// plain is a text of others for a place that has lines: clean, with its
// newlines.
func plain(s string) string { return strings.Join(lines(s), "\n") }

// fullMessage is a diagnostic's message with all its details, in lines: for the
// formats that have but one place for text.
func fullMessage(d *lint.Diagnostic) string {
	text := []string{plain(d.Message)}
	for _, detail := range details(d, d.Related) {
		text = append(text, detail.key+": "+plain(detail.text))
	}
	return strings.Join(text, "\n")
}

// startLine is the line of a diagnostic; one without a place stands at the top
// of its file, since most readers refuse line 0.
func startLine(r dockerfile.Range) int { return max(1, r.Start.Line) }

func startColumn(r dockerfile.Range) int { return max(1, r.Start.Column) }

// xmlText is text as an attribute or an element holds it, on one line:
// characters that XML cannot hold, escaped or not, become U+FFFD, and an old
// command of a runner, ##[…], is taken apart.
func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(plain(s))) // a Builder takes everything
	return strings.ReplaceAll(b.String(), "##[", "##&#91;")
}

// writeWhole writes a whole output; errors are those of w.
func writeWhole(w io.Writer, text string) error {
	out := bufio.NewWriter(w)
	if _, err := out.WriteString(text); err != nil {
		return err
	}
	return out.Flush()
}
