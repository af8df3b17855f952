package dockerfile

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// maxExpansion bounds, in bytes, what the variables of one word may add up to:
// a chain such as ARG A=$B$B doubles with every line.
// maxExpansions bounds the same for all words of a file, which may each use the
// end of such a chain.
const (
	maxExpansion  = 1 << 20
	maxExpansions = 64 << 20
)

var errExpansionTooLarge = errors.New("variables expand to too much text: more than 1 MiB in a word or 64 MiB in the file")

// expansion is a word after variable expansion.
type expansion struct {
	text string
	// err is BuildKit's, for a word it cannot expand.
	err error
	// unknown is set where the text depends on what is not known. text then
	// holds the word as BuildKit would expand it with nothing more given.
	unknown Unknown
	// probe is the text with a marker for whatever is unknown: what stands
	// before the marker is certain.
	probe string
	used  []string
	// undefined are names that nothing defines or ever could.
	undefined []string
}

// missing is what the text depends on, nil where it is certain.
func (e expansion) missing() *Unknown {
	if e.unknown.IsZero() {
		return nil
	}
	return &e.unknown
}

// refusal is why BuildKit would not build, nil where that depends on what is
// not known.
func (e expansion) refusal() error {
	if !e.unknown.IsZero() {
		return nil
	}
	return e.err
}

// marker stands for an unknown value. It is a private-use character, which no
// reference or URL holds.
const marker = "\uE0F1"

// expander expands words with BuildKit's own lexer.
type expander struct {
	lex    *shell.Lex
	bodies *shell.Lex // for heredocs: quotes are text, and the escape is always \
	size   int        // of all values handed out
}

func newExpander(escape byte) *expander {
	x := &expander{lex: shell.NewLex(rune(escape)), bodies: shell.NewLex('\\')}
	x.bodies.SkipProcessQuotes = true
	return x
}

// expand expands a word. Values that are not known are tried both as absent
// and as a marker: a word that comes out the same either way, such as
// ${A:-$B} where A is set, is known.
func (x *expander) expand(text string, sc *scope) expansion { return x.with(x.lex, text, sc) }

// expandBody expands the body of a heredoc.
func (x *expander) expandBody(text string, sc *scope) expansion { return x.with(x.bodies, text, sc) }

// expandWords expands a word that may become several, none where that depends
// on what is not known.
func (x *expander) expandWords(text string, sc *scope) ([]string, error) {
	e := x.expand(text, sc)
	if e.err != nil || !e.unknown.IsZero() {
		return nil, e.refusal()
	}
	env := &lookup{scope: sc, text: text, total: &x.size}
	return x.lex.ProcessWords(quiet(text), env)
}

func (x *expander) with(lex *shell.Lex, text string, sc *scope) expansion {
	if !needsLexer(text) {
		return expansion{text: text}
	}
	text = quiet(text)
	env := &lookup{scope: sc, text: text, total: &x.size}
	out, _, err := lex.ProcessWord(text, env)
	out = loud(out)
	if env.tooLarge {
		return expansion{err: errExpansionTooLarge}
	}
	e := expansion{text: out, err: err, used: env.used, undefined: env.undefined}
	if env.unknown == nil {
		return e
	}
	probe := &lookup{scope: sc, text: text, total: &x.size, marker: true}
	marked, _, markedErr := lex.ProcessWord(text, probe)
	marked = loud(marked)
	if marked == out && (err == nil) == (markedErr == nil) {
		return e
	}
	e.unknown = *env.unknown
	e.unknown.Args = env.args
	e.probe = marked
	return e
}

// nul stands for a NUL byte on the way through the lexer.
const nul = "\uE0F0"

// quiet is a word that the lexer reads without a complaint: its scanner, which
// nobody outside can reach, prints to standard error what it thinks of NUL and
// of bytes that are no UTF-8. These it turns into U+FFFD each, as is done here.
func quiet(text string) string {
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", nul)
	}
	if utf8.ValidString(text) {
		return text
	}
	return strings.Map(func(r rune) rune { return r }, text)
}

// loud undoes what quiet does to NUL.
func loud(text string) string { return strings.ReplaceAll(text, nul, "\x00") }

// needsLexer is false for the plain words that the lexer returns as they are.
func needsLexer(text string) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '$', c == '\'', c == '"', c == '\\', c == '`', c < ' ', c >= 0x7f:
			return true
		}
	}
	return false
}

// lookup hands a scope to the lexer and notes what it asks for.
type lookup struct {
	scope     *scope
	text      string // the word that is expanded
	marker    bool
	used      []string
	undefined []string
	unknown   *Unknown // of the first unknown name asked for
	args      []string
	size      int
	total     *int // of the file
	tooLarge  bool
}

// Keys is not used in expansion.
func (l *lookup) Keys() []string { return nil }

// Get is the lexer's question for a variable.
func (l *lookup) Get(name string) (string, bool) {
	v, ok := l.scope.get(name)
	if !v.set && !v.unknown.IsZero() && len(v.unknown.Args) > 0 && guarded(l.text, name, "-+") {
		// The word says itself what an ARG that is not given stands for, as a
		// default of the ARG would.
		v.unknown = nil
	}
	if !l.marker {
		l.note(name, v, ok)
	}
	l.size += len(v.text)
	*l.total += len(v.text)
	if l.size > maxExpansion || *l.total > maxExpansions {
		l.tooLarge = true
		return "", true
	}
	if l.marker && (!v.unknown.IsZero() || !ok && !l.scope.open.IsZero() && isName(name)) {
		return marker, true
	}
	return v.text, v.set
}

func (l *lookup) note(name string, v value, ok bool) {
	if !appendNew(&l.used, name) {
		return
	}
	unknown := v.unknown
	if !ok && isName(name) {
		if l.scope.open.IsZero() {
			l.undefined = append(l.undefined, name)
			return
		}
		open := l.scope.open
		open.Variable = name
		unknown = &open
	}
	if unknown.IsZero() {
		return
	}
	if l.unknown == nil {
		l.unknown = unknown
	}
	for _, arg := range unknown.Args {
		appendNew(&l.args, arg)
	}
}

func appendNew(list *[]string, s string) bool {
	for _, have := range *list {
		if have == s {
			return false
		}
	}
	*list = append(*list, s)
	return true
}

// isName tells variables from the lexer's special parameters ($@, $1, $$ …),
// which are never set.
func isName(name string) bool {
	return name != "" && !strings.ContainsAny(name[:1], "@*#?-$!0123456789")
}

// guarded tells whether every use of a variable in a word has one of the
// operators that say what an unset one stands for: ${V:-default}, ${V-default},
// ${V:+text}, ${V+text}, ${V:?message}.
func guarded(text, name, operators string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '$' {
			continue
		}
		rest := text[i+1:]
		braced := strings.HasPrefix(rest, "{")
		rest = strings.TrimPrefix(rest, "{")
		after, ok := strings.CutPrefix(rest, name)
		if !ok || after != "" && isNameByte(after[0]) {
			continue
		}
		operator := strings.TrimPrefix(after, ":")
		if !braced || operator == "" || !strings.Contains(operators, operator[:1]) {
			return false
		}
	}
	return true
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
