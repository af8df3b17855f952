package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
)

// frame writes the lines of a diagnostic with their marks:
//
//	  |
//	1 | ARG NODE_TAG=20-slim
//	  |              ------- NODE_TAG is "20-slim" here
//	  :
//	4 | FROM node:${NODE_TAG} AS build
//	  |      ^^^^^^^^^^^^^^^^ resolves to docker.io/library/node:20-slim
func (t *texter) frame(out *strings.Builder, d *lint.Diagnostic, gutter int) {
	room := 0
	if t.width > 0 {
		room = max(minRoom, t.width-gutter-len("| "))
	}
	for i, l := range d.Frame.Lines {
		switch {
		case i == 0:
			t.row(out, "", "|", gutter, "")
		case l.Number > d.Frame.Lines[i-1].Number+1:
			t.row(out, "", ":", gutter, "")
		}
		text, marks := t.lay(l, room)
		t.row(out, strconv.Itoa(l.Number), "|", gutter, text)
		for _, below := range t.underneath(marks, d.Severity, room) {
			t.row(out, "", "|", gutter, below)
		}
	}
}

func (t *texter) row(out *strings.Builder, number, bar string, gutter int, text string) {
	out.WriteString(t.palette.gutter.Sprint(fmt.Sprintf("%*s %s", gutter-1, number, bar)))
	if text = strings.TrimRight(text, " "); text != "" {
		out.WriteString(" " + text)
	}
	out.WriteByte('\n')
}

// underneath are the rows below a line: the marks with one label beside them,
// then the labels that found no room there, each hanging from its mark.
func (t *texter) underneath(marks []mark, s lint.Severity, room int) []string {
	if len(marks) == 0 {
		return nil
	}
	rows := []string{t.underline(marks, s)}
	labelled := slices.DeleteFunc(slices.Clone(marks), func(m mark) bool { return m.label == "" })
	// The label beside the marks is that of the mark which ends last: it reads
	// as belonging to what is on its left. Of two that end together it is the
	// diagnostic's own, which covers the other.
	slices.SortStableFunc(labelled, func(a, b mark) int {
		return cmp.Or(cmp.Compare(b.to, a.to), rank(a)-rank(b), cmp.Compare(b.from, a.from))
	})
	if len(labelled) > 0 && besideFits(labelled[0], marks, room) {
		m := labelled[0]
		rows[0] += " " + t.paint(m, s).Sprint(m.label)
		labelled = labelled[1:]
	}
	return append(rows, t.hanging(labelled, s, room)...)
}

// rank puts the diagnostic's own mark before a related one.
func rank(m mark) int {
	if m.primary {
		return 0
	}
	return 1
}

// besideFits tells whether a mark's label can stand to the right of all marks.
// Below a short mark one that cannot be broken would have little more room.
func besideFits(m mark, marks []mark, room int) bool {
	end := 0
	for _, other := range marks {
		end = max(end, other.to)
	}
	if m.to < end {
		return false // it would read as another mark's
	}
	if room == 0 || end+1+textWidth(m.label) <= room {
		return true
	}
	below := 0
	for _, l := range m.labelRows(room) {
		below = max(below, textWidth(l))
	}
	return m.from+below > room && m.to-m.from < 8
}

// labelRows breaks a label to hang from its mark.
func (m mark) labelRows(room int) []string {
	if room == 0 {
		return []string{m.label}
	}
	room = max(minLabel, room-m.from)
	return Wrap(m.label, room, room)
}

// underline draws all marks of a line in one row. The diagnostic's own cover
// the related ones.
func (t *texter) underline(marks []mark, s lint.Severity) string {
	var cells []byte
	for _, primary := range []bool{false, true} {
		for _, m := range marks {
			if m.primary != primary {
				continue
			}
			for len(cells) < m.to {
				cells = append(cells, ' ')
			}
			sign := byte('-')
			if primary {
				sign = '^'
			}
			for i := m.from; i < m.to; i++ {
				cells[i] = sign
			}
		}
	}
	var row strings.Builder
	for start := 0; start < len(cells); {
		end := start
		for end < len(cells) && cells[end] == cells[start] {
			end++
		}
		run := string(cells[start:end])
		if cells[start] != ' ' {
			run = t.paint(mark{primary: cells[start] == '^'}, s).Sprint(run)
		}
		row.WriteString(run)
		start = end
	}
	return row.String()
}

// hanging writes labels below their marks, the rightmost first, so that no
// label crosses the line another one hangs from:
//
//	---- ^^^
//	|    |
//	|    label of the second
//	label of the first
func (t *texter) hanging(marks []mark, s lint.Severity, room int) []string {
	if len(marks) == 0 {
		return nil
	}
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(b.from, a.from) })
	rows := []string{t.threads(marks, s, marks[0].from+1)}
	for _, m := range marks {
		for _, l := range m.labelRows(room) {
			rows = append(rows, t.threads(marks, s, m.from)+t.paint(m, s).Sprint(l))
		}
	}
	return rows
}

// threads draws a | at the start of each mark in front of column end, and
// blanks up to there. Marks come from right to left.
func (t *texter) threads(marks []mark, s lint.Severity, end int) string {
	var row strings.Builder
	column := 0
	for _, m := range slices.Backward(marks) {
		if m.from < column || m.from >= end { // two may hang from one place
			continue
		}
		row.WriteString(strings.Repeat(" ", m.from-column) + t.paint(m, s).Sprint("|"))
		column = m.from + 1
	}
	return row.String() + strings.Repeat(" ", end-column)
}
