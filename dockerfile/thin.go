package dockerfile

import (
	"bufio"
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	dfcommand "github.com/moby/buildkit/frontend/dockerfile/command"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// parseNodes is parser.Parse, without the comments above instructions, which nothing
// here reads, and without the text of plain RUN, CMD and ENTRYPOINT instructions.
// Most of what Dockerfiles hold are shell scripts and instructions that say what they
// say at first sight; BuildKit's parser searches them with regular expressions line by
// line.
func parseNodes(text string) (*parser.Result, error) {
	t := thin(text)
	if len(t.plain) == 0 {
		return parser.Parse(strings.NewReader(text))
	}
	if t.rest == "" && t.left == 0 {
		root := &parser.Node{Children: t.plain}
		return &parser.Result{AST: root, EscapeToken: '\\'}, nil
	}
	result, err := parser.Parse(strings.NewReader(t.thinned()))
	if err != nil { // it may be that nothing is left, or be told with less read
		return parser.Parse(strings.NewReader(text))
	}
	nodes := append(result.AST.Children, t.plain...)
	slices.SortFunc(nodes, func(a, b *parser.Node) int { return cmp.Compare(a.StartLine, b.StartLine) })
	result.AST.Children = nodes
	return result, nil
}

// thin walks a Dockerfile and makes the nodes of what the parser is not needed for.
//
// Where a text could mean more than it says at first sight, it is left alone:
// from the first heredoc on, with another escape character, empty lines that the
// parser warns of, or lines near its limit.
func thin(text string) *thinner {
	t := &thinner{text: text, unread: text}
	if mayEscape(text) {
		return t
	}
	first, _, _ := strings.Cut(text, "\n")
	first = strings.TrimLeftFunc(strings.TrimPrefix(first, byteOrderMark), unicode.IsSpace)
	// A directive, or what may be none, is for the parser to read; it wants an
	// instruction, too.
	t.keep = strings.HasPrefix(text, byteOrderMark) || strings.HasPrefix(first, "#") && strings.Contains(first, "=")
	for t.unread != "" {
		t.instruction()
	}
	return t
}

// thinner walks a text instruction by instruction.
type thinner struct {
	text   string
	unread string
	at     int    // offset of unread
	lines  int    // before it
	keep   bool   // the next instruction is for the parser
	left   int    // how many things are
	rest   string // what the parser reads from here on, whatever it is
	done   int    // how much of text is in out
	out    strings.Builder
	plain  []*parser.Node
}

// thinned is the text with what the parser is not needed for replaced by empty
// comments, line for line. To the parser an empty comment is the end of the comments
// above it, as an instruction is.
func (t *thinner) thinned() string {
	t.out.WriteString(t.text[t.done:])
	return t.out.String()
}

// next cuts the next line off, its ending included.
func (t *thinner) next() string {
	line := t.unread
	if i := strings.IndexByte(t.unread, '\n'); i >= 0 {
		line = t.unread[:i+1]
	}
	t.unread = t.unread[len(line):]
	t.at += len(line)
	t.lines++
	return line
}

// instruction takes one instruction with all its lines, or one comment or empty
// line, and replaces it if it can be.
func (t *thinner) instruction() {
	start, startLine := t.at, t.lines+1
	first := t.next()
	body := strings.TrimLeftFunc(first, unicode.IsSpace)
	short := len(first) < bufio.MaxScanTokenSize
	if body == "" || body[0] == '#' {
		if !short {
			t.left++
		}
		return
	}
	in := joined{line: strings.TrimRight(body, "\r\n")}
	in.line, in.more = cutContinuation(in.line, '\\')
	in.plain = short
	for in.more && t.unread != "" {
		in.add(t.next())
	}
	if in.parts.Len() > 0 {
		in.line = in.parts.String()
	}
	// What follows a heredoc may be no instruction. A continuation may part its sign.
	if strings.Contains(t.text[start:t.at], "<<") || strings.Contains(in.line, "<<") {
		t.unread, t.rest = "", t.text[start:]
		return
	}
	node := in.node()
	if node == nil || t.keep {
		t.left, t.keep = t.left+1, false
		return
	}
	node.StartLine, node.EndLine = startLine, t.lines
	t.plain = append(t.plain, node)
	t.replace(start)
}

// joined is an instruction whose lines are put together.
type joined struct {
	line  string
	parts strings.Builder // of line, where there are several
	plain bool            // each line is one that the parser reads without a word
	more  bool            // it goes on
}

// add adds a line as it is written.
func (j *joined) add(line string) {
	j.plain = j.plain && len(line) < bufio.MaxScanTokenSize
	switch content := strings.TrimLeftFunc(line, unicode.IsSpace); {
	case content == "":
		j.plain = false
	case content[0] == '#':
	default:
		if j.parts.Len() == 0 {
			j.parts.WriteString(j.line)
		}
		line, j.more = cutContinuation(strings.TrimRight(line, "\r\n"), '\\')
		j.parts.WriteString(line)
	}
}

// node is that of the instruction, nil where the parser is needed.
func (j *joined) node() *parser.Node {
	if !j.plain {
		return nil
	}
	keyword, args := cutAny(j.line)
	if takesAnyText(keyword) && anyText(args) {
		return &parser.Node{Value: keyword}
	}
	return simpleNode(j.line)
}

// anyText tells whether arguments have neither flags nor a JSON form. BuildKit looks
// for flags byte by byte, and takes some bytes that are no ASCII for blanks.
func anyText(args string) bool {
	args = strings.TrimLeftFunc(args, unicode.IsSpace)
	return args != "" && args[0] != '-' && args[0] != '[' && args[0] < utf8.RuneSelf
}

// replace writes what is not written yet, and an empty comment for each line from
// start on.
func (t *thinner) replace(start int) {
	t.out.WriteString(t.text[t.done:start])
	for line := range strings.Lines(t.text[start:t.at]) {
		t.out.WriteByte('#')
		t.out.WriteString(line[len(strings.TrimRight(line, "\r\n")):])
	}
	t.done = t.at
}

// takesAnyText tells the instructions whose text cannot be wrong.
func takesAnyText(keyword string) bool {
	switch strings.ToLower(keyword) {
	case dfcommand.Run, dfcommand.Cmd, dfcommand.Entrypoint:
		return true
	}
	return false
}

// mayEscape tells whether a directive may set another escape character: BuildKit's
// parser looks for them behind the blanks of each line (parser.processLine), and
// behind a byte order mark.
func mayEscape(text string) bool {
	for line := range strings.Lines(strings.TrimPrefix(text, byteOrderMark)) {
		line = strings.TrimLeftFunc(line, unicode.IsSpace)
		if !strings.HasPrefix(line, "#") {
			return false
		}
		if containsFold([]byte(line), "escape") {
			return true
		}
	}
	return false
}
