package report

import (
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

// testCase is a result that every format writes to testdata/<name>.<format>.
type testCase struct {
	name   string
	result lint.Result
	opt    Options
}

var (
	unpinned = &lint.Rule{ID: "unpinned-image", Severity: lint.Error}
	denied   = &lint.Rule{ID: "policy-denied", Severity: lint.Error}
	checksum = &lint.Rule{ID: "missing-checksum", Severity: lint.Warning}
	latest   = &lint.Rule{ID: "latest-tag", Severity: lint.Info}
	parse    = &lint.Rule{ID: "parse-error", Severity: lint.Error, Mandatory: true}
)

func testCases() []testCase {
	return append(mendCases(), []testCase{
		{name: "clean", result: result(3, 7, 0)},
		{name: "clean_unchecked", result: lint.Result{Summary: lint.Summary{Files: 1, Inputs: 2, Unchecked: 1, Ignored: 2}}},
		{name: "related_frame", result: result(3, 7, 1, relatedFrame())},
		{name: "many", result: result(3, 12, 0, many()...)},
		{name: "same_line", result: result(1, 2, 0, sameLine()...)},
		{name: "multi_line", result: result(1, 1, 0, multiLine())},
		{name: "strange_text", result: result(1, 1, 0, strangeText())},
		{name: "hostile", result: result(1, 1, 0, hostile())},
		{name: "no_range", result: result(2, 1, 0, noRange()...)},
		{name: "related_elsewhere", result: result(1, 1, 0, relatedElsewhere())},
		{name: "long_line", result: result(1, 2, 0, longLine()...), opt: Options{Width: 72}},
		{name: "quiet", result: result(3, 7, 1, relatedFrame()), opt: Options{Quiet: true}},
		{name: "no_source", result: result(3, 7, 1, relatedFrame()), opt: Options{HideSource: true}},
		{name: "statistics", result: result(3, 12, 0, append(many(), many()...)...), opt: Options{Statistics: true, HideSource: true}},
		{name: "over_limit", result: result(3, 12, 0, overLimit()...), opt: Options{HideSource: true}},
		{name: "runner", result: result(3, 7, 1, relatedFrame()), opt: Options{Runner: true, Dir: "backend"}},
	}...)
}

// at is the range of code points [from, to) of a line. Offsets are as if all
// lines were one hundred bytes long.
func at(line, from, to int) dockerfile.Range {
	return span(line, from, line, to)
}

func span(line, from, endLine, to int) dockerfile.Range {
	position := func(line, column int) dockerfile.Position {
		return dockerfile.Position{Line: line, Column: column, Offset: 100*(line-1) + column - 1}
	}
	return dockerfile.Range{Start: position(line, from), End: position(endLine, to)}
}

// frameLine marks r, which must lie in the line.
func frameLine(text string, r dockerfile.Range, label string) lint.FrameLine {
	return lint.FrameLine{Number: r.Start.Line, Text: text, Marks: []lint.Mark{{
		Start: r.Start.Column - 1, End: r.End.Column - 1, Label: label, Primary: true,
	}}}
}

func secondary(l lint.FrameLine) lint.FrameLine {
	l.Marks[0].Primary = false
	return l
}

func frame(lines ...lint.FrameLine) lint.Frame { return lint.Frame{Lines: lines} }

func relatedFrame() lint.Diagnostic {
	from, value := at(4, 6, 22), at(1, 14, 21)
	return lint.Diagnostic{
		Rule:    unpinned,
		Message: "docker.io/library/node:20-slim is not pinned to a digest",
		File:    "services/api/Dockerfile",
		Range:   from,
		Label:   "resolves to docker.io/library/node:20-slim",
		Input: &lint.Input{
			Kind: "image", Identifier: "docker-image://docker.io/library/node:20-slim", Word: "node:${NODE_TAG}",
			Instruction: "FROM", Stage: "build", Platform: "linux/amd64", Reached: true,
		},
		Policy: &lint.PolicyEntry{File: "image-policy.json", Line: 3, Text: `"defaultAllow": false`},
		Help:   "write node:${NODE_TAG}@sha256:<digest>; this prints the digest:\n`docker buildx imagetools inspect node:20-slim`",
		Related: []lint.Related{
			{Message: `NODE_TAG is "20-slim" here`, File: "services/api/Dockerfile", Range: value},
		},
		Frame: frame(
			secondary(frameLine("ARG NODE_TAG=20-slim", value, `NODE_TAG is "20-slim" here`)),
			frameLine("FROM node:${NODE_TAG} AS build", from, "resolves to docker.io/library/node:20-slim"),
		),
	}
}

func many() []lint.Diagnostic {
	info := at(9, 6, 12)
	add := at(112, 5, 34)
	from := at(1, 6, 13)
	return []lint.Diagnostic{
		{
			Rule: latest, Message: "busybox has no tag, which means latest", File: "a/Dockerfile", Range: info,
			Input: &lint.Input{Kind: "image", Identifier: "docker-image://docker.io/library/busybox:latest", Word: "busybox", Instruction: "FROM", Stage: "0"},
			Help:  "write a version: `busybox:<version>`", Frame: frame(frameLine("FROM busybox", info, "")),
		},
		{
			Rule: checksum, Message: "https://example.com/tool.tgz has no checksum", File: "a/Dockerfile", Range: add,
			Help: "add `--checksum=sha256:<digest>`", Notes: []string{"the server can change the file at any time"},
			Frame: frame(
				lint.FrameLine{Number: 110},
				lint.FrameLine{Number: 111, Text: "# the tool"},
				frameLine("ADD https://example.com/tool.tgz /opt/", add, ""),
			),
		},
		{
			Rule: unpinned, Message: "docker.io/library/node:20 is not pinned to a digest", File: "b/Dockerfile", Range: from,
			Frame: frame(frameLine("FROM node:20", from, "")),
		},
		{
			Rule: denied, Message: "docker.io/library/node:20 is denied by the image policy", File: "b/Dockerfile", Range: from,
			Policy: &lint.PolicyEntry{File: "image-policy.json", Text: "no whitelist entry matches"},
			Denial: &lint.Denial{Source: "docker-image://docker.io/library/node:20", Name: "node:20", Messages: []string{"node:20 is old", "ask the platform team"}},
			Frame:  frame(frameLine("FROM node:20", from, "")),
		},
	}
}

// sameLine has marks beside, inside and on top of each other.
func sameLine() []lint.Diagnostic {
	const text = "COPY --from=${REPO}:${TAG} /tool /usr/bin/"
	own := at(7, 13, 27)
	mark := func(start, end int, label string, primary bool) lint.Mark {
		return lint.Mark{Start: start, End: end, Label: label, Primary: primary}
	}
	diagnostic := func(message string, marks ...lint.Mark) lint.Diagnostic {
		return lint.Diagnostic{
			Rule: denied, Message: message, File: "Dockerfile", Range: own,
			Frame: frame(lint.FrameLine{Number: 7, Text: text, Marks: marks}),
		}
	}
	return []lint.Diagnostic{
		diagnostic("three marks beside each other", mark(0, 4, "the instruction", false), mark(12, 26, "what it copies from", true), mark(27, 32, "what it copies", false)),
		diagnostic("a mark within another", mark(12, 26, "resolves to docker.io/acme/tool:1", true), mark(20, 26, "TAG is 1", false)),
		diagnostic("two labels at one place", mark(12, 26, "the reference", true), mark(12, 26, "the same", false)),
		diagnostic("the label is not the last mark's", mark(12, 26, "the reference", true), mark(33, 42, "", false)),
		diagnostic("at the end, where something is missing", mark(42, 43, "a checksum is missing here", true)),
	}
}

func multiLine() lint.Diagnostic {
	return lint.Diagnostic{
		Rule: checksum, Message: "https://example.com/a/b.tgz has no checksum", File: "Dockerfile", Range: span(9, 5, 10, 12),
		Frame: frame(
			frameLine(`ADD https://example.com/\`, at(9, 5, 26), ""),
			frameLine("    a/b.tgz /opt/", at(10, 5, 12), "one URL over two lines"),
		),
	}
}

// strangeText has tabs, wide and combining characters, control characters,
// bidi controls and bytes that are no UTF-8, in front of and inside the mark.
func strangeText() lint.Diagnostic {
	text := "\tFROM \x1b[31m日本語e\u0301\u202e\u2066\x00\xff\u0085é😀\timage:\u200f1\x7f\tAS x"
	before := len([]rune("\tFROM \x1b[31m"))
	marked := len([]rune("日本語e\u0301\u202e\u2066\x00\xff\u0085é😀\timage:\u200f1\x7f"))
	r := at(2, before+1, before+marked+1)
	wide := at(3, 4, 6)
	return lint.Diagnostic{
		Rule: unpinned, Message: "\"日本語\u202e\x1b]0;title\a\" is\tno reference", File: "Dockerfile", Range: r,
		Help: "write \u2028plain\u2069 ASCII",
		Frame: frame(
			frameLine(text, r, "not \x1b[1mthis\u009b"),
			secondary(frameLine("# 漢字かな交じり", wide, "漢字")),
		),
	}
}

func hostile() lint.Diagnostic {
	const attack = "::error file=x::forged %0A 100%\r\n  ::set-output name=a::b\r##[error]x###[add-mask]y\n\x1b[2J"
	r := at(1, 3, 20)
	return lint.Diagnostic{
		Rule: denied, Message: "the policy says: no\n" + attack + "\n\n", Range: r,
		File:   "a,b:c=d%\n::warning::x\x1b[31m##[error].\u202eDockerfile",
		Policy: &lint.PolicyEntry{File: "p\n::debug::x", Line: 2, Text: attack},
		Help:   attack, Notes: []string{attack}, Denial: &lint.Denial{Source: attack, Name: attack, Messages: []string{attack}},
		Related: []lint.Related{{Message: attack, File: "other\n::x::", Range: at(1, 1, 2)}},
		Fixes:   []lint.Fix{{Title: attack, Edits: []lint.Edit{{Range: r, Bytes: lint.ByteColumns{Start: 3, End: 20}, New: attack}}}},
		Frame:   frame(frameLine("# ##[error]x ::error::\x1b[0m", r, attack)),
	}
}

func noRange() []lint.Diagnostic {
	return []lint.Diagnostic{
		{Rule: parse, Message: "the file is empty: a Dockerfile needs a FROM instruction", File: "Dockerfile", Help: "start with `FROM <image>`"},
		{Rule: parse, Message: "nothing is known but this"},
	}
}

func relatedElsewhere() lint.Diagnostic {
	r := at(1, 6, 19)
	return lint.Diagnostic{
		Rule: denied, Message: "docker.io/evil/tool:1 is denied by the image policy", File: "<stdin>", Range: r,
		Policy: &lint.PolicyEntry{File: ".imgpolicy.json", Line: 4, Text: `"^docker\.io/evil/"`},
		Denial: &lint.Denial{Source: "https://example.com/tool.tgz"},
		Notes:  []string{"allowed are:\n  ^docker\\.io/acme/\n  ^ghcr\\.io/acme/"},
		Related: []lint.Related{
			{Message: "the entry that denies it", File: ".imgpolicy.json", Range: at(4, 5, 24)},
			{Message: "whole file", File: "docker-bake.hcl"},
			{Message: "not in the frame", File: "<stdin>", Range: at(80, 1, 4)},
		},
		Frame: frame(frameLine("FROM evil/tool:1 AS x", r, "")),
	}
}

// longLine does not fit 72 columns: at the start, in the middle, longer than
// the terminal, and with a label only that does not.
func longLine() []lint.Diagnostic {
	digest := "@sha256:" + strings.Repeat("0123456789abcdef", 4)
	run := "RUN --mount=type=bind,from=acme/tool:1,target=/tool " + strings.Repeat("make && ", 12) + "true"
	far := "RUN " + strings.Repeat("--mount=type=cache,target=/日 ", 4) + "--mount=from=acme/tool:1 make " + strings.Repeat("x ", 40)
	start := len([]rune(far[:strings.Index(far, "acme/")])) + 1
	diagnostic := func(text string, r dockerfile.Range, label string) lint.Diagnostic {
		return lint.Diagnostic{
			Rule: denied, Message: "denied by the image policy", File: "Dockerfile", Range: r, Label: label,
			Frame: frame(frameLine(text, r, label)),
		}
	}
	return []lint.Diagnostic{
		diagnostic(run, at(12, 28, 39), "at the start"),
		diagnostic(far, at(13, start, start+11), "in the middle"),
		diagnostic("FROM registry.example.com/acme/base:1"+digest+" AS base", at(1400, 6, 38+len(digest)), "longer than the terminal"),
		diagnostic("FROM registry.example.com/acme/base:1.2.3 AS b", at(1, 6, 42), "a label for which there is no room on the right"),
	}
}
