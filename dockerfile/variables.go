package dockerfile

import (
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// value is what a variable holds at one point of a stage.
type value struct {
	text    string
	set     bool     // it has a value; false: declared, and expands to ""
	unknown *Unknown // text or set depend on what is not known
	origin  Origin
	decl    decl
}

// decl is where a value was written: word number index of an ARG or ENV.
type decl struct {
	in    *instruction
	index int
}

// scope is the variables at one point of a stage or before the first one.
type scope struct {
	vars map[string]value
	// open, if not zero, says what a name that is not in vars depends on: the
	// environment of a base image nobody has looked at.
	open Unknown
}

func (s *scope) get(name string) (value, bool) {
	v, ok := s.vars[name]
	return v, ok
}

func (s *scope) set(name string, v value) { s.vars[name] = v }

// span is where the value stands in the file, or the name where there is no
// value; empty where nothing in the file says it.
func (d decl) span() Span {
	if d.in == nil {
		return Span{}
	}
	l := d.in.logical()
	if l.segments == nil {
		return l.whole
	}
	w, ok := d.word(l)
	if !ok {
		return l.span(0, len(l.text))
	}
	return l.span(w.start, w.end)
}

func (d decl) word(l *logical) (word, bool) {
	args := d.in.words().args
	if env, ok := d.in.cmd.(*instructions.EnvCommand); ok && len(env.Env) == 1 && env.Env[0].NoDelim {
		// ENV KEY the rest of the line
		if parts := l.blankWords(args); len(parts) > 1 {
			return word{parts[1].start, args.end}, true
		}
		return word{}, false
	}
	if d.in.pairs == nil {
		d.in.pairs = l.quotedWords(args, d.in.escape)
	}
	words := d.in.pairs
	if d.index >= len(words) {
		return word{}, false
	}
	w := words[d.index]
	if eq := strings.IndexByte(w.text(l), '='); eq >= 0 && w.start+eq+1 < w.end {
		w.start += eq + 1
	} else if eq >= 0 {
		w.end = w.start + eq
	}
	return w, true
}
