package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
)

func junitFormat() Format {
	return Format{Name: "junit", Summary: "for the test reports of CI servers", Write: writeJUnit}
}

// writeJUnit makes a failed test of every diagnostic and a passed one of every
// clean file: servers take a suite without tests for a broken run.
func writeJUnit(w io.Writer, r *lint.Result, _ Options) error {
	tests := make([]string, 0, len(r.Files)+len(r.Diagnostics))
	flawed := map[string]bool{}
	for i := range r.Diagnostics {
		d := &r.Diagnostics[i]
		flawed[d.File] = true
		tests = append(tests, junitFailure(d))
	}
	for _, file := range r.Files {
		if !flawed[file] {
			tests = append(tests, fmt.Sprintf("    <testcase classname=\"%s\" name=\"imgpolicy\" time=\"0\"/>\n", xmlText(file)))
		}
	}
	var text strings.Builder
	text.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n")
	fmt.Fprintf(&text, "  <testsuite name=\"imgpolicy\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"0\" time=\"0\">\n", len(tests), len(r.Diagnostics))
	text.WriteString(strings.Join(tests, ""))
	text.WriteString("  </testsuite>\n</testsuites>\n")
	return writeWhole(w, text.String())
}

func junitFailure(d *lint.Diagnostic) string {
	where := place(d.File, d.Range)
	name := joined(" ", ruleID(d), strings.TrimPrefix(strings.TrimPrefix(where, d.File), ":"))
	if name == "" {
		name = programName // a test needs a name
	}
	return fmt.Sprintf("    <testcase classname=\"%s\" name=\"%s\" time=\"0\"><failure type=\"%s\" message=\"%s\">%s</failure></testcase>\n",
		xmlText(d.File), xmlText(name), severityName(d.Severity), xmlText(d.Message), xmlText(joined(": ", where, fullMessage(d))))
}
