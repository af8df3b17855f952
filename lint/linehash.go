package lint

import (
	"fmt"
	"strconv"
	"unicode/utf16"

	"github.com/imgpolicy/imgpolicy/dockerfile"
)

const (
	hashWindow = 100 // code units that a line's hash looks at, from its start
	hashBase   = 37
	hashEOF    = 65535
)

// lineHashes are the hashes of a text's lines, or nil where nobody asks.
func (l *Linter) lineHashes(text string) []string {
	if !l.LineHashes {
		return nil
	}
	return hashLines(text)
}

// hashLines gives every line of a text the fingerprint that GitHub calls
// primaryLocationLineHash. Its upload action works it out again and warns of
// another value, so this is its algorithm to the letter (fingerprints.ts of
// github/codeql-action): a rolling hash of UTF-16 units without blanks, and how
// many lines before had the same.
func hashLines(text string) []string {
	h := lineHasher{counts: map[uint64]int{}, atStart: true, first: 1}
	for range hashWindow {
		h.first *= hashBase
	}
	var units [2]uint16
	for _, r := range text {
		for _, unit := range utf16.AppendRune(units[:0], r) {
			h.next(uint64(unit))
		}
	}
	h.next(hashEOF)
	for range hashWindow {
		h.emit()
		h.roll(0)
	}
	return h.out
}

// lineHasher is the state of the rolling hash.
type lineHasher struct {
	window  [hashWindow]uint64
	starts  [hashWindow]bool // the unit begins a line whose hash is still due
	index   int
	hash    uint64
	first   uint64 // hashBase to the power of hashWindow
	atStart bool
	afterCR bool
	counts  map[uint64]int
	out     []string
}

// next takes in one unit. Blanks do not count, and all line ends are one.
func (h *lineHasher) next(unit uint64) {
	if unit == ' ' || unit == '\t' || h.afterCR && unit == '\n' {
		h.afterCR = false
		return
	}
	if h.afterCR = unit == '\r'; h.afterCR {
		unit = '\n'
	}
	h.emit()
	if h.atStart {
		h.starts[h.index] = true
	}
	h.atStart = unit == '\n'
	h.roll(unit)
}

// emit writes the hash of the line that began a window ago, if one did.
func (h *lineHasher) emit() {
	if !h.starts[h.index] {
		return
	}
	h.starts[h.index] = false
	h.counts[h.hash]++
	h.out = append(h.out, fmt.Sprintf("%s:%d", strconv.FormatUint(h.hash, 16), h.counts[h.hash]))
}

func (h *lineHasher) roll(unit uint64) {
	h.hash = h.hash*hashBase + unit - h.first*h.window[h.index]
	h.window[h.index] = unit
	h.index = (h.index + 1) % hashWindow
}

// locate adds to a diagnostic what formats need of the text that they do not
// have.
func (doc document) locate(d *Diagnostic, hashes []string) {
	if d.Range.IsZero() {
		return
	}
	d.Bytes = doc.byteColumns(d.Range)
	if n := d.Range.Start.Line; n <= len(hashes) {
		d.LineHash = hashes[n-1]
	}
}

// byteColumns are the columns of a range in bytes.
func (doc document) byteColumns(r dockerfile.Range) ByteColumns {
	column := func(at dockerfile.Position) int { return max(0, at.Offset-doc.lines.Span(at.Line).Start) + 1 }
	return ByteColumns{Start: column(r.Start), End: column(r.End)}
}
