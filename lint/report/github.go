package report

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

func githubFormat() Format {
	return Format{Name: "github", Summary: "annotations for GitHub Actions", Write: writeGitHub}
}

// writeGitHub writes one workflow command to a line, the gravest diagnostics
// first, and the job summary. What has no annotation is in the log.
func writeGitHub(w io.Writer, r *lint.Result, opt Options) error {
	table, whole := jobSummary(r, opt)
	restPlace := "the log of this step"
	if whole {
		restPlace = "the job summary"
	}
	commands, rest := annotations(r, opt, restPlace)
	var log strings.Builder
	for _, d := range rest {
		log.WriteString(compactLine(d))
	}
	if !opt.Quiet {
		log.WriteString(summary(r) + "\n")
	}
	if log.Len() > 0 {
		commands += Guarded(log.String(), opt.Token)
	}
	if err := writeWhole(w, commands); err != nil || table == "" {
		return err
	}
	_, err := io.WriteString(opt.Summary, table)
	return err
}

// gravestFirst are the diagnostics by severity, in their order within one.
func gravestFirst(r *lint.Result) []*lint.Diagnostic {
	order := make([]*lint.Diagnostic, len(r.Diagnostics))
	for i := range r.Diagnostics {
		order[i] = &r.Diagnostics[i]
	}
	slices.SortStableFunc(order, func(a, b *lint.Diagnostic) int {
		return cmp.Compare(b.Severity, a.Severity)
	})
	return order
}

// Guarded puts text for people where a runner of GitHub Actions does not look
// for commands. It does look in every line else, indented or not. token is a
// secret between the two of them, "" for a random one.
func Guarded(text, token string) string {
	if token == "" {
		token = rand.Text()
	}
	return fmt.Sprintf("::stop-commands::%s\n%s::%s::\n", token, text, token)
}

// annotation is the command of one diagnostic, with its newline.
func annotation(d *lint.Diagnostic, opt Options) string {
	message := []string{strings.TrimRight(d.Message, "\r\n")}
	for _, detail := range details(d, d.Related) {
		message = append(message, detail.key+": "+strings.TrimRight(detail.text, "\r\n"))
	}
	properties := location(d.Range)
	if d.File != "" {
		properties = append([]string{"file=" + escapeProperty(opt.fromRoot(d.File))}, properties...)
	}
	properties = append(properties, "title="+escapeProperty(ruleID(d)))
	return fmt.Sprintf("::%s %s::%s\n", commandName(d.Severity),
		strings.Join(properties, ","), escapeData(strings.Join(message, "\n")))
}

// commandName is GitHub's word for a severity.
func commandName(s lint.Severity) string {
	if s == lint.Info {
		return "notice"
	}
	return severityName(s)
}

// location gives the properties of a range. GitHub refuses columns where the
// range has more than one line. It does not say whether endColumn is part of
// the range (github/docs#40038, closed without an answer) and its pages mark
// whole lines; we write the exclusive end, as in every other format of ours and
// as ESLint and ruff do.
func location(r dockerfile.Range) []string {
	switch {
	case r.IsZero():
		return nil
	case r.Start.Line == r.End.Line:
		return []string{
			fmt.Sprintf("line=%d,col=%d", r.Start.Line, r.Start.Column),
			fmt.Sprintf("endLine=%d,endColumn=%d", r.End.Line, max(r.Start.Column, r.End.Column)),
		}
	default:
		return []string{fmt.Sprintf("line=%d,endLine=%d", r.Start.Line, max(r.Start.Line, r.End.Line))}
	}
}

// fromRoot is a file's path from the root of the repository.
func (o Options) fromRoot(file string) string {
	if o.Dir == "" || path.IsAbs(file) || strings.HasPrefix(file, "<") {
		return file // <stdin> is nowhere
	}
	joined := path.Join(o.Dir, file)
	if o.Root == "" || !outside(joined) {
		return joined
	}
	// The working directory is not below the root; the file may be all the same.
	if below, ok := strings.CutPrefix(path.Join(o.Root, joined), strings.TrimSuffix(o.Root, "/")+"/"); ok {
		return below
	}
	return joined
}

// outside tells whether a relative path leads out of where it starts.
func outside(file string) bool { return file == ".." || strings.HasPrefix(file, "../") }

// The runner undoes exactly these escapes (ActionCommand.cs of actions/runner);
// the % of a text goes first, or it would make escapes of its own.
func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(defuse(s))
}

func escapeProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(defuse(s))
}

// defuse takes out what escaping leaves: control characters, which the log page
// and a terminal obey, and the start of an old command, ##[…], for which the
// runner searches the whole line and knows no escape.
func defuse(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' {
			return r
		}
		return visible(r)
	}, s)
	return strings.ReplaceAll(s, "##[", "# #[")
}
