package report

import (
	"io"

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
	}
	rdDiagnostic struct {
		Message  string     `json:"message"`
		Location rdLocation `json:"location"`
		Severity string     `json:"severity"`
		Code     *rdCode    `json:"code,omitempty"`
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
		Column int `json:"column"`
	}
	rdCode struct {
		Value string `json:"value"`
	}
)

func writeRDJSON(w io.Writer, r *lint.Result, _ Options) error {
	report := rdReport{Source: rdSource{programName}, Diagnostics: make([]rdDiagnostic, len(r.Diagnostics))}
	for i := range r.Diagnostics {
		d := &r.Diagnostics[i]
		out := rdDiagnostic{
			Message: fullMessage(d), Severity: rdSeverity(d.Severity), Location: rdLocation{Path: d.File},
		}
		if !d.Range.IsZero() {
			out.Location.Range = &rdRange{
				Start: rdPosition{d.Range.Start.Line, d.Bytes.Start},
				End:   rdPosition{d.Range.End.Line, d.Bytes.End},
			}
		}
		if id := ruleID(d); id != "" {
			out.Code = &rdCode{id}
		}
		report.Diagnostics[i] = out
	}
	return WriteJSON(w, report)
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
