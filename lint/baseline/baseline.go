// Package baseline keeps the list of the diagnostics that a project knows of, so
// that only new ones are in the way.
//
// An entry names the rule, the file and the text in question, and no line: it
// goes on matching wherever the text moves within its file, and stops when the
// text changes. The file is made to be committed: sorted, one entry on a line,
// without dates.
package baseline

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// Entry is a diagnostic that is known, and how many there are of it.
type Entry struct {
	Rule string
	// Path is the file's, with slashes, as seen from the directory of the
	// baseline.
	Path string
	// Text is what the diagnostic is about, see Text.
	Text  string
	Count int
}

// Baseline is a list of entries, each once, sorted by path, rule and text. The
// zero value knows nothing.
type Baseline struct{ Entries []Entry }

// Of is the baseline of diagnostics, without those that none may hide. path is
// the path of a file by its name in diagnostics, "" for what has none.
func Of(diagnostics []lint.Diagnostic, path func(file string) string) *Baseline {
	b := new(Baseline)
	for i := range diagnostics {
		if e, ok := entryOf(&diagnostics[i], path); ok {
			b.Entries = append(b.Entries, e)
		}
	}
	b.Add(nil)
	return b
}

// Add takes in more entries. Those of the same diagnostic become one.
func (b *Baseline) Add(more []Entry) {
	all := append(b.Entries, more...)
	slices.SortFunc(all, compare)
	b.Entries = nil
	for _, e := range all {
		if last := len(b.Entries) - 1; last >= 0 && compare(b.Entries[last], e) == 0 {
			b.Entries[last].Count += e.Count
			continue
		}
		b.Entries = append(b.Entries, e)
	}
}

func compare(a, b Entry) int {
	return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Text, b.Text))
}

func entryOf(d *lint.Diagnostic, path func(string) string) (Entry, bool) {
	where := path(d.File)
	if d.NotBaselined != "" || where == "" {
		return Entry{}, false
	}
	return Entry{Rule: d.Rule.ID, Path: strings.ToValidUTF8(where, "\ufffd"), Text: Text(d), Count: 1}, true
}

// maxText is how many characters of a text are kept; what is longer ends in a
// hash of the whole.
const maxText = 200

// Text is what a diagnostic is known by: the reference as it is written, not
// what its variables make of it; without one the text in question, which keeps
// wherever its line goes, unlike a message that may count lines; and the message
// for what is about a file as a whole. Credentials are hidden as in all that is
// shown. Runs of blanks and line breaks are one blank, so that indenting a file
// makes nothing new.
func Text(d *lint.Diagnostic) string {
	text := d.Marked
	if d.Input != nil {
		text = d.Input.Word
	}
	if strings.TrimSpace(text) == "" {
		text = d.Message
	}
	text = strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "\ufffd")
	if runes := []rune(text); len(runes) > maxText {
		return fmt.Sprintf("%s… (sha256 %.8x)", string(runes[:maxText]), sha256.Sum256([]byte(text)))
	}
	return text
}

// version changes when older programs would misread the file.
const version = 1

// Write writes the file.
func (b *Baseline) Write(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "{\n  %q: %d,\n  %q: [", versionKey, version, diagnosticsKey)
	for i, e := range b.Entries {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, "\n    {%q: %s, %q: %s, %q: %s, %q: %d}",
			ruleKey, document.Quote(e.Rule), pathKey, document.Quote(e.Path), textKey, document.Quote(e.Text), countKey, e.Count)
	}
	if len(b.Entries) > 0 {
		text.WriteString("\n  ")
	}
	text.WriteString("]\n}\n")
	_, err := io.WriteString(w, text.String())
	return err
}

// Counted is how many diagnostics the entries stand for.
func Counted(entries []Entry) int {
	n := 0
	for _, e := range entries {
		n += e.Count
	}
	return n
}

// String is the entry in a list for people: "unpinned-image in Dockerfile: alpine".
func (e Entry) String() string {
	s := e.Rule + " in " + e.Path + ": " + e.Text
	if e.Count > 1 {
		s += " (" + strconv.Itoa(e.Count) + ")"
	}
	return s
}
