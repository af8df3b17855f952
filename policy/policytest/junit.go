package policytest

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
)

// The elements of JUnit's XML that CI systems read. encoding/xml puts U+FFFD in
// the place of what XML cannot hold.

type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Suites   []*suite
}

type suite struct {
	XMLName  xml.Name `xml:"testsuite"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Cases    []testcase
}

type testcase struct {
	XMLName xml.Name `xml:"testcase"`
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	File    string   `xml:"file,attr"`
	Line    int      `xml:"line,attr"`
	Failure *failure `xml:"failure"`
	Error   *failure `xml:"error"`
	Printed string   `xml:"system-out,omitempty"`
}

type failure struct {
	Message string `xml:"message,attr"`
	Details string `xml:",chardata"`
}

// writeJUnit writes one suite for each package, in the order of their first
// test.
func writeJUnit(w io.Writer, r *Report, _ bool) error {
	all := suites{}
	byPackage := map[string]*suite{}
	for i := range r.Results {
		t := &r.Results[i]
		s := byPackage[t.Package]
		if s == nil {
			s = &suite{Name: t.Package}
			byPackage[t.Package] = s
			all.Suites = append(all.Suites, s)
		}
		c := testcase{Name: t.Name, Class: t.Package, File: t.File, Line: t.Line, Printed: strings.Join(t.Printed, "\n")}
		all.Tests++
		s.Tests++
		switch {
		case t.Err != nil:
			c.Error = &failure{t.Err.Error(), details(t)}
			all.Errors++
			s.Errors++
		case !t.Pass:
			c.Failure = &failure{status(t), details(t)}
			all.Failures++
			s.Failures++
		}
		s.Cases = append(s.Cases, c)
	}
	text := bytes.NewBufferString(xml.Header)
	e := xml.NewEncoder(text)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	text.WriteByte('\n')
	_, err := w.Write(bytes.ReplaceAll(text.Bytes(), oldCommand, []byte("##&#91;")))
	return err
}

func details(t *Result) string {
	var b bytes.Buffer
	writeDetails(&b, t)
	return b.String()
}
