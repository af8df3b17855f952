package report

import (
	"io"
	"iter"
	"net/url"
	"path"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

// sarifFormat is SARIF 2.1.0 (OASIS) as GitHub's code scanning reads it:
//
//   - It shows the first location only, and links [text](1) of a message to
//     related locations.
//   - It tells alerts apart by primaryLocationLineHash, and closes those of
//     rules that a later run does not list: all rules are always there.
//   - It refuses empty strings, results without a file, and a file without
//     columnKind counts UTF-16.
//   - It does not know suppressions: a suppressed result becomes an open alert
//     (github/codeql-action#1230), where other readers show a closed one. So
//     Options.CodeScanning leaves out what is ignored.
func sarifFormat() Format {
	return Format{Name: "sarif", Summary: "for GitHub code scanning and other SARIF 2.1.0 readers", Write: writeSARIF, LineHashes: true}
}

const (
	sarifSchema  = "https://json.schemastore.org/sarif-2.1.0.json"
	sarifVersion = "2.1.0"
	// sarifRoot stands for the root of the repository, wherever that is.
	sarifRoot   = "%SRCROOT%"
	projectPage = "https://github.com/imgpolicy/imgpolicy"
)

type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		Invocations        []sarifInvocation       `json:"invocations"`
		AutomationDetails  sarifAutomation         `json:"automationDetails"`
		OriginalURIBaseIDs map[string]sarifLocated `json:"originalUriBaseIds"`
		ColumnKind         string                  `json:"columnKind"`
		Results            []sarifResult           `json:"results"`
	}
	sarifDriver struct {
		Name            string      `json:"name"`
		SemanticVersion string      `json:"semanticVersion"`
		InformationURI  string      `json:"informationUri"`
		Rules           []sarifRule `json:"rules"`
	}
	sarifAutomation struct {
		ID string `json:"id"`
	}
	sarifInvocation struct {
		ExecutionSuccessful bool                `json:"executionSuccessful"`
		Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		AssociatedRule *sarifRuleRef   `json:"associatedRule,omitempty"`
		Level          string          `json:"level"`
		Message        sarifText       `json:"message"`
		Locations      []sarifLocation `json:"locations,omitempty"`
	}
	sarifRuleRef struct {
		ID    string `json:"id"`
		Index int    `json:"index"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifLocation struct {
		ID       int           `json:"id,omitempty"`
		Physical sarifPhysical `json:"physicalLocation"`
		Message  *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI       string `json:"uri"`
		URIBaseID string `json:"uriBaseId,omitempty"`
	}
	sarifLocated struct {
		Description sarifText `json:"description"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
)

func writeSARIF(w io.Writer, r *lint.Result, opt Options) error {
	s := sariffer{opt: opt, index: map[*lint.Rule]int{}}
	run := sarifRun{
		AutomationDetails:  sarifAutomation{sarifCategory(opt)},
		OriginalURIBaseIDs: map[string]sarifLocated{sarifRoot: {sarifText{Text: "The root of the repository."}}},
		ColumnKind:         "unicodeCodePoints",
		Results:            []sarifResult{},
	}
	run.Tool.Driver = sarifDriver{
		Name: programName, InformationURI: projectPage, Rules: s.rules(r),
	}
	run.Tool.Driver.SemanticVersion = semanticVersion(opt.Version)
	run.Invocations = []sarifInvocation{s.invocation(r, opt)}
	frame, err := indentedJSON(sarifLog{sarifSchema, sarifVersion, []sarifRun{run}})
	if err != nil {
		return err
	}
	return writeElements(w, frame, "results", s.results(r))
}

// results are those of all diagnostics about files, and of what is ignored where the
// reader knows suppressions.
func (s *sariffer) results(r *lint.Result) iter.Seq[sarifResult] {
	return func(yield func(sarifResult) bool) {
		for i := range r.Diagnostics {
			if d := &r.Diagnostics[i]; d.File != "" && !yield(s.result(d)) {
				return
			}
		}
		for i := range r.Ignored {
			if d := &r.Ignored[i]; !s.opt.CodeScanning && d.File != "" && !yield(s.suppressed(d)) {
				return
			}
		}
	}
}

// semanticVersion is a version of Go as SARIF wants it, which readers compare. A
// build of no known version, such as that of our action, comes before all others.
func semanticVersion(version string) string {
	if semantic, ok := strings.CutPrefix(version, "v"); ok && semantic != "" {
		return semantic
	}
	return "0.0.0-devel"
}

// invocation tells how the run went. That all was checked is what success means
// here: the exit code tells of what was found.
func (s *sariffer) invocation(r *lint.Result, opt Options) sarifInvocation {
	out := sarifInvocation{ExecutionSuccessful: len(opt.Failures) == 0}
	for i := range r.Diagnostics {
		if d := &r.Diagnostics[i]; d.File == "" || d.Rule != nil && d.Rule.Mandatory {
			out.Notifications = append(out.Notifications, s.notification(d))
		}
	}
	for _, f := range opt.Failures {
		out.Notifications = append(out.Notifications, sarifNotification{
			Level: sarifLevel(lint.Error), Message: sarifText{Text: "Not checked: " + sentence(escapeLinks(plain(f)))},
		})
	}
	return out
}

// sariffer turns diagnostics into results.
type sariffer struct {
	opt   Options
	index map[*lint.Rule]int // of the rules listed
}

// location is a place in a file, or nothing for no file.
func (s *sariffer) location(file string, r dockerfile.Range) []sarifLocation {
	if file == "" {
		return nil
	}
	file = s.opt.fromRoot(file)
	out := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{URI: sarifURI(file)}}}
	if !path.IsAbs(file) {
		out.Physical.Artifact.URIBaseID = sarifRoot
	}
	// Code scanning wants a line even of what is about a whole file.
	out.Physical.Region = &sarifRegion{StartLine: 1}
	if !r.IsZero() {
		out.Physical.Region = &sarifRegion{r.Start.Line, r.Start.Column, r.End.Line, r.End.Column}
	}
	return []sarifLocation{out}
}

// sarifCategory keeps runs in different directories of a repository apart: code
// scanning takes a run for the successor of the last one of its name.
func sarifCategory(opt Options) string {
	if opt.Dir == "" || outside(opt.Dir) {
		return programName + "/"
	}
	return path.Join(programName, sarifURI(opt.Dir)) + "/"
}

// sarifURI is a path as a reference that no reader takes for anything else.
func sarifURI(file string) string {
	if path.IsAbs(file) {
		return (&url.URL{Scheme: "file", Path: file}).String()
	}
	// A colon in the first part would make a scheme of it.
	uri := strings.TrimPrefix((&url.URL{Path: file}).String(), "./")
	return strings.ReplaceAll(uri, ":", "%3A")
}
