package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

func jsonFormat() Format {
	return Format{Name: "json", Summary: "for programs, one stable object", Write: writeJSON}
}

// jsonVersion changes when a key goes or changes its meaning. A new key does
// not change it: readers must skip the keys they do not know.
const jsonVersion = 1

// The types below are the schema: every key is always there, in this order. An
// absent object or range is null, an absent text "", a list without elements [].
type (
	jsonReport struct {
		Version int `json:"version"`
		// Shard is there in the report of part of a run, and facts after all else.
		Shard       string           `json:"shard,omitempty"`
		Diagnostics []jsonDiagnostic `json:"diagnostics"`
		Summary     jsonSummary      `json:"summary"`
	}
	jsonDiagnostic struct {
		Rule     string        `json:"rule"`
		Severity string        `json:"severity"`
		Message  string        `json:"message"`
		File     string        `json:"file"`
		Range    *JSONRange    `json:"range"`
		Input    *jsonInput    `json:"input"`
		Policy   *jsonPolicy   `json:"policy"`
		Help     string        `json:"help"`
		Related  []jsonRelated `json:"related"`
		Notes    []string      `json:"notes"`
		Fixes    []jsonFix     `json:"fixes"`
		// Level is the level that it is a finding of, and DryRun that this only tries
		// out what it says; both are there only where there are levels.
		Level  string `json:"level,omitempty"`
		DryRun bool   `json:"dryRun,omitempty"`
	}
	jsonFix struct {
		Title string     `json:"title"`
		Safe  bool       `json:"safe"`
		Edits []jsonEdit `json:"edits"`
	}
	// jsonEdit replaces the text of a range, which may be empty, by another.
	jsonEdit struct {
		Range *JSONRange `json:"range"`
		New   string     `json:"new"`
	}
	// JSONRange is a piece of a file in every JSON output, its end exclusive.
	JSONRange struct {
		Start JSONPosition `json:"start"`
		End   JSONPosition `json:"end"`
	}
	// JSONPosition counts lines and columns from 1, columns in code points, and
	// the offset in bytes from 0.
	JSONPosition struct {
		Line   int `json:"line"`
		Column int `json:"column"`
		Offset int `json:"offset"`
	}
	jsonInput struct {
		Kind        string `json:"kind"`
		Identifier  string `json:"identifier"`
		Word        string `json:"word"`
		Instruction string `json:"instruction"`
		Stage       string `json:"stage"`
		Platform    string `json:"platform"`
		Reached     bool   `json:"reached"`
	}
	jsonPolicy struct {
		File string `json:"file"`
		Line int    `json:"line"`
	}
	jsonRelated struct {
		Message string     `json:"message"`
		File    string     `json:"file"`
		Range   *JSONRange `json:"range"`
	}
	jsonSummary struct {
		Files     int `json:"files"`
		Inputs    int `json:"inputs"`
		Unchecked int `json:"unchecked"`
		Errors    int `json:"errors"`
		Warnings  int `json:"warnings"`
		Infos     int `json:"infos"`
		Ignored   int `json:"ignored"`
		DryRun    int `json:"dryRun,omitempty"`
	}
)

// writeJSON writes diagnostic by diagnostic: there may be a million of them.
func writeJSON(w io.Writer, r *lint.Result, _ Options) error {
	frame, err := indentedJSON(jsonReport{
		Version: jsonVersion, Shard: r.Shard, Diagnostics: []jsonDiagnostic{}, Summary: jsonSummary(r.Summary),
	})
	if err == nil && r.Facts != nil {
		frame, err = withFacts(frame, r.Facts)
	}
	if err != nil {
		return err
	}
	return writeElements(w, frame, "diagnostics", each(r.Diagnostics, toJSON))
}

// WriteJSON writes a value as every command of the program writes JSON:
// indented, and safe to look at in a terminal or a CI log.
func WriteJSON(w io.Writer, value any) error {
	text, err := indentedJSON(value)
	if err != nil {
		return err
	}
	return WriteArmoured(w, text)
}

func indentedJSON(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return text.Bytes(), err
}

// WriteArmoured writes the text of a JSON document so that it means the same and
// does nothing to a terminal or a CI log.
func WriteArmoured(w io.Writer, text []byte) error {
	out := bufio.NewWriter(w)
	if err := writeArmoured(out, text); err != nil {
		return err
	}
	return out.Flush()
}

func toJSON(d *lint.Diagnostic) jsonDiagnostic {
	j := jsonDiagnostic{
		Rule:     ruleID(d),
		Severity: severityName(d.Severity),
		Message:  d.Message,
		File:     d.File,
		Range:    ToJSONRange(d.Range),
		Help:     d.Help,
		Related:  make([]jsonRelated, len(d.Related)),
		Notes:    append([]string{}, d.Notes...),
		Fixes:    jsonFixes(d),
	}
	if d.Input != nil {
		input := jsonInput(*d.Input)
		j.Input = &input
	}
	if d.Level != nil {
		j.Level, j.DryRun = d.Level.Title(), d.DryRun
	}
	if d.Policy != nil {
		j.Policy = &jsonPolicy{File: d.Policy.File, Line: d.Policy.Line}
	}
	for i, r := range d.Related {
		j.Related[i] = jsonRelated{Message: r.Message, File: r.File, Range: ToJSONRange(r.Range)}
	}
	return j
}

// jsonFixes leaves out what JSON cannot hold: text that is not UTF-8 would come
// out as another.
func jsonFixes(d *lint.Diagnostic) []jsonFix {
	out := []jsonFix{}
	for _, f := range d.Fixes {
		fix := jsonFix{Title: f.Title, Safe: f.Safe, Edits: []jsonEdit{}}
		for _, e := range f.Edits {
			fix.Edits = append(fix.Edits, jsonEdit{ToJSONRange(e.Range), e.New})
		}
		if f.IsText() {
			out = append(out, fix)
		}
	}
	return out
}

// ToJSONRange is nil for no range.
func ToJSONRange(r dockerfile.Range) *JSONRange {
	if r.IsZero() {
		return nil
	}
	return &JSONRange{Start: JSONPosition(r.Start), End: JSONPosition(r.End)}
}

// writeArmoured writes JSON so that the strings in it mean the same and do
// nothing on the way: encoding/json leaves DEL, C1 and bidi controls as they
// are, which a terminal obeys, and a runner of GitHub Actions finds its old
// commands, ##[…], anywhere in a line.
func writeArmoured(out *bufio.Writer, text []byte) error {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		var err error
		switch {
		case r == '\n': // between values: inside strings it is escaped by now
			err = out.WriteByte('\n')
		case bytes.HasPrefix(text, []byte("##[")):
			_, err = out.WriteString(`##\u005b`)
			n = len("##[")
		case r > 0xFFFF && invisible(r):
			high, low := utf16.EncodeRune(r)
			_, err = fmt.Fprintf(out, `\u%04x\u%04x`, high, low)
		case invisible(r):
			_, err = fmt.Fprintf(out, `\u%04x`, r)
		default:
			_, err = out.Write(text[:n])
		}
		if err != nil {
			return err
		}
		text = text[n:]
	}
	return nil
}
