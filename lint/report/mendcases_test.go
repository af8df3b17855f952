package report

import (
	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

// mendCases have what hides diagnostics and what mends them.
func mendCases() []testCase {
	return []testCase{
		{name: "ignored", result: ignored(result(2, 5, 0, many()[2]))},
		{name: "ignored_only", result: ignored(result(0, 4, 0))},
		{name: "ignored_scanned", result: ignored(result(2, 5, 0, many()[2])), opt: Options{CodeScanning: true}},
		{name: "fixes", result: result(1, 3, 0, fixes()...)},
		{name: "failures", result: result(1, 3, 0, many()[2]), opt: Options{Failures: []string{
			"api/Dockerfile: permission denied; check the file and its permissions", "policy image.json: line 3: no\n::error::regular expression",
		}}},
	}
}

// ignored adds one diagnostic for each thing that hides them.
func ignored(r lint.Result) lint.Result {
	for i, ig := range []lint.Ignore{
		{By: lint.ByDirective, Reason: "the vendor has no digests yet, \"ask\" <them>", Until: "2027-03-31", Range: at(3, 1, 50)},
		{By: lint.ByDirective, Range: at(5, 3, 30)},
		{By: lint.ByBaseline},
		{By: lint.ByRevision},
	} {
		d := lint.Diagnostic{
			Rule: unpinned, Severity: lint.Error, Message: "image node:20 has no digest", File: "old/Dockerfile",
			Range: at(4+2*i, 6, 13), Ignored: &ig, Frame: frame(frameLine("FROM node:20", at(4+2*i, 6, 13), "")),
		}
		r.Ignored = append(r.Ignored, d)
	}
	located(r.Ignored)
	r.Summary.Files++
	r.Summary.Ignored = len(r.Ignored)
	r.Files = append(r.Files, "old/Dockerfile")
	return r
}

// fixes have an edit within a line, one that takes the line out, one that puts
// something in, and two edits that belong together. The line has characters of
// several bytes before the first.
func fixes() []lint.Diagnostic {
	edit := func(r dockerfile.Range, text string) lint.Edit {
		return lint.Edit{Range: r, Bytes: lint.ByteColumns{Start: r.Start.Offset%100 + 1, End: r.End.Offset%100 + 1}, New: text}
	}
	word := edit(at(1, 24, 30), "\"latest\"\\tag")
	word.Bytes = lint.ByteColumns{Start: 28, End: 34}
	return []lint.Diagnostic{
		{
			Rule: latest, Message: "there is no rule `lasted`", File: "Dockerfile", Range: at(1, 24, 30),
			Fixes: []lint.Fix{{Title: "write latest", Edits: []lint.Edit{word}}},
			Frame: frame(frameLine("# 漢字 imgpolicy ignore=lasted", at(1, 24, 30), "")),
		},
		{
			Rule: checksum, Message: "this ignore hides nothing", File: "Dockerfile", Range: at(3, 3, 40),
			Fixes: []lint.Fix{{Title: "remove the comment", Safe: true, Edits: []lint.Edit{edit(span(3, 1, 4, 1), "")}}},
		},
		{
			Rule: denied, Message: "the pattern is not anchored", File: "image-policy.json", Range: at(4, 6, 20),
			Fixes: []lint.Fix{
				{Title: "anchor the pattern", Safe: true, Edits: []lint.Edit{edit(at(4, 6, 6), "^")}},
				{Title: "anchor it at both ends", Edits: []lint.Edit{edit(at(4, 6, 6), "^"), edit(at(4, 20, 20), "$")}},
				{Title: "not UTF-8", Edits: []lint.Edit{edit(at(4, 6, 20), "\xff")}},
			},
		},
		{
			Rule: unpinned, Message: "two lines for one", File: "Dockerfile", Range: span(7, 6, 8, 4),
			Fixes: []lint.Fix{{Title: "join the lines", Safe: true, Edits: []lint.Edit{edit(span(7, 1, 9, 1), "FROM a\r\n")}}},
		},
	}
}
