package dockerfile

import (
	"bufio"
	"strings"
	"unicode"
	"unicode/utf8"

	dfcommand "github.com/moby/buildkit/frontend/dockerfile/command"
)

// thin is a Dockerfile with the text of plain RUN, CMD and ENTRYPOINT
// instructions replaced by a letter, and their further lines by comments, which
// the parser is done with at once. BuildKit's parser gives the
// same nodes on the same lines for it, those instructions' text apart, which
// nothing here reads; and it is spared most of its work, since it searches every
// line with regular expressions and shell scripts are most of what Dockerfiles
// hold.
//
// Where a text could mean more than it says at first sight, it is left alone:
// from the first heredoc on, with another escape character, flags, JSON forms, or
// lines near the parser's limit.
func thin(text string) string {
	if mayDirect([]byte(text), "escape") {
		return text
	}
	t := thinner{text: text, rest: text}
	for t.rest != "" {
		t.instruction()
	}
	if t.done == 0 {
		return text
	}
	t.out.WriteString(text[t.done:])
	return t.out.String()
}

// thinner walks a text instruction by instruction.
type thinner struct {
	text string
	rest string
	at   int // offset of rest
	done int // how much of text is in out
	out  strings.Builder
}

// next cuts the next line off, its ending included.
func (t *thinner) next() string {
	line := t.rest
	if i := strings.IndexByte(t.rest, '\n'); i >= 0 {
		line = t.rest[:i+1]
	}
	t.rest = t.rest[len(line):]
	t.at += len(line)
	return line
}

// instruction takes one instruction with all its lines, or one comment or empty
// line, and writes it thinner if it can be.
func (t *thinner) instruction() {
	start := t.at
	first := t.next()
	body := strings.TrimLeftFunc(first, unicode.IsSpace)
	if body == "" || body[0] == '#' {
		return
	}
	more := continues(first)
	long := len(first) >= bufio.MaxScanTokenSize
	keyword, args := cutKeyword(body)
	leads := firstByte(args)
	for more && t.rest != "" {
		line := t.next()
		long = long || len(line) >= bufio.MaxScanTokenSize
		if blankOrComment(strings.TrimRight(line, "\r\n")) {
			continue
		}
		if leads == 0 {
			leads = firstByte(line)
		}
		more = continues(line)
	}
	if strings.Contains(t.text[start:t.at], "<<") { // what follows may be no instruction
		t.rest = ""
		return
	}
	// BuildKit looks for flags byte by byte, and takes some bytes that are no ASCII
	// for blanks.
	if long || !takesAnyText(keyword) || leads == 0 || leads == '-' || leads == '[' || leads >= utf8.RuneSelf {
		return
	}
	t.write(start, keyword)
}

// write puts what is not written yet into out, the instruction from start on
// with its text replaced: its first line and its last make it one on the same
// lines.
func (t *thinner) write(start int, keyword string) {
	t.out.WriteString(t.text[t.done:start])
	for line := range strings.Lines(t.text[start:t.at]) {
		content := strings.TrimRight(line, "\r\n")
		more := continues(line)
		switch {
		case keyword != "" && more:
			t.out.WriteString(keyword + ` x \`)
		case keyword != "":
			t.out.WriteString(keyword + " x")
		case blankOrComment(content):
			t.out.WriteString(content)
		case more:
			t.out.WriteByte('#')
		default:
			t.out.WriteByte('x')
		}
		t.out.WriteString(line[len(content):])
		keyword = ""
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
