package inventory

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint/report"
)

func writeCSV(w io.Writer, inv *Inventory) error {
	out := csv.NewWriter(w)
	rows := [][]string{{
		"file", "line", "column", "kind", "identifier", "pinned", "platform", "instruction", "stage", "reached", "onbuild", "word", "unknown",
	}}
	for _, f := range inv.Files {
		for _, in := range f.Inputs {
			line, column := strconv.Itoa(in.Range.Start.Line), strconv.Itoa(in.Range.Start.Column)
			rows = append(rows, []string{
				f.Name, line, column, string(in.Kind), in.Identifier, strconv.FormatBool(in.Pinned), in.Platform, in.Instruction, in.Stage,
				strconv.FormatBool(in.Reached), strconv.FormatBool(in.Onbuild), in.Word, in.Unknown,
			})
		}
	}
	for _, row := range rows {
		for i := range row {
			row[i] = cell(row[i])
		}
	}
	return out.WriteAll(rows)
}

// cell keeps a spreadsheet from taking text of a Dockerfile for a formula, and
// GitHub's runner from taking it for a command.
func cell(s string) string {
	s = strings.ReplaceAll(report.Clean(s), "##[", "# #[")
	formula := s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0]))
	if formula || strings.HasPrefix(strings.TrimSpace(s), "::") {
		return "'" + s
	}
	return s
}
