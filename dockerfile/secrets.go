package dockerfile

import (
	"net/url"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// Secrets knows the credentials of one file's URLs, so that they can be taken
// out of whatever is shown of it: the URLs themselves, the variables they are
// put together from, the lines around them.
type Secrets struct {
	words []string // longest first
	spans []Span
}

// minSecret is the least length of a word that is looked for by itself: a
// shorter one would blot out half the file and is no secret.
const minSecret = 3

// Hidden stands in the place of a credential.
const Hidden = "***"

// NewSecrets finds the credentials in the URLs of a file's inputs.
func NewSecrets(f *File, inputs []Input) Secrets {
	var s Secrets
	for i := range inputs {
		in := &inputs[i]
		if !strings.Contains(in.Value, "@") || !strings.Contains(in.Value, "://") {
			continue
		}
		for _, u := range source.UserInfo(in.Value) {
			s.add(in.Value[u[0]:u[1]])
			s.addSpan(f, in.Span)
		}
	}
	slices.SortFunc(s.words, func(a, b string) int { return len(b) - len(a) })
	s.words = slices.Compact(s.words)
	return s
}

// add takes in a user info: the password, or the whole of it where there is no
// password, each also as decoded from the URL.
func (s *Secrets) add(userInfo string) {
	secret := userInfo
	if _, password, ok := strings.Cut(userInfo, ":"); ok {
		secret = password
	}
	for _, w := range []string{secret, userInfo} {
		if len(w) >= minSecret {
			s.words = append(s.words, w)
		}
		if plain, err := url.PathUnescape(w); err == nil && plain != w && len(plain) >= minSecret {
			s.words = append(s.words, plain)
		}
	}
}

// addSpan marks the user info of a URL as written, which line continuations
// may hide from the line-wise search.
func (s *Secrets) addSpan(f *File, span Span) {
	raw := f.Text[span.Start:span.End]
	if !strings.Contains(raw, "\n") {
		return
	}
	i := strings.Index(raw, "://")
	if i < 0 {
		return
	}
	authority := raw[i+3:]
	if end := strings.IndexAny(authority, "/?#"); end >= 0 {
		authority = authority[:end]
	}
	if at := strings.LastIndexByte(authority, '@'); at > 0 {
		s.spans = append(s.spans, Span{Start: span.Start + i + 3, End: span.Start + i + 3 + at})
	}
}

// Redact replaces the credentials in any text about the file.
func (s *Secrets) Redact(text string) string {
	text = source.Redact(text)
	for _, w := range s.words {
		text = strings.ReplaceAll(text, w, Hidden)
	}
	return text
}

// Find finds what must not be shown of a piece of the file, as offsets into it:
// sorted, not overlapping.
func (s *Secrets) Find(text string, offset int) []Span {
	var spans []Span
	for _, u := range source.UserInfo(text) {
		spans = append(spans, Span{Start: u[0], End: u[1]})
	}
	for _, w := range s.words {
		for from := 0; ; {
			i := strings.Index(text[from:], w)
			if i < 0 {
				break
			}
			spans = append(spans, Span{Start: from + i, End: from + i + len(w)})
			from += i + len(w)
		}
	}
	for _, sp := range s.spans {
		start, end := max(sp.Start-offset, 0), min(sp.End-offset, len(text))
		if start < end {
			spans = append(spans, Span{Start: start, End: end})
		}
	}
	return merge(spans)
}

func merge(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return a.Start - b.Start })
	var out []Span
	for _, s := range spans {
		if n := len(out); n > 0 && s.Start <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, s.End)
			continue
		}
		out = append(out, s)
	}
	return out
}
