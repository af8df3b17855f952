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
	if strings.HasPrefix(written, `"`) {
		var b strings.Builder
		e := json.NewEncoder(&b) // YAML takes the escapes of JSON
		e.SetEscapeHTML(false)
		if err := e.Encode(value); err != nil {
			return "", false
		}
		return strings.TrimSuffix(b.String(), "\n"), true
	}
	block := strings.HasPrefix(written, "|") || strings.HasPrefix(written, ">")
	if block || strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", false
	}
	return "'" + strings.ReplaceAll(value, "'", "''") + "'", true
}
