package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
)

func checkstyleFormat() Format {
	return Format{Name: "checkstyle", Summary: "for Jenkins and others that read Checkstyle's XML", Write: writeCheckstyle}
}

// writeCheckstyle writes what Checkstyle 4.3 does, the version that readers
// test for. Clean files have no element there.
func writeCheckstyle(w io.Writer, r *lint.Result, _ Options) error {
	var text strings.Builder
	text.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n")
	for _, file := range byFile(r) {
		fmt.Fprintf(&text, "  <file name=\"%s\">\n", xmlText(file.name))
		for _, d := range file.diagnostics {
			fmt.Fprintf(&text, "    <error line=\"%d\" column=\"%d\" severity=\"%s\" message=\"%s\" source=\"%s\"/>\n",
				startLine(d.Range), startColumn(d.Range), severityName(d.Severity), xmlText(fullMessage(d)), xmlText("imgpolicy."+ruleID(d)))
		}
		text.WriteString("  </file>\n")
	}
	text.WriteString("</checkstyle>\n")
	return writeWhole(w, text.String())
}

// fileDiagnostics are the diagnostics of one file.
type fileDiagnostics struct {
	name        string
	diagnostics []*lint.Diagnostic
}

// byFile groups diagnostics by file, in the order in which files first come.
func byFile(r *lint.Result) []*fileDiagnostics {
	var all []*fileDiagnostics
	index := map[string]*fileDiagnostics{}
	for i := range r.Diagnostics {
		d := &r.Diagnostics[i]
		if index[d.File] == nil {
			index[d.File] = &fileDiagnostics{name: d.File}
			all = append(all, index[d.File])
		}
		index[d.File].diagnostics = append(index[d.File].diagnostics, d)
	}
	return all
}
