package lint

// Unchanged tells of each diagnostic whether an older state of the files, linted
// under the same names and by the same settings, has it, too: the same finding
// about the same input, wherever the lines went. An input that resolves to
// something else than before is another one, though it be written the same. Of
// several alike no more are unchanged than there were; those for which kept says
// that their line is as it was come first, then the others in order.
func (r *Result) Unchanged(old *Result, kept func(d *Diagnostic) bool) []bool {
	counts := map[finding]int{}
	for i := range old.Diagnostics {
		counts[findingOf(&old.Diagnostics[i])]++
	}
	unchanged := make([]bool, len(r.Diagnostics))
	take := func(i int) {
		if f := findingOf(&r.Diagnostics[i]); counts[f] > 0 {
			counts[f]--
			unchanged[i] = true
		}
	}
	for i := range r.Diagnostics {
		if kept(&r.Diagnostics[i]) {
			take(i)
		}
	}
	for i := range r.Diagnostics {
		if !unchanged[i] {
			take(i)
		}
	}
	return unchanged
}

// finding is what a diagnostic says, without the place where it says so.
type finding struct {
	file, rule, message        string
	word, identifier, platform string
}

func findingOf(d *Diagnostic) finding {
	f := finding{file: d.File, rule: d.Rule.ID, message: d.Message, word: d.Marked}
	if d.Input != nil {
		f.word, f.identifier, f.platform = d.Input.Word, d.Input.Identifier, d.Input.Platform
	}
	return f
}
