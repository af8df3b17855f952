package document

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// maxShown is how many code points of an entry are shown.
const maxShown = 200

// Printable is text for a message: without the credentials of URLs, shortened,
// and what must not reach a terminal escaped the way a JSON string can spell
// it, which keeps its meaning.
func Printable(text string) string { return PrintableTo(text, maxShown) }

// PrintableTo is Printable for a text of up to so many code points.
func PrintableTo(text string, most int) string {
	var b strings.Builder
	count := 0
	for _, r := range source.Redact(text) {
		if count++; count > most {
			return b.String() + "…"
		}
		writeRune(&b, r)
	}
	return b.String()
}

// writeRune writes a character, escaped as in JSON if it cannot be printed.
func writeRune(b *strings.Builder, r rune) {
	switch hi, lo := utf16.EncodeRune(r); {
	case unicode.IsPrint(r):
		b.WriteRune(r)
	case r > 0xffff:
		fmt.Fprintf(b, `\u%04x\u%04x`, hi, lo)
	default:
		fmt.Fprintf(b, `\u%04x`, r)
	}
}
