package regex

import (
	"regexp/syntax"
	"strings"
)

// sample is a text that an expression matches, as short as it gets: one way
// through its alternatives. It shows what the expression says, and what it does
// not.
type sample struct {
	text string
	// dots are the places in text of a "." that stands for any character.
	dots []int
	// literal is how many bytes in front are what the expression says and
	// nothing else.
	literal int
	// anchored tells that nothing may stand in front, free that the expression
	// itself says that anything may.
	anchored, free bool
	// ended tells that nothing may follow, loose that the expression ends with
	// something that is no letter of its own.
	ended, loose bool
}

const (
	// maxSamples is how many ways through an expression are looked at.
	maxSamples = 32
	// maxSample bounds the length of a sample. What is longer is no reference.
	maxSample = 512
)

// samples are texts that the expression matches, none where there is nothing
// short.
func samples(re *syntax.Regexp) []sample {
	return goOn([]sample{{}}, re)
}

// goOn is the samples with what re matches behind each.
func goOn(all []sample, re *syntax.Regexp) []sample {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return all
	case syntax.OpBeginLine, syntax.OpBeginText:
		return change(all, func(s *sample) bool {
			s.anchored = true
			return s.text == ""
		})
	case syntax.OpEndLine, syntax.OpEndText:
		return change(all, func(s *sample) bool {
			s.ended = true
			return true
		})
	case syntax.OpLiteral:
		text := string(re.Rune)
		if re.Flags&syntax.FoldCase != 0 {
			return change(all, func(s *sample) bool { return s.add(strings.ToLower(text), false) })
		}
		return change(all, func(s *sample) bool { return s.add(text, true) })
	case syntax.OpCharClass:
		text := string(oneOf(re.Rune))
		return change(all, func(s *sample) bool { return s.add(text, false) })
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return change(all, func(s *sample) bool {
			s.dots = append(s.dots[:len(s.dots):len(s.dots)], len(s.text))
			return s.add(".", false)
		})
	case syntax.OpCapture:
		return goOn(all, re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			all = goOn(all, sub)
		}
		return all
	case syntax.OpAlternate:
		return goOnAny(all, re.Sub)
	case syntax.OpQuest:
		return goOnAny(all, []*syntax.Regexp{re.Sub[0], {Op: syntax.OpEmptyMatch}})
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		return repeat(all, re)
	default: // OpNoMatch
		return nil
	}
}

func goOnAny(all []sample, alternatives []*syntax.Regexp) []sample {
	var out []sample
	for _, re := range alternatives {
		if out = append(out, goOn(all, re)...); len(out) >= maxSamples {
			break
		}
	}
	return out[:min(len(out), maxSamples)]
}

// repeat goes on with as few repetitions as there may be.
func repeat(all []sample, re *syntax.Regexp) []sample {
	least, most := re.Min, re.Max
	switch re.Op {
	case syntax.OpStar:
		least, most = 0, -1
	case syntax.OpPlus:
		least, most = 1, -1
	}
	all = change(all, func(s *sample) bool {
		s.free = s.free || s.text == "" && most < 0
		return true
	})
	for range least {
		if all = goOn(all, re.Sub[0]); len(all) == 0 {
			return nil
		}
	}
	return change(all, func(s *sample) bool {
		s.literal = min(s.literal, len(s.text))
		s.loose = true
		return true
	})
}

// change is a copy of the samples with make made to each; those for which it is
// false are left out.
func change(all []sample, make func(*sample) bool) []sample {
	var out []sample
	for _, s := range all {
		if make(&s) {
			out = append(out, s)
		}
	}
	return out
}

// add puts text behind a sample. It reports whether the expression can still
// match.
func (s *sample) add(text string, literal bool) bool {
	if s.ended && text != "" || len(s.text)+len(text) > maxSample {
		return false
	}
	if literal && s.literal == len(s.text) && !s.loose {
		s.literal += len(text)
	}
	s.text += text
	s.loose = !literal
	return true
}

// oneOf is a character of a class, such that the text may be a reference.
func oneOf(ranges []rune) rune {
	in := func(r rune) bool {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= r && r <= ranges[i+1] {
				return true
			}
		}
		return false
	}
	for _, r := range "a1bcdefghijklmnopqrstuvwxyz234567890-_./:@" {
		if in(r) {
			return r
		}
	}
	if len(ranges) == 0 {
		return 'x'
	}
	return ranges[0]
}
