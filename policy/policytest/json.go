package policytest

import (
	"bytes"
	"encoding/json"
	"io"
)

// document is the whole JSON output; every key is always there.
type document struct {
	Version int         `json:"version"`
	Tests   []test      `json:"tests"`
	Summary testSummary `json:"summary"`
	// Coverage is null where it was not asked for.
	Coverage *coverage `json:"coverage"`
}

type test struct {
	Package         string          `json:"package"`
	Name            string          `json:"name"`
	File            string          `json:"file"`
	Line            int             `json:"line"`
	Pass            bool            `json:"pass"`
	Allow           *bool           `json:"allow"` // null without a decision
	DenyMessages    []string        `json:"denyMessages"`
	Input           json.RawMessage `json:"input"`    // null without
	Decision        json.RawMessage `json:"decision"` // null without
	MissingInput    []string        `json:"missingInput"`
	MetadataResolve []string        `json:"metadataResolve"`
	Printed         []string        `json:"printed"`
	// Error is why the test or the decision could not be evaluated.
	Error string `json:"error"`
}

type testSummary struct {
	Passed int `json:"passed"`
	Failed int `json:"failed"`
}

func writeJSON(w io.Writer, r *Report, _ bool) error {
	failed := r.Failed()
	d := document{Version: 1, Tests: []test{}, Summary: testSummary{Passed: len(r.Results) - failed, Failed: failed}}
	for i := range r.Results {
		t := &r.Results[i]
		missing := make([]string, len(t.MissingInput))
		for i, m := range t.MissingInput {
			missing[i] = "input." + m
		}
		d.Tests = append(d.Tests, test{
			Package: t.Package, Name: t.Name, File: t.File, Line: t.Line, Pass: t.Pass, Allow: t.Allow,
			DenyMessages: list(t.DenyMessages), Input: t.Input, Decision: t.Decision, MissingInput: missing,
			MetadataResolve: list(t.MetadataResolve), Printed: list(t.Printed), Error: t.why(),
		})
	}
	if r.Coverage != nil {
		c := summarize(r.Coverage)
		d.Coverage = &c
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return err
	}
	_, err := w.Write(bytes.ReplaceAll(text.Bytes(), oldCommand, []byte(`##\u005b`)))
	return err
}

// oldCommand begins a command that GitHub's runner finds anywhere in a line. It
// can stand only inside of texts, and is spelt there in another way.
var oldCommand = []byte("##[")

// list is never null.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
