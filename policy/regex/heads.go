package regex

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// head is a literal text that hits of an expression can begin with, as far as
// it is literal.
type head struct {
	text     string
	anchored bool // nothing stands before it
	closed   bool // what follows is not literal
	folded   bool // upper case does too
	bound    bool // what may follow, or stand before, is bound by $ or \b
}

func (h head) open() bool { return !h.closed }

const (
	// maxHeads bounds the heads of one expression; with more, only what is
	// before the alternatives counts.
	maxHeads = 64
	// maxHead bounds the length of a head, and so the cost of comparing it.
	maxHead = 128
)

// headsOf finds the heads of an expression that compiles: "^(a|b)c:[0-9]" has
// "ac:" and "bc:".
func headsOf(pattern string) []head {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	return extend([]head{{}}, re)
}

// extend is heads with what re begins with behind each that is not closed.
func extend(heads []head, re *syntax.Regexp) []head {
	if !slices.ContainsFunc(heads, head.open) {
		return heads
	}
	switch re.Op {
	case syntax.OpEmptyMatch:
		return heads
	case syntax.OpEndLine, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return each(heads, func(h *head) { h.bound = true })
	case syntax.OpBeginLine, syntax.OpBeginText:
		return each(heads, func(h *head) {
			h.bound = h.bound || h.text != "" // where nothing can match
			h.anchored = h.anchored || h.text == ""
		})
	case syntax.OpLiteral:
		text := string(re.Rune)
		folded := re.Flags&syntax.FoldCase != 0
		if folded {
			text = strings.ToLower(text) // as references mostly are
		}
		return each(heads, func(h *head) {
			h.folded = h.folded || folded
			h.text += text
			if len(h.text) > maxHead {
				h.text, h.closed = h.text[:maxHead], true
			}
		})
	case syntax.OpCapture:
		return extend(heads, re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			heads = extend(heads, sub)
		}
		return heads
	case syntax.OpAlternate:
		return extendAny(heads, re.Sub)
	case syntax.OpQuest:
		return extendAny(heads, []*syntax.Regexp{re.Sub[0], {Op: syntax.OpEmptyMatch}})
	default:
		return each(heads, func(h *head) { h.closed = true })
	}
}

// extendAny is heads with any one of the alternatives behind each that is not
// closed.
func extendAny(heads []head, alternatives []*syntax.Regexp) []head {
	out := slices.DeleteFunc(slices.Clone(heads), head.open)
	open := slices.DeleteFunc(slices.Clone(heads), func(h head) bool { return h.closed })
	for _, re := range alternatives {
		out = append(out, extend(open, re)...)
		if len(out) > maxHeads {
			return each(heads, func(h *head) { h.closed = true })
		}
	}
	return out
}

// each is a copy of heads with change made to those that are not closed.
func each(heads []head, change func(*head)) []head {
	out := slices.Clone(heads)
	for i := range out {
		if !out[i].closed {
			change(&out[i])
		}
	}
	return out
}
