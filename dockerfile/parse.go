package dockerfile

import (
	"errors"
	"regexp"
	"strings"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// File is a parsed Dockerfile. It does not change after Parse and may be
// resolved any number of times, one at a time.
type File struct {
	Name string
	Text string
	*Lines
	// Ignores are the directives about diagnostics, in the order of the file.
	Ignores []Ignore

	escape   byte
	frontend frontend
	metaArgs []*instruction
	stages   []*stage
	problems []Problem
	checks   checkDirective
}

// stage is a FROM and the instructions below it, as written.
type stage struct {
	from     *instruction
	cmd      *instructions.Stage // nil where the FROM is not well formed
	commands []*instruction
}

// instruction is one instruction with the way back to its text.
type instruction struct {
	node   *parser.Node
	cmd    any
	escape byte
	file   *File
	line   *logical
	layout *layout
	pairs  []word // of an ARG or ENV
	// mountFrom are the raw "from" values of RUN's mounts, as parsed before
	// any expansion.
	mountFrom []string
}

// maxParseRetries bounds how many broken instructions are reported in one
// file: each costs another pass over it.
const maxParseRetries = 20

// Parse parses a Dockerfile. It never fails: what is not a Dockerfile is told
// by the problems of Resolve, and everything that can be read is.
func Parse(name string, text []byte) *File {
	f := &File{Name: name, Text: string(text), escape: parser.DefaultEscapeToken}
	f.Lines = NewLines(f.Text)
	f.frontend = f.detectFrontend(text)
	if len(text) == 0 {
		f.problem(Span{}, "the Dockerfile cannot be empty")
		return f
	}
	result := f.parseText()
	if result == nil {
		return f
	}
	f.escape = byte(result.EscapeToken) // #nosec G115 -- BuildKit takes \ and ` alone
	f.checks = newCheckDirective(text, result)
	f.Ignores = f.newIgnores(result.AST, f.problems)
	f.instructions(result.AST)
	return f
}

func (f *File) problem(s Span, message string) {
	f.problems = append(f.problems, Problem{Kind: ParseProblem, Message: message, Span: s, Input: -1})
}

// parseText runs BuildKit's parser. Where it stops at an instruction, that
// instruction is reported and blanked out, and the rest parsed again.
func (f *File) parseText() *parser.Result {
	text := f.Text
	for range maxParseRetries {
		result, err := parseNodes(text)
		if err == nil {
			return result
		}
		if len(f.problems) > 0 && err.Error() == "file with no instructions" {
			return result // only blanking its broken ones brought that about
		}
		lines, ok := f.errorLines(text, err)
		if !ok {
			f.problem(lines, err.Error())
			return result
		}
		f.problem(f.trimSpan(lines), err.Error())
		blanked := blank(text, lines)
		if blanked == text {
			return result
		}
		text = blanked
	}
	return nil
}

// errorLines is the text that an error of parser.Parse is about, whole lines.
// ok is false where there is nothing to blank out and go on.
func (f *File) errorLines(text string, err error) (Span, bool) {
	var at *parser.LocationError
	if !errors.As(err, &at) || len(at.Locations) == 0 || len(at.Locations[0]) == 0 {
		return Span{}, false
	}
	first := at.Locations[0][0].Start.Line
	last := at.Locations[0][len(at.Locations[0])-1].End.Line
	if errorBeforeLine().MatchString(err.Error()) {
		// These are raised before the line is counted.
		first, last = first+1, last+1
	}
	first = max(first, 1)
	last = min(max(first, last), f.Lines.Count())
	span := Span{f.Lines.Span(first).Start, f.Lines.Span(last).End}
	if err.Error() == "file with no instructions" || strings.TrimSpace(text[span.Start:span.End]) == "" {
		return Span{}, false
	}
	return span, true
}

var errorBeforeLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(only one .* parser directive can be used|invalid escape token |dockerfile line greater than )`)
})

// trimSpan cuts a span of whole lines to the first of them that says
// something, so that it points and does not flood.
func (f *File) trimSpan(s Span) Span {
	line := f.Lines.LineOf(s.Start)
	first := f.Lines.Span(line)
	text := f.Text[first.Start:first.End]
	first.Start += len(text) - len(strings.TrimLeft(text, " \t"))
	first.End -= len(text) - len(strings.TrimRight(text, " \t"))
	if first.Empty() {
		return s
	}
	return first
}

// blank replaces text by spaces, line endings apart, so that offsets stay.
func blank(text string, s Span) string {
	b := []byte(text)
	for i := s.Start; i < s.End; i++ {
		if b[i] != '\n' && b[i] != '\r' {
			b[i] = ' '
		}
	}
	return string(b)
}

// instructions types every node and sorts them into stages, as
// instructions.Parse does, but goes on after an error.
func (f *File) instructions(ast *parser.Node) {
	lint := f.checks.linter()
	for _, node := range ast.Children {
		in := &instruction{node: node, escape: f.escape, file: f}
		if err := in.parse(lint); err != nil {
			f.problem(in.where(), instructionError(err))
		}
		f.place(in)
	}
	if len(f.stages) == 0 && len(f.problems) == 0 {
		f.problem(Span{}, "dockerfile contains no stages to build")
	}
}

// place puts an instruction into its stage.
func (f *File) place(in *instruction) {
	if strings.EqualFold(in.node.Value, "from") {
		cmd, _ := in.cmd.(*instructions.Stage)
		f.stages = append(f.stages, &stage{from: in, cmd: cmd})
		return
	}
	if in.cmd == nil {
		return
	}
	if len(f.stages) == 0 {
		if _, isArg := in.cmd.(*instructions.ArgCommand); isArg {
			f.metaArgs = append(f.metaArgs, in)
			return
		}
		f.problem(in.where(), "no build stage in current context")
		return
	}
	s := f.stages[len(f.stages)-1]
	s.commands = append(s.commands, in)
}

// parse types the node. The linter must not be nil: a `# check=` comment above
// an instruction makes BuildKit call it.
func (in *instruction) parse(lint *linter.Linter) error {
	if in.plain() {
		in.cmd = plainCommand{}
		return nil
	}
	cmd, err := instructions.ParseInstructionWithLinter(in.node, lint)
	if err != nil {
		return err
	}
	in.cmd = cmd
	if run, ok := cmd.(*instructions.RunCommand); ok {
		for _, m := range instructions.GetMounts(run) {
			in.mountFrom = append(in.mountFrom, m.From)
		}
	}
	return nil
}

// plainCommand stands for an instruction that reads nothing and cannot be wrong.
type plainCommand struct{}

// plain tells whether typing an instruction would change nothing: without flags
// RUN, CMD and ENTRYPOINT take any text (instructions.parseRun and its kin), and
// typing them is a third of what instructions.Parse costs.
func (in *instruction) plain() bool {
	if len(in.node.Flags) > 0 {
		return false
	}
	return takesAnyText(in.node.Value)
}

// instructionError is the text of an error without the place, which the
// problem's span tells.
func instructionError(err error) string {
	var at *parser.LocationError
	if errors.As(err, &at) && at.Unwrap() != nil {
		return at.Unwrap().Error()
	}
	return err.Error()
}

// logical is the instruction's line, made when it is first asked for: most
// instructions hold no input and never need it.
func (in *instruction) logical() *logical {
	if in.line == nil {
		in.line = in.file.newLogical(in.node)
	}
	return in.line
}

// words is how the line divides.
func (in *instruction) words() *layout {
	if in.layout == nil {
		y := in.logical().split(in.escape)
		in.layout = &y
	}
	return in.layout
}

// where is the instruction's text from its keyword to the end of its first
// line: enough to point at it as a whole.
func (in *instruction) where() Span {
	l := in.logical()
	if l.segments == nil {
		return l.whole
	}
	start := l.segments[0].offset
	line := in.file.Lines.LineOf(start)
	return Span{start, max(start, in.file.Lines.Span(line).End)}
}
