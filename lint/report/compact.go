package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
)

func compactFormat() Format {
	return Format{Name: "compact", Summary: "for editors and grep, one line each", Write: writeCompact}
}

// writeCompact writes file:line:col: severity[rule]: message, which quickfix
// lists and problem matchers read; no summary, which would be no such line.
func writeCompact(w io.Writer, r *lint.Result, opt Options) error {
	var text strings.Builder
	for i := range r.Diagnostics {
		text.WriteString(compactLine(&r.Diagnostics[i]))
	}
	return writeWhole(w, runnerSafe(text.String(), opt))
}

func compactLine(d *lint.Diagnostic) string {
	line := severityName(d.Severity)
	if id := ruleID(d); id != "" {
		line += "[" + Clean(id) + "]"
	}
	line += ": " + oneLine(d.Message) + "\n"
	if d.File == "" {
		return line
	}
	return fmt.Sprintf("%s:%d:%d: %s", Clean(d.File), startLine(d.Range), startColumn(d.Range), line)
}
