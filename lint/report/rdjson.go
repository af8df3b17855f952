package report

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/lint"
)

func rdjsonFormat() Format {
	return Format{Name: "rdjson", Summary: "for reviewdog", Write: writeRDJSON}
}

// The types follow reviewdog.proto in protobuf's JSON. Its columns count bytes
// of UTF-8 from 1, the end exclusive.
type (
	rdReport struct {
		Source      rdSource       `json:"source"`
		Severity    string         `json:"severity,omitempty"`
		Diagnostics []rdDiagnostic `json:"diagnostics"`
	}
	rdSource struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	rdDiagnostic struct {
		Message     string         `json:"message"`
		Location    rdLocation     `json:"location"`
		Severity    string         `json:"severity"`
		Code        *rdCode        `json:"code,omitempty"`
		Suggestions []rdSuggestion `json:"suggestions,omitempty"`
	}
	rdSuggestion struct {
		Range rdRange `json:"range"`
		Text  string  `json:"text"`
	}
	rdLocation struct {
		Path  string   `json:"path"`
		Range *rdRange `json:"range,omitempty"`
	}
	rdRange struct {
		Start rdPosition `json:"start"`
		End   rdPosition `json:"end"`
	}
	rdPosition struct {
		Line   int `json:"line"`
		Column int `json:"column,omitempty"` // without it the whole line is meant
	}
	rdCode struct {
		Value string `json:"value"`
		URL   string `json:"url"`
	}
)

func writeRDJSON(w io.Writer, r *lint.Result, _ Options) error {
	frame, err := indentedJSON(rdReport{Source: rdSource{programName, projectPage}, Diagnostics: []rdDiagnostic{}})
	if err != nil {
		return err
	}
	return writeElements(w, frame, "diagnostics", each(r.Diagnostics, func(d *lint.Diagnostic) rdDiagnostic {
		out := rdDiagnostic{
			Message: fullMessage(d), Severity: rdSeverity(d.Severity), Location: rdLocation{Path: d.File}, Suggestions: rdSuggestions(d),
		}
		if !d.Range.IsZero() {
			out.Location.Range = &rdRange{
				Start: rdPosition{d.Range.Start.Line, d.Bytes.Start},
				End:   rdPosition{d.Range.End.Line, d.Bytes.End},
			}
		}
		if id := ruleID(d); id != "" {
			out.Code = &rdCode{id, rulePage(d.Rule)}
		}
		return out
	}))
}

// rdSuggestions are the fixes that reviewdog can offer: each suggestion is to be
// taken alone, and replaces text within the lines that the comment is about.
// Whole lines are named without columns, the only form in which it deletes one.
func rdSuggestions(d *lint.Diagnostic) []rdSuggestion {
	var out []rdSuggestion
	for _, f := range d.Fixes {
		if len(f.Edits) != 1 || !utf8.ValidString(f.Edits[0].New) {
			continue
		}
		e := f.Edits[0]
		s := rdSuggestion{rdRange{rdPosition{e.Range.Start.Line, e.Bytes.Start}, rdPosition{e.Range.End.Line, e.Bytes.End}}, e.New}
		if wholeLines(&e) {
			s.Range = rdRange{rdPosition{Line: e.Range.Start.Line}, rdPosition{Line: e.Range.End.Line - 1}}
			s.Text = strings.TrimSuffix(strings.TrimSuffix(e.New, "\n"), "\r")
		}
		if s.Range.Start.Line == d.Range.Start.Line && s.Range.End.Line == d.Range.End.Line {
			out = append(out, s)
		}
	}
	return out
}

// wholeLines tells whether an edit puts whole lines, or none, for whole lines.
func wholeLines(e *lint.Edit) bool {
	return e.Range.Start.Line < e.Range.End.Line && e.Range.Start.Column == 1 && e.Range.End.Column == 1 &&
		(e.New == "" || strings.HasSuffix(e.New, "\n"))
}

func rdSeverity(s lint.Severity) string {
	switch s {
	case lint.Info:
		return "INFO"
	case lint.Warning:
		return "WARNING"
	default:
		return "ERROR"
	}
}
