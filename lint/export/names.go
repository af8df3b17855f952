package export

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/imgpolicy/imgpolicy/policy/level"
)

// fileName is the name of a level's file without its ending, one that is in no
// list yet.
func fileName(l *level.Level, taken map[string]bool) string {
	name := "policy"
	if l.Rank != level.Unranked {
		name = l.Rank.String()
		if l.Name != "" {
			name += "-" + l.Name
		}
	}
	name = strings.Trim(strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.", r)) {
			return r
		}
		return '-'
	}, name), ".")
	base := name
	for n := 2; taken[strings.ToLower(name)]; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	taken[strings.ToLower(name)] = true
	return name
}

// plain is a text without what does something to a terminal or ends a comment.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}
