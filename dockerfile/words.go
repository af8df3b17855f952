package dockerfile

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// word is a piece of a logical line, by byte offsets into it.
type word struct{ start, end int }

func (w word) text(l *logical) string { return l.text[w.start:w.end] }

// layout is how BuildKit divides an instruction's line (parser.splitCommand):
// keyword, flags, the rest.
type layout struct {
	keyword word
	flags   []flagWord
	args    word
}

// flagWord is one --name=value with its value's way back to the line: the
// parser takes quotes and escapes out of flags.
type flagWord struct {
	name  string
	value string
	// bytes[i] is where byte i of value stands in the line; one more entry
	// marks the end of the flag.
	bytes []int
}

const instructionBlanks = "\t\v\f\r "

// split divides the line. It follows parser.splitCommand byte for byte, its
// treatment of bytes as characters included, so that flag values are equal to
// the ones the instruction was parsed with.
func (l *logical) split(escape byte) layout {
	var out layout
	line := strings.TrimSpace(l.text)
	base := strings.Index(l.text, line)
	k := strings.IndexAny(line, instructionBlanks)
	if k < 0 {
		out.keyword = word{base, base + len(line)}
		out.args = word{base + len(line), base + len(line)}
		return out
	}
	out.keyword = word{base, base + k}
	rest := strings.TrimLeft(line[k:], instructionBlanks)
	at := base + len(line) - len(rest)
	pos := l.splitFlags(&out, at, at+len(rest), escape)
	args := strings.TrimSpace(l.text[pos : at+len(rest)])
	start := pos + strings.Index(l.text[pos:at+len(rest)], args)
	out.args = word{start, start + len(args)}
	return out
}

// splitFlags reads the flags from pos to end and returns where the arguments
// begin (parser.extractBuilderFlags).
func (l *logical) splitFlags(out *layout, pos, end int, escape byte) int {
	for {
		for pos < end && isByteSpace(l.text[pos]) {
			pos++
		}
		if pos+1 >= end || l.text[pos] != '-' || l.text[pos+1] != '-' {
			return pos
		}
		next, text, bytes, quoted := l.flag(pos, end, escape)
		pos = next
		if text == "--" && next < end {
			return pos
		}
		if text == "--" || text == "" && !quoted {
			continue
		}
		name, value, _ := strings.Cut(strings.TrimPrefix(text, "--"), "=")
		out.flags = append(out.flags, flagWord{name: name, value: value, bytes: bytes[len(text)-len(value):]})
	}
}

// flag reads one flag word: where it ends, its text without quotes and
// escapes, and where each byte of that stands.
func (l *logical) flag(pos, end int, escape byte) (next int, text string, bytes []int, quoted bool) {
	var b strings.Builder
	var quote byte
	put := func(at int) {
		n := b.Len()
		b.WriteRune(rune(l.text[at]))
		for ; n < b.Len(); n++ {
			bytes = append(bytes, at)
		}
	}
	for ; pos < end; pos++ {
		c := l.text[pos]
		switch {
		case quote == 0 && isByteSpace(c):
			return pos, b.String(), append(bytes, pos), quoted
		case quote == 0 && (c == '\'' || c == '"'):
			quote, quoted = c, true
		case quote != 0 && c == quote:
			quote = 0
		case c == escape:
			if pos+1 == end {
				continue
			}
			pos++
			put(pos)
		default:
			put(pos)
		}
	}
	return pos, b.String(), append(bytes, pos), quoted
}

// isByteSpace is unicode.IsSpace of a byte taken as a character, as
// extractBuilderFlags takes it.
func isByteSpace(c byte) bool { return unicode.IsSpace(rune(c)) }

// part is where value[start:end] of a flag stands in the line. Quotes right
// around it count as part of what was written.
func (f flagWord) part(l *logical, start, end int) word {
	if start >= end {
		return word{f.bytes[start], f.bytes[start]}
	}
	w := word{f.bytes[start], f.bytes[end-1] + 1}
	if w.start > 0 && w.end < len(l.text) {
		if q := l.text[w.start-1]; (q == '"' || q == '\'') && l.text[w.end] == q {
			w.start--
			w.end++
		}
	}
	return w
}

// flag finds the last flag of a name.
func (y layout) flag(name string) (flagWord, bool) {
	for i := len(y.flags) - 1; i >= 0; i-- {
		if y.flags[i].name == name {
			return y.flags[i], true
		}
	}
	return flagWord{}, false
}

// blankWords splits the arguments at runs of blanks, quotes or not
// (parser.parseStringsWhitespaceDelimited).
func (l *logical) blankWords(args word) []word {
	var words []word
	for pos := args.start; pos < args.end; {
		n := strings.IndexAny(l.text[pos:args.end], instructionBlanks)
		if n < 0 {
			return append(words, word{pos, args.end})
		}
		words = append(words, word{pos, pos + n})
		pos += n
		for pos < args.end && strings.IndexByte(instructionBlanks, l.text[pos]) >= 0 {
			pos++
		}
	}
	return words
}

// sourceWords are the words of COPY and ADD: the strings of a JSON array with
// their quotes, or blank-separated words.
func (l *logical) sourceWords(args word, isJSON bool) []word {
	if isJSON {
		return l.jsonWords(args)
	}
	return l.blankWords(args)
}

// jsonWords finds the strings of a JSON array of strings, quotes included.
func (l *logical) jsonWords(args word) []word {
	text := l.text[args.start:args.end]
	dec := json.NewDecoder(strings.NewReader(text))
	var words []word
	for {
		before := int(dec.InputOffset())
		tok, err := dec.Token()
		if err != nil {
			return words
		}
		if _, ok := tok.(string); !ok {
			continue
		}
		end := int(dec.InputOffset())
		q := strings.IndexByte(text[before:end], '"')
		words = append(words, word{args.start + before + max(q, 0), args.start + end})
	}
}

// quotedWords splits the arguments of ARG and ENV at blanks outside quotes
// (parser.parseWords).
func (l *logical) quotedWords(args word, escape byte) []word {
	var words []word
	start, quote := -1, rune(0)
	for pos := args.start; pos < args.end; {
		c, n := utf8.DecodeRuneInString(l.text[pos:args.end])
		switch {
		case start < 0 && unicode.IsSpace(c):
			pos += n
			continue
		case start < 0:
			start = pos
		}
		switch {
		case quote == 0 && unicode.IsSpace(c):
			words = append(words, word{start, pos})
			start = -1
		case c == rune(escape) && quote != '\'' && pos+n < args.end:
			pos += n
			_, n = utf8.DecodeRuneInString(l.text[pos:args.end])
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		}
		pos += n
	}
	if start >= 0 {
		words = append(words, word{start, args.end})
	}
	return words
}
