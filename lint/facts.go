package lint

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

// Facts are what a run over part of the files knows that one over all of them
// needs. They are plain data, and their JSON form is stable: Merge makes of the
// facts of all parts what one run would have found.
type Facts struct {
	// Run identifies what is linted: parts of one run have the same.
	Run string `json:"run"`
	// Files are those of the part, in order.
	Files []FileFacts `json:"files"`
	// Failures say why something was not checked, as a run prints it.
	Failures []FailureFacts `json:"failures,omitempty"`
	// Pins are what sources are pinned to, a few places of each.
	Pins []PinFacts `json:"pins,omitempty"`
	claims
}

// FileFacts are about one Dockerfile.
type FileFacts struct {
	// Number is that of the file among all of the run, from 0.
	Number    int    `json:"number"`
	Name      string `json:"name"`
	Inputs    int    `json:"inputs,omitempty"`
	Unchecked int    `json:"unchecked,omitempty"`
	// Failed tells that not all of it could be checked, Unread that nothing of it
	// could, and Unsettled that it is not even known by what settings.
	Failed      bool         `json:"failed,omitempty"`
	Unread      bool         `json:"unread,omitempty"`
	Unsettled   bool         `json:"unsettled,omitempty"`
	Diagnostics []Diagnostic `json:"diagnostics,omitempty"`
	Ignored     []Diagnostic `json:"ignored,omitempty"`
	// Waived are the exceptions of levels that were of use, by their places.
	Waived []string `json:"waived,omitempty"`
	// Compared is, for each source that the file pins, what would be otherwise if
	// another file pinned it to something else.
	Compared []ComparedFacts `json:"compared,omitempty"`
}

// ComparedFacts are what changes about a file once it is known that a source is
// pinned to something else elsewhere.
type ComparedFacts struct {
	Name     string `json:"name"` // source.Unpin
	Platform string `json:"platform,omitempty"`
	// Hides are the diagnostics that go, by their index in FileFacts.Diagnostics:
	// ignores that are in use after all.
	Hides []int `json:"hides,omitempty"`
	// Adds and Ignored are those that come. Those with a Pin are completed by what
	// it is compared with.
	Adds    []Diagnostic `json:"adds,omitempty"`
	Ignored []Diagnostic `json:"ignored,omitempty"`
	Waived  []string     `json:"waived,omitempty"`
}

// FailureFacts is a reason why something was not checked.
type FailureFacts struct {
	// Number is that of the file, -1 for what was found before any was read.
	Number int    `json:"number"`
	Text   string `json:"text"`
	// Shared tells that it is said once for all the files it is about.
	Shared bool `json:"shared,omitempty"`
}

// PinFacts are the first places where a source is pinned to a digest.
type PinFacts struct {
	Name     string     `json:"name"`
	Platform string     `json:"platform,omitempty"`
	Digest   string     `json:"digest"`
	Places   []PinPlace `json:"places"`
}

// PinPlace is a place of a pin: the number of the file, and of the pin in it.
type PinPlace struct {
	Number int              `json:"number"`
	Order  int              `json:"order"`
	File   string           `json:"file"`
	Span   dockerfile.Span  `json:"span"`
	Range  dockerfile.Range `json:"range"`
}

// claims are what is said once for a run and not file by file. Each has the number
// of the first file it is about, by whose settings it is said.
type claims struct {
	// Flaws are those of policies, each as it is asked after others.
	Flaws []FlawFacts `json:"flaws,omitempty"`
	// Alone are those of policies that are in force for no file of the part.
	Alone []AloneFacts `json:"alone,omitempty"`
	// Patterns, Levels and Locks are what of policies, of the configs of levels and
	// of lock files is not in use.
	Patterns []UnusedFacts `json:"patterns,omitempty"`
	Levels   []UnusedFacts `json:"levels,omitempty"`
	Locks    []UnusedFacts `json:"locks,omitempty"`
}

// FlawFacts are what is wrong with a policy.
type FlawFacts struct {
	Of          string       `json:"of"`
	First       int          `json:"first"`
	Diagnostics []Diagnostic `json:"diagnostics,omitempty"`
}

// AloneFacts are about a policy that an argument names. Used tells that a file
// made it load: then it is not alone.
type AloneFacts struct {
	Name     string      `json:"name"`
	Used     bool        `json:"used,omitempty"`
	Failures []string    `json:"failures,omitempty"`
	Flaws    []FlawFacts `json:"flaws,omitempty"`
}

// UnusedFacts are the parts of something that none of the files uses.
type UnusedFacts struct {
	Of    string `json:"of"`
	First int    `json:"first"`
	// Unknown tells that something which could not be checked may use any of it,
	// Silent that nothing was asked of it.
	Unknown bool `json:"unknown,omitempty"`
	Silent  bool `json:"silent,omitempty"`
	// Flaws are what is wrong with it whoever uses it.
	Flaws  []Diagnostic `json:"flaws,omitempty"`
	Unused []UnusedPart `json:"unused,omitempty"`
}

// UnusedPart is one part that is not used, and what is said of it.
type UnusedPart struct {
	Part        string       `json:"part"`
	Diagnostics []Diagnostic `json:"diagnostics,omitempty"`
}

// factDiagnostic is the JSON form of a Diagnostic: rules and levels by name.
type factDiagnostic struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	plainDiagnostic
	Level *factLevel `json:"level,omitempty"`
}

type plainDiagnostic Diagnostic

type factLevel struct {
	Rank level.Rank `json:"rank"`
	Name string     `json:"name,omitempty"`
	File string     `json:"file,omitempty"`
	Line int        `json:"line,omitempty"`
}

// MarshalJSON implements json.Marshaler, for Facts. A fix whose text is not UTF-8
// is left out: JSON would make another text of it.
func (d Diagnostic) MarshalJSON() ([]byte, error) {
	out := factDiagnostic{Severity: d.Severity.String(), plainDiagnostic: plainDiagnostic(d)}
	if d.Rule != nil {
		out.Rule = d.Rule.ID
	}
	if l := d.Level; l != nil {
		out.Level = &factLevel{l.Rank, l.Name, l.File, l.Line}
	}
	out.Fixes = slices.DeleteFunc(slices.Clone(d.Fixes), func(f Fix) bool { return !f.IsText() })
	return json.Marshal(out)
}

// UnmarshalJSON implements json.Unmarshaler. The Rule has only its ID, until
// Merge finds it.
func (d *Diagnostic) UnmarshalJSON(text []byte) error {
	var in factDiagnostic
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	*d = Diagnostic(in.plainDiagnostic)
	d.Rule = &Rule{ID: in.Rule}
	for _, s := range []Severity{Info, Warning, Error} {
		if s.String() == in.Severity {
			d.Severity = s
		}
	}
	if d.Severity == 0 {
		return fmt.Errorf("there is no severity %q", in.Severity)
	}
	if l := in.Level; l != nil {
		d.Level = &level.Level{Rank: l.Rank, Name: l.Name, File: l.File, Line: l.Line}
	}
	return nil
}

// ignoredBy are the names of IgnoredBy in JSON.
func ignoredBy() []string { return []string{"directive", "baseline", "revision", "exception"} }

// MarshalText implements encoding.TextMarshaler.
func (by IgnoredBy) MarshalText() ([]byte, error) { return []byte(ignoredBy()[by]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (by *IgnoredBy) UnmarshalText(text []byte) error {
	i := slices.Index(ignoredBy(), string(text))
	if i < 0 {
		return fmt.Errorf("nothing is ignored by %q", text)
	}
	*by = IgnoredBy(i)
	return nil
}
