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
		end := start + userInfoLen(text[start:], true)
		if secret := secretStart(text, start, end); secret < end {
			spans = append(spans, [2]int{secret, end})
			from = end
		}
	}
}

// URLUserInfo finds the part of a URL that Redact replaces, as half-open byte
// offsets. Unlike UserInfo it knows that url is nothing but a URL, so that
// blanks and quotes in it are part of the user info too.
func URLUserInfo(url string) (start, end int, ok bool) {
	i := strings.Index(url, "://")
	if i < 0 {
		return 0, 0, false
	}
	authority := i + len("://")
	end = authority + userInfoLen(url[authority:], false)
	start = secretStart(url, authority, end)
	return start, end, start < end
}

// secretStart is where the secret part of the user info text[start:end] begins;
// end where there is none. A scheme that is a variable may be any.
func secretStart(text string, start, end int) int {
	scheme := schemeBefore(text, start-len("://"))
	if strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https") {
		return start
	}
	if colon := strings.IndexByte(text[start:end], ':'); colon >= 0 {
		return start + colon + 1
	}
	return end
}

// userInfoLen is the length of the user info that authority starts with, 0
// where it has none. It ends at the last '@' before the path, as in net/url;
// what stands inside ${…} never ends it. In prose a blank ends it as well, and
// so does a quote that closes something.
func userInfoLen(authority string, prose bool) int {
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
		case c == '/' || c == '?' || c == '#':
			return at
		case prose && (c <= ' ' || closesQuote(authority[i:])):
			return at
		}
	}
	return at
}

// closesQuote tells whether text begins with a quote behind which nothing more
// of a word comes: a shell takes "https://"user:"pass"@host for one word.
func closesQuote(text string) bool {
	if !strings.ContainsAny(text[:1], "\"'`") {
		return false
	}
	rest := strings.TrimLeft(text, "\"'`")
	return rest == "" || rest[0] <= ' ' || strings.IndexByte(",;)]}", rest[0]) >= 0
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
