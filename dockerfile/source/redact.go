package source

import "strings"

// redacted stands for user info in everything that is shown.
const redacted = "***"

// Redact replaces the user info of every URL in text that must not be shown:
// all of it in http and https URLs, the password in any other. "git@host:path"
// and "ssh://user@host" have no password and stay. Variables inside the user
// info are part of it: "https://${USER}:${TOKEN}@host" becomes
// "https://***@host".
func Redact(text string) string {
	spans := UserInfo(text)
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	last := 0
	for _, s := range spans {
		b.WriteString(text[last:s[0]])
		b.WriteString(redacted)
		last = s[1]
	}
	b.WriteString(text[last:])
	return b.String()
}

// UserInfo finds the parts of text that Redact replaces, in order, as
// half-open byte offsets.
func UserInfo(text string) [][2]int {
	var spans [][2]int
	for from := 0; ; {
		i := strings.Index(text[from:], "://")
		if i < 0 {
			return spans
		}
		start := from + i + len("://")
		from = start
		scheme := schemeBefore(text, start-len("://"))
		end := start + userInfoLen(text[start:])
		if scheme == "" || end == start {
			continue
		}
		if !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
			colon := strings.IndexByte(text[start:end], ':')
			if colon < 0 || colon == end-start-1 {
				continue
			}
			start += colon + 1
		}
		spans = append(spans, [2]int{start, end})
		from = end
	}
}

// userInfoLen is the length of the user info that authority starts with, 0
// where it has none. It ends at the last '@' before the path, as in net/url;
// what stands inside ${…} never ends it.
func userInfoLen(authority string) int {
	at, depth := 0, 0
	for i := 0; i < len(authority); i++ {
		switch c := authority[i]; {
		case c == '$' && i+1 < len(authority) && authority[i+1] == '{':
			depth++
			i++
		case c == '}' && depth > 0:
			depth--
		case depth > 0:
		case c == '@':
			at = i
		case c == '/' || c == '?' || c == '#' || c <= ' ' || c == '"' || c == '\'' || c == '`':
			return at
		}
	}
	return at
}

func schemeBefore(text string, end int) string {
	start := end
	for start > 0 && isSchemeByte(text[start-1]) {
		start--
	}
	return text[start:end]
}

func isSchemeByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'
}
