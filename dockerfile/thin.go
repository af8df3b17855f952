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

// parseNodes is parser.Parse, the text of plain RUN, CMD and ENTRYPOINT
// instructions apart, which nothing here reads: their nodes have none, and no
// comments. Most of what Dockerfiles hold are shell scripts, which BuildKit's
// parser searches with regular expressions line by line.
func parseNodes(text string) (*parser.Result, error) {
	thinned, plain := thin(text)
	result, err := parser.Parse(strings.NewReader(thinned))
	switch {
	case len(plain) == 0:
		return result, err
	case err != nil: // it may be that nothing is left, or be told with less read
		return parser.Parse(strings.NewReader(text))
	}
	nodes := append(result.AST.Children, plain...)
	slices.SortFunc(nodes, func(a, b *parser.Node) int { return cmp.Compare(a.StartLine, b.StartLine) })
	result.AST.Children = nodes
	return result, nil
}

// thin is a Dockerfile with plain RUN, CMD and ENTRYPOINT instructions replaced by
// empty comments, line for line, and the nodes that the parser would have made of
// them. To the parser an empty comment is the end of the comments above it, as an
// instruction is.
//
// Where a text could mean more than it says at first sight, it is left alone:
// from the first heredoc on, with another escape character, flags, JSON forms, empty
// lines that the parser warns of, or lines near its limit.
func thin(text string) (string, []*parser.Node) {
	if mayDirect([]byte(text), "escape") {
		return text, nil
	}
	t := thinner{text: text, rest: text}
	for t.rest != "" {
		t.instruction()
	}
	if t.done == 0 {
		return text, nil
	}
	t.out.WriteString(text[t.done:])
	return t.out.String(), t.plain
}

// thinner walks a text instruction by instruction.
type thinner struct {
	text  string
	rest  string
	at    int // offset of rest
	lines int // before it
	done  int // how much of text is in out
	out   strings.Builder
	plain []*parser.Node
}

// next cuts the next line off, its ending included.
func (t *thinner) next() string {
	line := t.rest
	if i := strings.IndexByte(t.rest, '\n'); i >= 0 {
		line = t.rest[:i+1]
	}
	t.rest = t.rest[len(line):]
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
	if body == "" || body[0] == '#' {
		return
	}
	keyword, args := cutKeyword(body)
	leads, more := firstByte(args), continues(first)
	replaceable := takesAnyText(keyword) && len(first) < bufio.MaxScanTokenSize
	for more && t.rest != "" {
		line := t.next()
		replaceable = replaceable && len(line) < bufio.MaxScanTokenSize
		switch content := strings.TrimLeftFunc(line, unicode.IsSpace); {
		case content == "":
			replaceable = false
		case content[0] == '#':
		default:
			leads, more = cmp.Or(leads, firstByte(line)), continues(line)
		}
	}
	if strings.Contains(t.text[start:t.at], "<<") { // what follows may be no instruction
		t.rest = ""
		return
	}
	// BuildKit looks for flags byte by byte, and takes some bytes that are no ASCII
	// for blanks.
	if !replaceable || leads == 0 || leads == '-' || leads == '[' || leads >= utf8.RuneSelf {
		return
	}
	t.plain = append(t.plain, &parser.Node{Value: keyword, StartLine: startLine, EndLine: t.lines})
	t.replace(start)
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

// continues tells whether an instruction goes on behind a line.
func continues(line string) bool {
	_, more := cutContinuation(strings.TrimRight(line, "\r\n"), '\\')
	return more
}

// cutKeyword divides the first line of an instruction.
func cutKeyword(line string) (keyword, args string) {
	if i := strings.IndexAny(line, instructionBlanks+"\n"); i >= 0 {
		return line[:i], line[i:]
	}
	return line, ""
}

// firstByte is the first byte of a line that is no blank and no continuation, 0
// where there is none.
func firstByte(line string) byte {
	content, _ := cutContinuation(strings.TrimRight(line, "\r\n"), '\\')
	content = strings.TrimLeftFunc(content, unicode.IsSpace)
	if content == "" {
		return 0
	}
	return content[0]
}

// takesAnyText tells the instructions whose text cannot be wrong.
func takesAnyText(keyword string) bool {
	switch strings.ToLower(keyword) {
	case dfcommand.Run, dfcommand.Cmd, dfcommand.Entrypoint:
		return true
	}
	return false
}
