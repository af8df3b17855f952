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

// writeJUnit makes a failed test of every diagnostic, a skipped one of every
// ignored one, a passed one of every file with neither (servers take a suite
// without tests for a broken run) and one that ended in an error of what could
// not be checked.
func writeJUnit(w io.Writer, r *lint.Result, opt Options) error {
	var tests []string
	named := map[string]bool{}
	for i := range r.Diagnostics {
		d := &r.Diagnostics[i]
		named[d.File] = true
		tests = append(tests, junitCase(d, fmt.Sprintf("<failure type=\"%s\" message=\"%s\">%s</failure>",
			severityName(d.Severity), xmlText(d.Message), xmlText(joined(": ", place(d.File, d.Range), fullMessage(d))))))
	}
	for i := range r.Ignored {
		d := &r.Ignored[i]
		named[d.File] = true
		tests = append(tests, junitCase(d, junitSkipped(d)))
	}
	for _, file := range r.Files {
		if !named[file] {
			tests = append(tests, fmt.Sprintf("    <testcase classname=\"%s\" name=\"imgpolicy\" time=\"0\"/>\n", xmlText(file)))
		}
	}
	for _, f := range opt.Failures {
		tests = append(tests, fmt.Sprintf("    <testcase classname=\"imgpolicy\" name=\"not checked\" time=\"0\"><error message=\"%s\"/></testcase>\n", xmlText(f)))
	}
	var text strings.Builder
	text.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n")
	fmt.Fprintf(&text, "  <testsuite name=\"imgpolicy\" tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"0\">\n",
		len(tests), len(r.Diagnostics), len(opt.Failures), len(r.Ignored))
	text.WriteString(strings.Join(tests, ""))
	text.WriteString("  </testsuite>\n</testsuites>\n")
	return writeWhole(w, text.String())
}

// junitSkipped says why a diagnostic is not reported.
func junitSkipped(d *lint.Diagnostic) string {
	reason := ""
	if d.Ignored != nil {
		reason = ignoreReason(d.Ignored)
	}
	return fmt.Sprintf("<skipped message=\"%s\"/>", xmlText(orElse(reason, "ignored")))
}

// junitCase is the test that a diagnostic stands for, with its outcome.
func junitCase(d *lint.Diagnostic, outcome string) string {
	where := place(d.File, d.Range)
	name := joined(" ", ruleID(d), strings.TrimPrefix(strings.TrimPrefix(where, d.File), ":"))
	if name == "" {
		name = programName // a test needs a name
	}
	return fmt.Sprintf("    <testcase classname=\"%s\" name=\"%s\" time=\"0\">%s</testcase>\n", xmlText(d.File), xmlText(name), outcome)
}
