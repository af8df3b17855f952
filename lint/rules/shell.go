package rules

import (
	"regexp"
	"strings"
	"sync"
)

var shellSafe = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`) })

// shellQuote makes one word of a POSIX shell of text. What a Dockerfile says is
// never trusted: people paste what a diagnostic shows.
func shellQuote(text string) string {
	if shellSafe().MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// command marks a command line that can be pasted.
func command(line string) string { return "`" + line + "`" }
