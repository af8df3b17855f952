package dockerfile

import (
	"bytes"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// frontend is the image a file asks to be built with.
type frontend struct {
	word string // "" for none
	span Span
}

// detectFrontend finds `# syntax=`, `// syntax=` or the JSON key with BuildKit's
// own parser.DetectSyntax, and then where it stands.
func (f *File) detectFrontend(text []byte) frontend {
	if !mayDirect(text, "syntax") {
		return frontend{}
	}
	word, _, locs, ok := parser.DetectSyntax(text)
	if !ok || word == "" {
		return frontend{}
	}
	out := frontend{word: word, span: f.Lines.Span(1)}
	line := 1
	if len(locs) > 0 {
		line = locs[0].Start.Line
		// DetectSyntax counts from the line after a #! line, and calls the line
		// of a JSON object 0.
		if line == 0 || bytes.HasPrefix(bytes.TrimPrefix(text, []byte(byteOrderMark)), []byte("{")) {
			return f.jsonFrontend(out)
		}
	}
	span := f.Lines.Span(line)
	lineText := f.Text[span.Start:span.End]
	eq := strings.IndexByte(lineText, '=')
	if at := strings.Index(lineText[eq+1:], word); eq >= 0 && at >= 0 {
		start := span.Start + eq + 1 + at
		out.span = Span{start, start + len(word)}
	}
	return out
}

// mayDirect is a cheap test that a file without the directive seldom passes: the
// key must stand in the comment lines it begins with, or the file must be JSON.
func mayDirect(text []byte, key string) bool {
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	if bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) {
		return true
	}
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		if !bytes.HasPrefix(line, []byte("#")) && !bytes.HasPrefix(line, []byte("//")) {
			return false
		}
		if containsFold(line, key) {
			return true
		}
		text = rest
	}
	return false
}

func containsFold(line []byte, key string) bool {
	for ; len(line) >= len(key); line = line[1:] {
		if strings.EqualFold(string(line[:len(key)]), key) {
			return true
		}
	}
	return false
}

func (f *File) jsonFrontend(out frontend) frontend {
	key := strings.Index(f.Text, `"syntax"`)
	if key < 0 {
		return out
	}
	from := key + len(`"syntax"`)
	if at := strings.Index(f.Text[from:], out.word); at >= 0 {
		out.span = Span{from + at, from + at + len(out.word)}
	}
	return out
}
