package document

import (
	"encoding/json"
	"strings"
	"unicode"
)

// Encode writes a string the way that another one is written: what stands in
// single quotes stays in single quotes. What is not in quotes gets single ones,
// in which no text means anything else. It reports whether it could.
func Encode(written, value string) (string, bool) {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if strings.HasPrefix(written, `"`) {
		// YAML takes the escapes of JSON, but for those of half a character.
		if strings.ContainsFunc(value, func(r rune) bool { return unprintable(r) && r > 0xffff }) {
			return "", false
		}
		var b, out strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(value); err != nil {
			return "", false
		}
		for _, r := range strings.TrimSuffix(b.String(), "\n") {
			writeRune(&out, r)
		}
		return out.String(), true
	}
	block := strings.HasPrefix(written, "|") || strings.HasPrefix(written, ">")
	if block || strings.ContainsFunc(value, unprintable) {
		return "", false
	}
	return "'" + strings.ReplaceAll(value, "'", "''") + "'", true
}

// Quote is a string of JSON that does nothing to a terminal: what shows no
// character is escaped.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if r == '"' || r == '\\' {
			b.WriteByte('\\')
		}
		writeRune(&b, r)
	}
	b.WriteByte('"')
	return b.String()
}
