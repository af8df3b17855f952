package report

import (
	"fmt"
	"slices"

	"github.com/imgpolicy/imgpolicy/lint"
)

// result counts diagnostics as the linter does.
func result(files, inputs, unchecked int, all ...lint.Diagnostic) lint.Result {
	s := lint.Summary{Files: files, Inputs: inputs, Unchecked: unchecked}
	for i := range all {
		if all[i].Severity == 0 {
			all[i].Severity = all[i].Rule.Severity
		}
		switch all[i].Severity {
		case lint.Error:
			s.Errors++
		case lint.Warning:
			s.Warnings++
		default:
			s.Infos++
		}
	}
	located(all)
	rules := []*lint.Rule{unpinned, denied, checksum, latest, parse}
	return lint.Result{Rules: rules, Files: names(files, all), Diagnostics: all, Summary: s}
}

// names are those of the files with diagnostics, and of clean ones up to n.
func names(n int, all []lint.Diagnostic) []string {
	var names []string
	for i := range all {
		if !slices.Contains(names, all[i].File) && all[i].File != "" {
			names = append(names, all[i].File)
		}
	}
	for i := len(names); i < n; i++ {
		names = append(names, fmt.Sprintf("clean/%d/Dockerfile", i))
	}
	return names
}

// located gives diagnostics what the linter adds to those with a place.
func located(all []lint.Diagnostic) {
	for i := range all {
		if d := &all[i]; !d.Range.IsZero() {
			d.Bytes = lint.ByteColumns{Start: d.Range.Start.Offset%100 + 1, End: d.Range.End.Offset%100 + 1}
			d.LineHash = fmt.Sprintf("%x:1", 1000+d.Range.Start.Line)
		}
	}
}

// overLimit are more errors than GitHub shows, the first file with most of them.
func overLimit() []lint.Diagnostic {
	var all []lint.Diagnostic
	for _, file := range []struct {
		name string
		n    int
	}{{"a/Dockerfile", 11}, {"b/Dockerfile", 2}} {
		for i := range file.n {
			all = append(all, lint.Diagnostic{Rule: unpinned, Message: fmt.Sprintf("image %d has no digest", i), File: file.name, Range: at(i+1, 6, 13)})
		}
	}
	return append(all, many()[1])
}
