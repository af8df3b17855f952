package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

// pinImage writes the digest of an image behind its tag: where the tag is
// written, which may be the default of an ARG. Where a variable could change the
// tag and the digest would stay, that is not safe.
func pinImage(p *lint.Pass, index int, img source.Image) []lint.Fix {
	if fixes := copyFix(p, index); fixes != nil {
		return fixes
	}
	in, pin := &p.Inputs[index], p.Pins[index]
	w, ok := writtenWord(p, in)
	if !ok || pin.IsZero() || in.NearStage != "" || given(in) || p.Varies(index) {
		return nil
	}
	suffix := "@" + pin.Digest
	if img.TagImplied() {
		suffix = ":latest" + suffix
	}
	fix := lint.Fix{Title: "write the digest behind the tag" + knownFrom(pin), Safe: true}
	if v, ok := lastVariable(in, w.text, img); ok {
		if at, safe := defaultEnd(p, in, v); at >= 0 {
			fix.Title = "write the digest behind the default of " + v.Name + knownFrom(pin)
			fix.Safe = safe
			fix.Edits = []lint.Edit{{Span: dockerfile.Span{Start: at, End: at}, New: suffix}}
			return []lint.Fix{fix}
		}
	}
	if !tagWritten(w, img) {
		fix.Title, fix.Safe = "write the digest behind the variable, whatever tag it has"+knownFrom(pin), false
	}
	fix.Edits = []lint.Edit{w.insert(len(w.text), suffix)}
	return []lint.Fix{fix}
}

// lastVariable is the variable that is the whole reference or its tag, where an
// ARG gives it its value.
func lastVariable(in *dockerfile.Input, word string, img source.Image) (dockerfile.Variable, bool) {
	for _, v := range in.Variables {
		before, ok := strings.CutSuffix(word, "${"+v.Name+"}")
		if !ok {
			before, ok = strings.CutSuffix(word, "$"+v.Name)
		}
		ofArg := v.Origin == dockerfile.FromArgDefault || v.Origin == dockerfile.FromBuildArg
		if ok && ofArg && (before == "" || strings.HasSuffix(before, ":") && v.Value == img.Tag()) {
			return v, true
		}
	}
	return dockerfile.Variable{}, false
}

// tagVariable is the variable in whose value the digest belongs, behind the tag
// that it is.
func tagVariable(p *lint.Pass, in *dockerfile.Input, img source.Image) (dockerfile.Variable, bool) {
	word, _ := unquoted(in.Word)
	v, ok := lastVariable(in, word, img)
	if ok && v.Origin == dockerfile.FromArgDefault {
		at, _ := defaultEnd(p, in, v)
		ok = at >= 0
	}
	return v, ok
}

// tagWritten tells whether the tag stands in the word itself, where no variable
// changes it.
func tagWritten(w written, img source.Image) bool {
	tail := w.text
	if i := strings.LastIndexByte(w.text, '$'); i >= 0 {
		if strings.Contains(w.masked, "$") {
			return false // what is more than a name
		}
		tail = strings.TrimPrefix(w.text[i:], variable().FindString(w.text[i:]))
	}
	if img.TagImplied() {
		return tail != ""
	}
	return strings.HasSuffix(tail, ":"+img.Tag())
}

// defaultEnd is where text can be added to the default of an ARG for one
// reference, -1 for nowhere: the default must be used for nothing else. It is
// not safe where the default has variables itself.
func defaultEnd(p *lint.Pass, in *dockerfile.Input, v dockerfile.Variable) (at int, safe bool) {
	if v.Span.Empty() || strings.ContainsAny(p.File.Text[v.Span.Start:v.Span.End], "\n") || !usedOnlyAs(p, in, v) {
		return -1, false
	}
	text, quoted := unquoted(p.File.Text[v.Span.Start:v.Span.End])
	at = v.Span.End
	if quoted {
		at--
	}
	switch {
	case strings.Contains(text, "$"):
		return at, false
	case text != v.Value:
		return -1, false
	}
	return at, true
}

// maxSearched bounds the inputs for each of which the whole file is searched.
const maxSearched = 500

// usedOnlyAs tells whether everything in the file that names a variable is its
// ARG, or a FROM of the same reference written in the same way. Comments do not
// count.
func usedOnlyAs(p *lint.Pass, in *dockerfile.Input, v dockerfile.Variable) bool {
	if len(p.Inputs) > maxSearched {
		return false
	}
	var words []dockerfile.Span
	for i := range p.Inputs {
		other := &p.Inputs[i]
		if other.Instruction == "FROM" && plainWord(other) == plainWord(in) && other.Source != nil && other.Source.Identifier() == in.Source.Identifier() {
			words = append(words, other.Span)
		}
	}
	text := p.File.Text
	for from := 0; ; {
		i := strings.Index(text[from:], v.Name)
		if i < 0 {
			return true
		}
		start, end := from+i, from+i+len(v.Name)
		from = end
		partOfName := start > 0 && nameByte(text[start-1]) || end < len(text) && nameByte(text[end])
		line := strings.TrimLeft(p.File.Lines.Text(p.File.LineOf(start)), " \t")
		if partOfName || strings.HasPrefix(line, "#") || end+1 == v.Span.Start {
			continue
		}
		if !slices.ContainsFunc(words, func(s dockerfile.Span) bool { return s.Start <= start && end <= s.End }) {
			return false
		}
	}
}

// plainWord is a word without quotes around it and braces around its variables.
func plainWord(in *dockerfile.Input) string {
	word, _ := unquoted(in.Word)
	return variable().ReplaceAllStringFunc(word, func(v string) string {
		return "${" + strings.Trim(v, "${}") + "}"
	})
}

func nameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// digestOf is the digest to write in a help text, or what stands for it.
func digestOf(p *lint.Pass, index int) (digest string, known bool) {
	if pin := p.Pins[index]; !pin.IsZero() && !p.Varies(index) {
		return pin.Digest, true
	}
	return "sha256:<digest>", false
}

// howToInspect says where a digest comes from: what told it, or how to find it.
func howToInspect(p *lint.Pass, index int, img source.Image) string {
	if _, known := digestOf(p, index); known {
		return knownFrom(p.Pins[index])
	}
	return fmt.Sprintf("\n`docker buildx imagetools inspect %s --format '{{.Manifest.Digest}}'` prints the digest", img.Short())
}
