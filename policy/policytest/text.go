package policytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// writeText writes the lines of Buildx, and what Buildx keeps to itself: what
// tests print, of those that fail or of all, and the coverage.
func writeText(w io.Writer, r *Report, verbose bool) error {
	var b bytes.Buffer
	for i := range r.Results {
		t := &r.Results[i]
		fmt.Fprintln(&b, status(t))
		if !t.Pass {
			writeDetails(&b, t)
		}
		if !t.Pass || verbose {
			for _, line := range t.Printed {
				fmt.Fprintf(&b, "print: %s\n", line)
			}
		}
	}
	if r.Coverage != nil {
		writeCoverage(&b, r.Coverage)
	}
	_, err := io.WriteString(w, visible(b.String()))
	return err
}

func status(t *Result) string {
	word, allow, messages := "FAIL", "n/a", ""
	if t.Pass {
		word = "PASS"
	}
	if t.Allow != nil {
		allow = strconv.FormatBool(*t.Allow)
	}
	if len(t.DenyMessages) > 0 {
		messages = ", deny_msg=" + oneLine(strings.Join(t.DenyMessages, "; "))
	}
	return fmt.Sprintf("%s: %s (allow=%s%s)", t.Title(), word, allow, messages)
}

// oneLine keeps a message from starting lines of its own.
func oneLine(s string) string { return strings.ReplaceAll(s, "\n", `\n`) }

// writeDetails writes what tells why a test failed.
func writeDetails(b *bytes.Buffer, t *Result) {
	writeDocument(b, "input", t.Input)
	writeDocument(b, "decision", t.Decision)
	if len(t.MissingInput) > 0 {
		fmt.Fprintf(b, "missing_input: input.%s\n", strings.Join(t.MissingInput, ", input."))
	}
	if len(t.MetadataResolve) > 0 {
		fmt.Fprintf(b, "metadata_resolve: %s\n", strings.Join(t.MetadataResolve, ", "))
	}
	if err := t.why(); err != "" {
		fmt.Fprintf(b, "error: %s\n", oneLine(err))
	}
}

// why is the error that kept the test, or the decision shown with it, from being
// evaluated.
func (r *Result) why() string {
	switch {
	case r.Err != nil:
		return r.Err.Error()
	case r.DecisionErr != nil:
		return "decision: " + r.DecisionErr.Error()
	default:
		return ""
	}
}

func writeDocument(b *bytes.Buffer, label string, text json.RawMessage) {
	if text == nil {
		fmt.Fprintf(b, "%s: <nil>\n", label)
		return
	}
	fmt.Fprintf(b, "%s:\n", label)
	_ = json.Indent(b, text, "", "  ") // we marshalled it
	b.WriteByte('\n')
}

// The words for what a rule or condition came to.
var resultWords = map[string]string{
	rego.Never:     "never evaluated",
	rego.True:      "true, never false",
	rego.False:     "false, never true",
	rego.TrueFalse: "true and false",
}

func writeCoverage(b *bytes.Buffer, rules []rego.RuleCoverage) {
	s := summarize(rules)
	fmt.Fprintf(b, "coverage: %d of %d rules were true in a test (%.1f%%)\n", s.Covered, s.Total, s.Percent)
	for _, r := range rules {
		word := resultWords[r.Result]
		if strings.HasPrefix(r.Name, "default ") {
			// A default has no conditions to fail.
			word = map[bool]string{true: "used", false: "never used"}[r.Result == rego.True]
		}
		fmt.Fprintf(b, "  %s:%d: %s: %s\n", r.File, r.Line, r.Name, word)
		for _, c := range r.Conditions {
			fmt.Fprintf(b, "  %s:%d:   %s\n", r.File, c.Line, resultWords[c.Result])
		}
	}
}

// coverage is the JSON of the coverage.
type coverage struct {
	Covered int                 `json:"covered"`
	Total   int                 `json:"total"`
	Percent float64             `json:"percent"`
	Rules   []rego.RuleCoverage `json:"rules"`
}

// summarize counts the rules that were true in a test: a rule that only ever was
// false could say anything.
func summarize(rules []rego.RuleCoverage) coverage {
	c := coverage{Total: len(rules), Percent: 100, Rules: rules}
	for _, r := range rules {
		if r.Result == rego.True || r.Result == rego.TrueFalse {
			c.Covered++
		}
	}
	if c.Total > 0 {
		c.Percent = float64(c.Covered*1000/c.Total) / 10
	}
	return c
}

// visible escapes what policies and tests could do to a terminal.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) || r == '\n' {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}
