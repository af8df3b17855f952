package starter

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/policy/document"
)

// plainYAML matches a text that YAML reads as itself without quotes: neither a
// number nor a word such as "no" has this form.
var plainYAML = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_-]*([./][a-z0-9_-]+)+$`) })

// plainKey matches the names of build args that need no quotes, as no word that
// YAML takes for something else has an underscore or is so long.
var plainKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)+$|^[A-Z]{6,}$`) })

// yamlKey is a text as a key of YAML.
func yamlKey(s string) string {
	if plainKey().MatchString(s) {
		return s
	}
	return yamlText(s)
}

// yamlText is a text as YAML reads it back, in single quotes where that will do:
// a backslash stays one.
func yamlText(s string) string {
	switch {
	case plainYAML().MatchString(s):
		return s
	case strings.Contains(s, "##["), strings.ContainsFunc(s, func(r rune) bool { return r == '\'' || r == utf8.RuneError || !unicode.IsPrint(r) }):
		return quoted(s)
	default:
		return "'" + s + "'"
	}
}

// regoText is a text as a string of Rego, which is one of JSON.
func regoText(s string) string {
	return strings.ReplaceAll(document.Quote(s), "##[", `##\u005b`)
}

// quoted puts a text in double quotes, with what cannot be printed escaped as YAML
// has it, and ##[, which commands a runner of GitHub Actions that sees it in a log.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return strings.ReplaceAll(b.String(), "##[", `##\U0000005b`)
}
