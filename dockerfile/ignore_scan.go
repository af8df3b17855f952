package dockerfile

import (
	"strings"
	"unicode"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// newIgnores finds the directives of a file. broken are the lines of
// instructions that could not be read, and so are no nodes.
func (f *File) newIgnores(ast *parser.Node, broken []Problem) []Ignore {
	if !strings.Contains(f.Text, "imgpolicy") {
		return nil
	}
	s := ignoreScan{file: f, first: f.Lines.Count() + 1}
	for _, n := range ast.Children {
		s.blocks = append(s.blocks, block{n.StartLine, n.EndLine})
		s.first = min(s.first, n.StartLine)
	}
	for _, p := range broken {
		s.first = min(s.first, f.Lines.LineOf(p.Span.Start))
	}
	s.scan()
	s.findHidden()
	return s.found
}

// block is the lines of an instruction.
type block struct{ first, last int }

// ignoreScan walks the lines of a file.
type ignoreScan struct {
	file   *File
	blocks []block
	first  int // the line of the first instruction
	found  []Ignore
	above  []int // of found, those in the comment block that is being read
}

func (s *ignoreScan) scan() {
	next := 0
	for line := 1; line <= s.file.Lines.Count(); line++ {
		if next < len(s.blocks) && line == s.blocks[next].first {
			b := s.blocks[next]
			s.close(Span{s.file.Lines.Span(b.first).Start, s.file.Lines.Span(b.last).End})
			s.inside(b)
			line, next = b.last, next+1
			continue
		}
		text := strings.TrimFunc(s.file.Lines.Text(line), unicode.IsSpace)
		switch {
		case strings.HasPrefix(text, "#"):
			if ig, ok := s.file.parseIgnore(line); ok {
				s.add(ig, line)
			}
		case text == "":
			s.close(Span{})
		default: // an instruction that BuildKit cannot read
			s.close(s.file.Lines.Span(line))
		}
	}
	s.close(Span{})
}

func (s *ignoreScan) add(ig Ignore, line int) {
	switch {
	case !ig.Global:
		s.above = append(s.above, len(s.found))
	case line < s.first:
		ig.Lines = Span{0, len(s.file.Text)}
	default:
		ig.fail(ig.Span, "a global ignore stands before the first instruction", "move it to the top of the file, below `# syntax=`")
	}
	s.found = append(s.found, ig)
}

// close ends a block of comments: what stands below it is at lines, or nothing.
func (s *ignoreScan) close(lines Span) {
	for _, i := range s.above {
		ig := &s.found[i]
		ig.Lines = lines
		if lines.Empty() {
			ig.fail(ig.Span, "this ignore stands above no instruction",
				"move it to the comment lines directly above the instruction, without an empty line between them")
		}
	}
	s.above = s.above[:0]
}

// inside tells of directives in the comments within a continued instruction.
func (s *ignoreScan) inside(b block) {
	for line := b.first; line <= b.last; line++ {
		text := s.file.Lines.Text(line)
		if line > b.first && blankOrComment(text) {
			if ig, ok := s.file.parseIgnore(line); ok {
				ig.Errors = nil // one at a time
				ig.fail(ig.Span, "an ignore inside an instruction is not read", "move it to the line above the instruction")
				s.found = append(s.found, ig)
			}
			continue
		}
		if _, more := cutContinuation(text, s.file.escape); !more {
			return // what follows are heredocs
		}
	}
}

// findHidden looks for directives of BuildKit's that stand below an ignore. To
// BuildKit any other comment ends them (parser.DirectiveParser).
func (s *ignoreScan) findHidden() {
	at := map[int]*Ignore{}
	for i := range s.found {
		at[s.file.Lines.LineOf(s.found[i].Span.Start)] = &s.found[i]
	}
	var directives parser.DirectiveParser
	var ended *Ignore
	for line := 1; line <= s.file.Lines.Count(); line++ {
		text := s.file.Lines.Text(line)
		if line == 1 && strings.HasPrefix(text, "#!") {
			continue
		}
		if ig := at[line]; ig != nil {
			if ended == nil {
				ended = ig
			}
			continue
		}
		d, err := directives.ParseLine([]byte(text))
		if d == nil || err != nil {
			return
		}
		if ended != nil {
			ended.Hides = s.file.Lines.Span(line)
			return
		}
	}
}
