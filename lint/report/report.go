// Package report writes the result of a run, in one format to a file.
//
// A format only renders: what it prints was sorted, counted and freed of
// credentials by the linter. It looks at nothing but the result and its
// options, so that the same result gives the same bytes everywhere.
package report

import (
	"io"

	"github.com/imgpolicy/imgpolicy/lint"
)

// programName is what reports call the program.
const programName = "imgpolicy"

// Format is an output format.
type Format struct {
	Name string
	// Summary says in a phrase whom the format is for, lower case, no period.
	Summary string
	// Write writes r to w. Errors are those of w.
	Write func(w io.Writer, r *lint.Result, opt Options) error
	// LineHashes tells that the format shows lint.Diagnostic.LineHash.
	LineHashes bool
	// Frames tells that it shows lint.Diagnostic.Frame.
	Frames bool
}

// Options are the facts about the reader that a format may heed. The zero value
// is a plain file.
type Options struct {
	// Color is for text.
	Color bool
	// Quiet leaves out the summary line. JSON has its keys all the same.
	Quiet bool
	// Width is how many columns the terminal has, 0 where that is not known or
	// there is none: text then leaves long lines to whoever shows them.
	Width int
	// ASCII tells text that the terminal shows no other characters. It is for
	// terminals alone: files and pipes get UTF-8 whatever the locale is, so that
	// a run gives the same bytes everywhere.
	ASCII bool
	// Links makes the rules in text hyperlinks to their documentation. Only a
	// terminal knows what to do with them.
	Links bool
	// Runner tells text that a runner of GitHub Actions reads along. Text
	// quotes the linted file, which could hold workflow commands.
	Runner bool
	// Token is the secret between the program and a runner that ends human
	// text; no linted text may know it. "" draws a random one.
	Token string
	// Dir is the working directory as seen from the root of the repository,
	// "" or "." where they are the same: GitHub finds files only from there.
	Dir string
	// Root is that root's own path, absolute and with slashes, or "" where it is
	// not known. A Dir outside of it needs it.
	Root string
	// Summary is the job summary of a step in GitHub Actions, or nil, and
	// SummaryUsed how many bytes the step has written to it before.
	Summary     io.Writer
	SummaryUsed int
	// CodeScanning tells SARIF that GitHub's code scanning will read it, which
	// takes what is ignored for open alerts.
	CodeScanning bool
	// Failures are why something could not be checked, one text each, for the
	// formats that have a place for a run that went wrong.
	Failures []string
	// HideSource leaves the lines in question out of text.
	HideSource bool
	// Statistics ends text with how often each rule found something.
	Statistics bool
	// Version is the program's own as Go writes it: v1.2.3 or (devel).
	Version string
}

// Formats lists all formats, the default one first.
func Formats() []Format {
	return []Format{
		textFormat(),
		jsonFormat(),
		githubFormat(),
		sarifFormat(),
		gitlabFormat(),
		checkstyleFormat(),
		junitFormat(),
		rdjsonFormat(),
		compactFormat(),
		markdownFormat(),
		buildxFormat(),
	}
}

// Names are the names of all formats, in the same order.
func Names() []string {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	return names
}
