package report

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text  string
		first, rest int
		want        []string
	}{
		{"no width", "a b c", 0, 0, []string{"a b c"}},
		{"fits", "a b c", 5, 5, []string{"a b c"}},
		{"nothing", "", 5, 5, []string{""}},
		{"at blanks", "one two three", 8, 8, []string{"one two", "three"}},
		{"less room in the first", "one two three", 3, 9, []string{"one", "two three"}},
		{"no room in the first", "three two", 4, 9, []string{"", "three two"}},
		{"no room anywhere", "a-very-long-word two", 4, 9, []string{"a-very-long-word", "two"}},
		{"blanks stay within a line", "a  b   c d", 8, 8, []string{"a  b   c", "d"}},
		{"wide", "日本 語の 文", 7, 7, []string{"日本", "語の 文"}},
		{"combining", "e\u0301e\u0301e\u0301 e\u0301", 5, 5, []string{"e\u0301e\u0301e\u0301 e\u0301"}},
		{"indented", "  a list of words", 9, 9, []string{"  a list", "  of", "  words"}},
		{"indented too far", "      a list of", 9, 9, []string{"      a", "list of"}},
		{"in backquotes", "write `FROM a:1 AS b` or so", 9, 9, []string{"write", "`FROM a:1 AS b`", "or so"}},
		{"glued to backquotes", "as (`a b c d`), e", 5, 5, []string{"as", "(`a b c d`),", "e"}},
		{"an odd backquote", "a ` b c d e f", 5, 5, []string{"a ` b", "c d e", "f"}},
		{"two quoted", "`a b` `c d`", 5, 5, []string{"`a b`", "`c d`"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Wrap(tt.text, tt.first, tt.rest); !slices.Equal(got, tt.want) {
				t.Errorf("Wrap(%q, %d, %d) = %q, want %q", tt.text, tt.first, tt.rest, got, tt.want)
			}
		})
	}
}

// FuzzWrap proves that a broken text has all of its words, in order, that each
// line fits unless it is one piece, and that what is to be pasted is in one.
func FuzzWrap(f *testing.F) {
	for _, a := range attacks() {
		f.Add(a+" "+a+" `"+a+" "+a+"` "+a, uint8(10), uint8(12))
	}
	f.Add("write `docker buildx imagetools inspect node:20`, then `x` and so on", uint8(3), uint8(20))
	f.Fuzz(func(t *testing.T, text string, first, rest uint8) {
		text = strings.TrimRight(Clean(text), " ")
		all := Wrap(text, int(first), int(rest))
		if got, want := strings.Fields(strings.Join(all, "\n")), strings.Fields(text); !slices.Equal(got, want) {
			t.Errorf("words %q, want %q", got, want)
		}
		if rest == 0 && len(all) > 1 {
			t.Errorf("broken without a width: %q", all)
		}
		var whole, broken []string
		for _, piece := range pieces(text) {
			whole = append(whole, piece)
		}
		for i, l := range all {
			room, n := int(rest), 0
			if i == 0 {
				room = int(first)
			}
			for _, piece := range pieces(l) {
				broken = append(broken, piece)
				n++
			}
			if rest > 0 && n > 1 && textWidth(l) > room {
				t.Errorf("line %d of %q has %d columns, want at most %d", i, all, textWidth(l), room)
			}
		}
		if !slices.Equal(broken, whole) {
			t.Errorf("pieces %q, want %q", broken, whole)
		}
	})
}

// FuzzWidth proves of the whole text that a width changes blanks and newlines
// only, and that lines other than those of a frame and of a place fit.
func FuzzWidth(f *testing.F) {
	for i, a := range attacks() {
		f.Add(a, a+" and `more "+a+"` of it", uint8(20+7*i), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, a, b string, width uint8, ascii bool) {
		r := hostileResult(a, b)
		opt := Options{HideSource: true, ASCII: ascii}
		plain := write(t, textFormat(), r, opt)
		opt.Width = int(width)
		wrapped := write(t, textFormat(), r, opt)
		if !slices.Equal(strings.Fields(wrapped), strings.Fields(plain)) {
			t.Errorf("in %d columns\n%s\nhas not the words of\n%s", width, wrapped, plain)
		}
		checkHarmless(t, wrapped)
		opt.Links = true
		if got := withoutLinks(write(t, textFormat(), r, opt)); got != wrapped {
			t.Errorf("links change the text to\n%s\nfrom\n%s", got, wrapped)
		}
		for _, l := range strings.Split(wrapped, "\n") {
			n := 0
			for range pieces(leadOf.ReplaceAllString(l, "")) {
				n++
			}
			if width > minRoom+30 && textWidth(l) > int(width) && n > 1 {
				t.Errorf("%d columns, want %d: %q in\n%s", textWidth(l), width, l, wrapped)
			}
		}
	})
}

// leadOf is what stands in front of prose, and a place, which is never broken.
var leadOf = regexp.MustCompile(`^( *-->.*| *= (policy|note|help): |(error|warning)\[[a-z-]+\]: )`)
