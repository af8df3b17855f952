package lint

import (
	"slices"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// Severity grades a diagnostic. The zero value is "not set".
type Severity int

// The severities, from mild to grave.
const (
	Info Severity = iota + 1
	Warning
	Error
)

// String is the severity as it is written on the command line and in JSON.
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	case Info:
		return "info"
	default:
		return ""
	}
}

// Diagnostic is one finding of a rule. A rule fills in what it knows; the
// linter adds the rest. What leaves the linter is plain data that shows no
// credentials and holds on to no file: every format can print it as it is,
// once it has escaped the text in its own way.
type Diagnostic struct {
	Rule     *Rule    `json:"-"`
	Severity Severity `json:"-"` // the rule's, where a rule leaves it unset
	// Message says what is wrong, with the value judged, in one line without a
	// trailing period.
	Message string           `json:"message"`
	File    string           `json:"file,omitempty"` // as shown to people: relative, with slashes; <stdin> for "-"
	Span    dockerfile.Span  `json:"span,omitzero"`
	Range   dockerfile.Range `json:"range,omitzero"`
	// Bytes are the columns of Range for formats that count bytes.
	Bytes ByteColumns `json:"bytes,omitzero"`
	// LineHash tells code scanning that the line where Range starts is the same
	// one as before, wherever it moved; "" unless Linter.LineHashes is set.
	LineHash string `json:"lineHash,omitempty"`
	// Marked is the text of Span as written, or of its line where Span is empty;
	// "" where there is no Range, and for what is about an input or a whole build.
	Marked string `json:"marked,omitempty"`
	// Label stands beside the marked text: what it resolves to, or "".
	Label string `json:"label,omitempty"`
	// Input is the input the diagnostic is about, or nil.
	Input *Input `json:"input,omitempty"`
	// Policy is the entry that decided, or nil.
	Policy *PolicyEntry `json:"policy,omitempty"`
	// Denial is what Buildx says of it, or nil where no policy denied.
	Denial *Denial `json:"denial,omitempty"`
	// Help says what to write instead; it may have several lines, and what is
	// between backquotes can be pasted. "" where there is nothing true to say.
	Help string `json:"help,omitempty"`
	// Related are other places that matter, such as where a variable got its
	// value.
	Related []Related `json:"related,omitempty"`
	Notes   []string  `json:"notes,omitempty"`
	// Fixes are ways to mend it, the best first; each alone does.
	Fixes []Fix `json:"fixes,omitempty"`
	// Frame is the text around Range and the related ranges of the same file.
	Frame Frame `json:"frame,omitzero"`
	// Level is the level that it is a finding of, nil for none.
	Level *level.Level `json:"-"`
	// DryRun tells that this level only tries out what it says: the diagnostic is
	// an info, and fails no run.
	DryRun bool `json:"dryRun,omitempty"`
	// Whole tells that the diagnostic is about the build as a whole, whatever
	// line it points at: no ignore above an instruction is about it.
	Whole bool `json:"whole,omitempty"`
	// NotBaselined says why no baseline hides it, "" where one may.
	NotBaselined string   `json:"notBaselined,omitempty"`
	known        []string // the names that exceptions know its source by
	// Pin is a pin that Rule.Compare is still to compare with others, nil for none.
	Pin *PinnedSource `json:"pin,omitempty"`
	// Ignored is what hides the diagnostic; nil outside of Result.Ignored.
	Ignored *Ignore `json:"ignored,omitempty"`
}

// Input is what a diagnostic tells about the input it is about.
type Input struct {
	Kind        string `json:"kind"`
	Identifier  string `json:"identifier,omitempty"` // "" where it is not known
	Word        string `json:"word,omitempty"`
	Instruction string `json:"instruction,omitempty"` // FROM, COPY, ADD, RUN, syntax or context
	Stage       string `json:"stage,omitempty"`       // the stage's name, or its number where it has none; "" for the frontend
	Platform    string `json:"platform,omitempty"`
	Reached     bool   `json:"reached,omitempty"`
}

// PolicyEntry is the place in a policy file that decided.
type PolicyEntry struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"` // 1-based; 0 for the file as a whole
	Text string `json:"text,omitempty"` // the entry as written, or what else decided
}

// ByteColumns are the columns of a range in bytes of UTF-8, each counted from 1
// in its own line, the end exclusive. The zero value belongs to no range.
type ByteColumns struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Denial is a source that a policy denied, in the words of a build.
type Denial struct {
	Source string `json:"source"`         // the identifier of BuildKit
	Name   string `json:"name,omitempty"` // the image as the instruction names it, "" for other sources
	// Messages are all that the policy said; none where it denied without a word.
	Messages []string `json:"messages,omitempty"`
}

// Related is another place that matters for a diagnostic.
type Related struct {
	Message string           `json:"message"`
	File    string           `json:"file"`
	Span    dockerfile.Span  `json:"span,omitzero"`
	Range   dockerfile.Range `json:"range,omitzero"`
}

// Frame is an excerpt of a file with marked places. The zero value is none.
type Frame struct {
	Lines []FrameLine `json:"lines"`
}

// FrameLine is one line of a Frame, credentials replaced, shortened where it is
// very long.
type FrameLine struct {
	Number int    `json:"number"` // 1-based
	Text   string `json:"text"`
	Marks  []Mark `json:"marks,omitempty"`
}

// Mark underlines part of a FrameLine. Start and End count code points of Text
// from 0, End exclusive and always above Start.
type Mark struct {
	Start   int    `json:"start"`
	End     int    `json:"end"`
	Label   string `json:"label,omitempty"`   // printed beside the underline, "" for none
	Primary bool   `json:"primary,omitempty"` // the diagnostic's own place, not a related one
}

// Fix is a change to File that mends a diagnostic.
type Fix struct {
	Title string `json:"title"` // what it does, lower case, no period: "remove the comment"
	// Safe tells that what is built, or ruled, stays the same but for the flaw.
	Safe bool `json:"safe,omitempty"`
	// Edits do not overlap, and are made all or none.
	Edits []Edit `json:"edits"`
}

// IsText tells whether what it writes is UTF-8, as JSON can hold it.
func (f *Fix) IsText() bool {
	return !slices.ContainsFunc(f.Edits, func(e Edit) bool { return !utf8.ValidString(e.New) })
}

// Edit replaces Span of the text that was linted by New. The linter adds Range
// and Bytes.
type Edit struct {
	Span  dockerfile.Span  `json:"span"`
	Range dockerfile.Range `json:"range"`
	Bytes ByteColumns      `json:"bytes"`
	New   string           `json:"new"`
}

// Summary counts what a run saw.
type Summary struct {
	Files     int
	Inputs    int
	Unchecked int // inputs whose source could not be known
	Errors    int
	Warnings  int
	Infos     int
	Ignored   int // diagnostics; they count in none of the severities
	DryRun    int // infos that a level in force would be stricter about
}

// Result is the outcome of a run: everything the formats print.
type Result struct {
	// Rules are all the rules of the program, in order, whether enabled or not.
	Rules []*Rule
	// Files are the names of the files that were checked, in order.
	Files       []string
	Diagnostics []Diagnostic
	// Shard is the part of a run that this is, such as "3/8", with what the run needs
	// of it; "" and nil for a run over all files.
	Shard string
	Facts *Facts
	// Ignored are the diagnostics that ignore directives, the baseline and an
	// older revision hide, in the same order. They are a list of their own so that only a format that shows
	// suppressions has to know of them.
	Ignored []Diagnostic
	Summary Summary
}
