package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/config"
	"github.com/imgpolicy/imgpolicy/lint/report"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

const explainDescription = `Says of every input of a Dockerfile, or of those of one line, what each level decides:
by which entry of which file, and what an exception waives. The highest level comes
first; every one that says something must allow.`

// explainFormats are the values of explain --format.
var explainFormats = []string{"text", "json"}

func (a *app) explainCommand() *cli.Command {
	return &cli.Command{
		Name: "explain", Usage: "say what each level decides about an input, and why", ArgsUsage: "FILE[:LINE]", Description: explainDescription,
		Flags: slices.Concat([]cli.Flag{
			&cli.StringFlag{Name: "format", Value: explainFormats[0], Usage: "print in this `FORMAT`: text (default) or json"},
		}, findFlags()),
		Action: a.explain,
	}
}

// explanation is what explain says, in its JSON form.
type explanation struct {
	Version int              `json:"version"`
	File    string           `json:"file"`
	Inputs  []explainedInput `json:"inputs"`
	Limits  []explainedLimit `json:"limits"`
}

type explainedInput struct {
	Line        int              `json:"line"`
	Instruction string           `json:"instruction"`
	Word        string           `json:"word"`
	Identifier  string           `json:"identifier"`
	Levels      []explainedLevel `json:"levels"`
	span        dockerfile.Span
}

// explainedLevel is what one level says; of findings of none Level and File are "".
type explainedLevel struct {
	Level string         `json:"level"`
	File  string         `json:"file"`
	Line  int            `json:"line"`
	Says  []explainedSay `json:"says"`
}

type explainedSay struct {
	// Decision is allow, deny, warn, waived, or nothing.
	Decision  string `json:"decision"`
	Rule      string `json:"rule"`
	Message   string `json:"message"`
	Entry     string `json:"entry"` // "catalog.json:12 docker.io/library/node:20", "" for none
	Exception string `json:"exception"`
	DryRun    bool   `json:"dryRun"`
}

type explainedLimit struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	By    string `json:"by"`
}

func (a *app) explain(c *cli.Context) error {
	if !slices.Contains(explainFormats, c.String("format")) {
		return unknown("format", c.String("format"), explainFormats)
	}
	if c.NArg() != 1 || c.Args().First() == "" {
		return usageError("explain takes one Dockerfile, with a line or without: " + programName + " explain Dockerfile:3")
	}
	o, err := a.findOptions(c)
	if err != nil {
		return err
	}
	path, line := lineOf(o.dir, c.Args().First())
	found := newSearch(o.dir)
	found.explicit = explicit{configs: o.configs, literal: true}
	found.addPath(path)
	if len(found.files) != 1 {
		if len(found.failed) > 0 {
			return found.failed
		}
		return usageError("explain takes one Dockerfile, and " + path + " is none")
	}
	run, err := a.lintFound(c, o, found)
	if err != nil {
		return err
	}
	if len(run.failed) > 0 {
		return run.failed
	}
	out, err := explainRun(o, run, line)
	if err != nil {
		return err
	}
	if line > 0 && len(out.Inputs) == 0 {
		return usageError(fmt.Sprintf("%s has no input in line %d", out.File, line))
	}
	if c.String("format") == "json" {
		err = report.WriteJSON(a.stdout, out)
	} else {
		err = a.forPeople(func(w io.Writer) error {
			_, err := io.WriteString(w, out.text())
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

// lineOf parts the line from a path. A file whose name ends like that is taken as a
// whole.
func lineOf(dir, arg string) (path string, line int) {
	at := strings.LastIndexByte(arg, ':')
	if at <= 0 {
		return arg, 0
	}
	n, err := strconv.Atoi(arg[at+1:])
	if err != nil || n < 1 {
		return arg, 0
	}
	if _, err := os.Stat(absolute(dir, arg)); err == nil {
		return arg, 0
	}
	return arg[:at], n
}

// explainRun gathers what a run found about each input, by level.
func explainRun(o lintOptions, run *linting, line int) (*explanation, error) {
	name := run.found.files[0].Name
	settings, err := run.settings.of(name)
	if err != nil {
		return nil, err
	}
	chain, err := o.configs.of(filepath.Dir(run.found.paths[name]))
	if err != nil {
		return nil, err
	}
	out := &explanation{Version: 1, File: name, Inputs: []explainedInput{}, Limits: limitsOf(settings.Levels)}
	e := explaining{levels: settings.Levels, chain: chain, result: run.result}
	text, err := run.files[0].Read()
	if err != nil {
		return nil, unreadable(name, err)
	}
	f := dockerfile.Parse(name, text)
	builds := settings.Builds
	if len(builds) == 0 {
		builds = make([]dockerfile.Options, 1)
	}
	for _, build := range builds {
		resolved := f.Resolve(build)
		secrets := dockerfile.NewSecrets(f, resolved.Inputs)
		for i := range resolved.Inputs {
			in := &resolved.Inputs[i]
			one := explainedInput{Instruction: in.Instruction, Word: secrets.Redact(in.Word), span: in.Span}
			if !in.Span.Empty() {
				one.Line = f.Range(in.Span).Start.Line
			}
			if in.Source != nil {
				one.Identifier = source.Redact(in.Source.Identifier())
			}
			known := slices.ContainsFunc(out.Inputs, func(x explainedInput) bool { return x.span == one.span && x.Identifier == one.Identifier })
			if line > 0 && one.Line != line || known {
				continue
			}
			one.Levels = e.of(in, one)
			out.Inputs = append(out.Inputs, one)
		}
	}
	return out, nil
}

// explaining is one run as explain looks at it.
type explaining struct {
	levels *lint.Levels
	chain  *config.Chain
	result *lint.Result
}

// of is what the levels say of an input, and after them what no level does.
func (e explaining) of(in *dockerfile.Input, one explainedInput) []explainedLevel {
	var out []explainedLevel
	if e.levels != nil {
		for i := range e.levels.All {
			l := &e.levels.All[i]
			at := explainedLevel{Level: cmp.Or(l.Title(), "no rank"), File: l.File, Line: l.Line, Says: e.found(one, l)}
			at.Says = append(e.approvals(in, l, len(at.Says) == 0), at.Says...)
			if len(at.Says) == 0 {
				at.Says = []explainedSay{{Decision: e.silent(l)}}
			}
			out = append(out, at)
		}
	}
	if says := e.found(one, nil); len(says) > 0 {
		out = append(out, explainedLevel{Says: says})
	}
	if out == nil {
		out = []explainedLevel{{Says: []explainedSay{{Decision: "allow"}}}}
	}
	return out
}

// found is what was found about an input at a level, nil for none.
func (e explaining) found(one explainedInput, l *level.Level) []explainedSay {
	var says []explainedSay
	for _, d := range slices.Concat(e.result.Diagnostics, e.result.Ignored) {
		if d.Input == nil || d.Level != l || d.Span.Start < one.span.Start || d.Span.End > one.span.End || d.Input.Identifier != one.Identifier {
			continue
		}
		say := explainedSay{Decision: "warn", Rule: d.Rule.ID, Message: d.Message, DryRun: d.DryRun}
		if d.Severity == lint.Error {
			say.Decision = "deny"
		}
		if d.Policy != nil {
			say.Entry = fmt.Sprintf("%s:%d %s", d.Policy.File, d.Policy.Line, d.Policy.Text)
		}
		for _, note := range d.Notes {
			if strings.HasPrefix(note, "the exception of ") {
				say.Exception = note
			}
		}
		if d.Ignored != nil {
			say.Decision, say.Exception = "waived", d.Ignored.Reason
			if d.Ignored.Until != "" {
				say.Exception += ", until " + d.Ignored.Until
			}
		}
		says = append(says, say)
	}
	return says
}

// approvals are the versions that the catalogs of a level know an image as.
func (e explaining) approvals(in *dockerfile.Input, l *level.Level, clean bool) []explainedSay {
	img, ok := in.Source.(source.Image)
	if !ok || e.levels.Judge == nil || !clean {
		return nil
	}
	var says []explainedSay
	for _, s := range e.levels.Judge.Of(img) {
		if s.Book.Of != l || s.Version == nil {
			continue
		}
		until := "for ever"
		if !s.Version.Expires.IsZero() {
			until = "until " + s.Version.Expires.String()
		}
		says = append(says, explainedSay{
			Decision: "allow", Message: fmt.Sprintf("approved by %s, %s", s.Version.ApprovedBy, until),
			Entry: fmt.Sprintf("%s:%d %s:%s", s.Book.File.Name, s.Version.Line, s.Image.Name, s.Version.Tag),
		})
	}
	return says
}

// silent is what a level says that finds nothing: it allows by its lists, or has
// none.
func (e explaining) silent(l *level.Level) string {
	for _, c := range e.chain.Configs {
		if c.Name == l.File && (c.Lists || len(c.Policies) > 0 || c.Registries != nil || c.Hosts != nil || len(l.Catalogs) > 0) {
			return "allow"
		}
	}
	return "nothing"
}

// limitsOf are the limits in force, those that a level sets.
func limitsOf(levels *lint.Levels) []explainedLimit {
	out := []explainedLimit{}
	if levels == nil || levels.Judge == nil {
		return out
	}
	add := func(key, value, place string) {
		if value != "" && value != "0" {
			out = append(out, explainedLimit{key, value, strings.Trim(place, " ()")})
		}
	}
	l := levels.Judge.Limits
	add("min-scanners", strconv.Itoa(l.MinScanners.Value), l.MinScanners.Place())
	add("max-severity", l.MaxSeverity.Value.String(), l.MaxSeverity.Place())
	if l.FixAvailableOnly.By != nil {
		add("fix-available-only", strconv.FormatBool(l.FixAvailableOnly.Value), l.FixAvailableOnly.Place())
	}
	add("unknown-as", l.UnknownAs.Value.String(), l.UnknownAs.Place())
	add("max-evidence-age", strconv.Itoa(l.MaxEvidenceAge.Value), l.MaxEvidenceAge.Place())
	add("max-approval-days", strconv.Itoa(l.MaxApprovalDays.Value), l.MaxApprovalDays.Place())
	add("max-exception-days", strconv.Itoa(l.MaxExceptionDays.Value), l.MaxExceptionDays.Place())
	for _, list := range l.Licenses {
		add("licenses", strings.Join(list.Value, ", "), list.Place())
	}
	for _, list := range l.Approvers {
		add("approvers", strings.Join(list.Value, ", "), list.Place())
	}
	return out
}

// text is what explain says for people.
func (e *explanation) text() string {
	var b strings.Builder
	if len(e.Inputs) == 0 {
		fmt.Fprintf(&b, "%s fetches nothing\n", visible(e.File))
	}
	for i, in := range e.Inputs {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s:%d: %s %s", visible(e.File), in.Line, in.Instruction, visible(in.Word))
		if in.Identifier != "" && !strings.HasSuffix(in.Identifier, in.Word) {
			fmt.Fprintf(&b, " is %s", visible(in.Identifier))
		}
		b.WriteString("\n")
		for _, l := range in.Levels {
			title := "of no level"
			if l.File != "" {
				title = fmt.Sprintf("%s, %s", l.Level, visible(l.File))
			}
			fmt.Fprintf(&b, "  %s\n", title)
			for _, s := range l.Says {
				b.WriteString(s.text())
			}
		}
	}
	for i, l := range e.Limits {
		if i == 0 {
			b.WriteString("\nlimits in force\n")
		}
		fmt.Fprintf(&b, "  %s: %s (%s)\n", l.Key, visible(l.Value), visible(l.By))
	}
	return b.String()
}

func (s explainedSay) text() string {
	var b strings.Builder
	switch {
	case s.Decision == "nothing":
		return "    says nothing about this\n"
	case s.Rule == "" && s.Message == "":
		return "    allows it\n"
	case s.Rule == "":
		fmt.Fprintf(&b, "    allows it: %s\n", visible(s.Message))
	default:
		word := map[string]string{"deny": "denies it", "warn": "warns", "waived": "waived"}[s.Decision]
		if s.DryRun {
			word += ", in a dry run"
		}
		fmt.Fprintf(&b, "    %s: %s [%s]\n", word, visible(s.Message), s.Rule)
	}
	if s.Entry != "" {
		fmt.Fprintf(&b, "      by %s\n", visible(s.Entry))
	}
	if s.Exception != "" {
		fmt.Fprintf(&b, "      %s\n", visible(s.Exception))
	}
	return b.String()
}
