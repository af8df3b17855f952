package source

import (
	"cmp"
	"slices"
	"strings"
)

// redacted stands for user info in everything that is shown.
const redacted = "***"

// Redact replaces the user info of every URL in text that must not be shown:
// all of it in http and https URLs, the password in any other. "git@host:path"
// and "ssh://user@host" have no password and stay. Variables inside the user
// info are part of it: "https://${USER}:${TOKEN}@host" becomes
// "https://***@host". The values of SecretQueries are replaced, too.
func Redact(text string) string {
	if spans := UserInfo(text); len(spans) > 0 {
		text = replace(text, spans)
	}
	if spans := SecretQueries(text); len(spans) > 0 {
		text = replace(text, spans)
	}
	return text
}

func replace(text string, spans [][2]int) string {
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
// half-open byte offsets. What hides one may part what hid another, so it looks
// again until the text that is shown has nothing left to hide.
func UserInfo(text string) [][2]int {
	spans := userInfoOnce(text)
	for range maxLooks {
		more := laidBare(text, spans)
		if slices.Equal(more, spans) {
			return spans
		}
		spans = more
	}
	// Nothing that people write gets here. All of it is hidden then.
	return [][2]int{{spans[0][0], spans[len(spans)-1][1]}}
}

// maxLooks bounds how often UserInfo looks again.
const maxLooks = 8

func userInfoOnce(text string) [][2]int {
	var spans [][2]int
	for from := 0; ; {
		i := strings.Index(text[from:], "://")
		if i < 0 {
			return spans
		}
		i += from
		from = i + len("://")
		if start, end := secretAt(text, i, true); start < end {
			spans = append(spans, [2]int{start, end})
			from = end
		}
	}
}

// laidBare adds to spans what is user info once they are replaced.
func laidBare(text string, spans [][2]int) [][2]int {
	if len(spans) == 0 {
		return nil
	}
	shown := replace(text, spans)
	all := slices.Clone(spans)
	for _, s := range userInfoOnce(shown) {
		all = append(all, [2]int{original(spans, s[0], false), original(spans, s[1], true)})
	}
	slices.SortFunc(all, func(a, b [2]int) int { return cmp.Compare(a[0], b[0]) })
	merged := all[:1]
	for _, s := range all[1:] {
		if last := &merged[len(merged)-1]; s[0] < last[1] {
			last[1] = max(last[1], s[1])
		} else {
			merged = append(merged, s)
		}
	}
	return merged
}

// original takes an offset in the text with spans replaced back to the text
// itself. One inside of a replacement is the end or the start of its span.
func original(spans [][2]int, offset int, end bool) int {
	grown := 0 // by how much the text before offset is longer than the original
	for _, s := range spans {
		start := s[0] + grown
		switch {
		case offset <= start:
			return offset - grown
		case offset < start+len(redacted) && end, offset == start+len(redacted):
			return s[1]
		case offset < start+len(redacted):
			return s[0]
		}
		grown += len(redacted) - (s[1] - s[0])
	}
	return offset - grown
}

// URLUserInfo finds the part of a URL that Redact replaces, as half-open byte
// offsets. Unlike UserInfo it knows that url is nothing but a URL, so that
// blanks and quotes in it are part of the user info too.
func URLUserInfo(url string) (start, end int, ok bool) {
	i := strings.Index(url, "://")
	if i < 0 {
		return 0, 0, false
	}
	start, end = secretAt(url, i, false)
	return start, end, start < end
}

// secretAt is what must not be shown of the user info behind the "://" at i. A
// scheme may be a variable, or in quotes, but there must be one.
func secretAt(text string, i int, prose bool) (start, end int) {
	scheme := schemeBefore(text, i)
	if scheme == "" && (i == 0 || !strings.ContainsRune("}\"'`", rune(text[i-1]))) {
		return 0, 0
	}
	http := isHTTPScheme(scheme)
	start = i + len("://")
	info := readUserInfo(text[start:], around{prose, text[:i]}, http)
	end = start + info.length
	// Where variables are not plain, all is hidden.
	if http || !info.plain || strings.Contains(text[start:end], "://") {
		return start, end
	}
	if isImageScheme(scheme) || info.colon < 0 {
		return 0, 0
	}
	return start + info.colon + 1, end
}

// isHTTPScheme also takes "git+https", and "-ihttps" of an option that a URL is
// glued to.
func isHTTPScheme(scheme string) bool {
	scheme = strings.ToLower(scheme)
	return strings.HasSuffix(scheme, "http") || strings.HasSuffix(scheme, "https")
}

// isImageScheme tells the schemes before an image reference, where what stands
// before '@' is a tag.
func isImageScheme(scheme string) bool {
	return strings.EqualFold(scheme, string(KindOCILayout)) || strings.EqualFold(scheme+"://", ImageScheme)
}

// userInfo is what an authority starts with.
type userInfo struct {
	length int  // 0 where there is none
	colon  int  // the first, -1 where there is none
	plain  bool // no "${" without an end
}

// readUserInfo finds the user info that authority starts with. It ends at the
// last '@' before the path, as in net/url; what stands inside ${…} never ends
// it, nor is a colon there one. In prose a blank ends it as well, and so does a
// quote that closes something. What cannot be a host and a port is taken for a
// password with a slash in it.
func readUserInfo(authority string, in around, http bool) userInfo {
	info := userInfo{colon: -1, plain: true}
	open := false
	host, port := 0, -1
	for i := 0; i < len(authority); i++ {
		switch c := authority[i]; {
		case strings.HasPrefix(authority[i:], "${"):
			if n := variableLen(authority[i:]); n > 0 {
				i += n - 1
			} else {
				open = true
			}
		case c == '@':
			info.length, info.plain = i, !open
			host, port = i+1, -1
		case c == ':':
			if info.colon < 0 {
				info.colon = i
			}
			if port < 0 {
				port = i + 1
			}
		case c == '/' || c == '?' || c == '#':
			// ssh://git@host:path is a slip of another kind.
			if port >= 0 && authority[host] != '[' && (http || info.length == 0) && !mayBePort(authority[port:i], info.length > 0) {
				if at := lateAt(authority, i, in); at > 0 {
					info.length, info.plain = at, !open
				}
			}
			return info
		case in.prose && isQuote(c):
			n := quotesLen(authority[i:])
			if in.closes(c, authority[i+n:]) {
				return info
			}
			i += n - 1
		case in.prose && c <= ' ':
			return info
		}
	}
	return info
}

// mayBePort tells what stands between a host's colon and the path and is no
// part of a password. An empty port is legal, but nobody writes one.
func mayBePort(text string, empty bool) bool {
	if strings.HasPrefix(text, "$") || strings.ContainsAny(text, "{}") {
		return true
	}
	return strings.Trim(text, "0123456789") == "" && (text != "" || empty)
}

// lateAt is the '@' behind a password that has '/', '?' or '#' in it, the first
// of them at from: the last, if there is one with something like a host behind
// it before the next URL. It is 0 where there is none.
func lateAt(text string, from int, in around) int {
	at := 0
	if strings.HasSuffix(text[:from], ":") && strings.HasPrefix(text[from:], "//") {
		return 0 // it begins here
	}
	closed := false // a brace around the URL
	for i := from; i < len(text); i++ {
		switch c := text[i]; {
		case strings.HasPrefix(text[i:], "${"):
			n := variableLen(text[i:])
			if n == 0 {
				return 0
			}
			i += n - 1
		case c == '}':
			closed = true
		case c == '@' && closed:
			return 0
		case c == '@' && (at > 0 || i+1 < len(text) && startsHost(text[i+1])):
			at = i
		case strings.HasPrefix(text[i:], "://"), in.prose && c <= ' ':
			return at
		case in.prose && isQuote(c):
			n := quotesLen(text[i:])
			if in.closes(c, text[i+n:]) {
				return at
			}
			i += n - 1
		}
	}
	return at
}

func startsHost(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '[' || c == '$'
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

func quotesLen(text string) int {
	n := 0
	for n < len(text) && isQuote(text[n]) {
		n++
	}
	return n
}

// around is what a URL stands in.
type around struct {
	prose  bool   // there may be other words beside it
	before string // the text in front of its "://"
}

// closes tells whether a quote with rest behind it ends a word. A shell takes
// "https://"user:"pass"@host for one, and what was not opened is not closed.
func (a around) closes(quote byte, rest string) bool {
	ends := rest == "" || rest[0] <= ' ' || strings.IndexByte(",;)]}", rest[0]) >= 0
	return ends && strings.IndexByte(a.before, quote) >= 0
}

// maxVariable bounds how far the end of a variable is looked for.
const maxVariable = 1024

// variableLen is the length of the ${…} that text starts with, 0 where it has
// no end.
func variableLen(text string) int {
	text = text[:min(len(text), maxVariable)]
	text = text[:1+strings.LastIndexByte(text, '}')]
	depth := 0
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "${"):
			depth++
		case text[i] == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
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
