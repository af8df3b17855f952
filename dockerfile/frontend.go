package dockerfile

import (
	"bytes"
	"encoding/json"
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
	if at, ok := jsonStart(text); ok {
		return frontend{word: word, span: f.jsonValue(at, "syntax")}
	}
	out := frontend{word: word, span: f.Lines.Span(1)}
	line := 1
	if len(locs) > 0 {
		line = locs[0].Start.Line
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
	if _, ok := jsonStart(text); ok {
		return true
	}
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
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

// jsonStart is where a file begins that can only be a JSON object: behind a byte
// order mark and a #! line.
func jsonStart(text []byte) (int, bool) {
	rest := bytes.TrimPrefix(text, []byte(byteOrderMark))
	if bytes.HasPrefix(rest, []byte("#!")) {
		_, rest, _ = bytes.Cut(rest, []byte("\n"))
	}
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(text) - len(rest), bytes.HasPrefix(rest, []byte("{"))
}

// jsonValue is what stands between the quotes of a key's value in the JSON
// object at an offset; of a key that is there twice the last counts.
func (f *File) jsonValue(at int, key string) Span {
	out := f.Lines.Span(1)
	dec := json.NewDecoder(strings.NewReader(f.Text[at:]))
	depth, isKey, wanted := 0, false, false
	for {
		before := at + int(dec.InputOffset())
		token, err := dec.Token()
		if err != nil {
			return out
		}
		after := at + int(dec.InputOffset())
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				depth++
				isKey, wanted = true, false
				continue
			}
			depth--
			if depth == 0 {
				return out
			}
		case string:
			switch quote := strings.IndexByte(f.Text[before:after], '"'); {
			case depth == 1 && isKey:
				wanted, isKey = t == key, false
				continue
			case depth == 1 && wanted && quote >= 0:
				out = Span{before + quote + 1, after - 1}
			}
		}
		if depth == 1 {
			isKey = true
		}
	}
}
