package dockerfile

import (
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// Secrets knows the credentials of one file's URLs, so that they can be taken
// out of whatever is shown of it: the URLs themselves, the variables they are
// put together from, the lines around them.
type Secrets struct {
	words map[string]bool
	// heads are the first minSecret bytes of the words, and lengths how long
	// the words are, the longest first: looking for all words at once has to
	// stay cheap in a file full of them.
	heads   map[string]bool
	lengths []int
	spans   []Span // of the file, sorted, not overlapping
}

const (
	// minSecret is the least length of a word that is looked for by itself: a
	// shorter one would blot out half the file and is no secret.
	minSecret = 3
	// minUser is the same for a user name that comes from a variable, which is
	// a token or something as harmless as "git".
	minUser = 8
	// maxOperand bounds how far the end of a variable is looked for.
	maxOperand = 1024
)

// Hidden stands in the place of a credential.
const Hidden = "***"

// NewSecrets finds the credentials in the URLs of a file: of its inputs, which
// must be all there are, reached or not, and of what is written over several
// lines or in a variable's default.
func NewSecrets(f *File, inputs []Input) Secrets {
	s := Secrets{words: map[string]bool{}, heads: map[string]bool{}}
	for i := range inputs {
		in := &inputs[i]
		s.addQueries(f, in)
		if !strings.Contains(in.Value, "@") && !strings.Contains(in.Word, "@") {
			continue
		}
		s.addInput(f, in)
	}
	s.addContinued(f)
	s.addOperands(f.Text)
	lengths := map[int]bool{}
	for w := range s.words {
		s.heads[w[:minSecret]] = true
		lengths[len(w)] = true
	}
	for n := range lengths {
		s.lengths = append(s.lengths, n)
	}
	slices.SortFunc(s.lengths, func(a, b int) int { return b - a })
	s.spans = merge(s.spans)
	return s
}

// addQueries takes in the credentials in the query of an input's URL.
func (s *Secrets) addQueries(f *File, in *Input) {
	for _, q := range source.SecretQueries(in.Value) {
		value := in.Value[q[0]:q[1]]
		s.addWord(value, minUser) // a shorter one may be any word
		if plain, err := url.QueryUnescape(value); err == nil {
			s.addWord(plain, minUser)
		}
		for _, v := range in.Variables {
			s.addVariable(f, v, value)
		}
	}
}

// addInput takes in the credentials of one input, if it has any: as BuildKit
// reads them, as they are written, and where their variables got their values.
func (s *Secrets) addInput(f *File, in *Input) {
	start, end, inValue := source.URLUserInfo(in.Value)
	_, _, inWord := source.URLUserInfo(in.Word)
	if !inValue && !inWord {
		return
	}
	if inValue {
		s.add(in.Value, start, end)
		for _, v := range in.Variables {
			s.addVariable(f, v, in.Value[start:end])
		}
	}
	if from, to := writtenSecret(in.Word, inWord); from < to {
		s.addWord(in.Word[from:to], minSecret)
	}
	s.addWritten(f, in.Span, inWord)
}

// add takes in the user info address[start:end]: the password, or the whole of it
// where there is no password, and the two together, each also as decoded from
// the URL. A name that the URL shows once more is no secret.
func (s *Secrets) add(address string, start, end int) {
	userInfo := address[start:end]
	secret := userInfo
	if _, password, ok := strings.Cut(userInfo, ":"); ok {
		secret = password
	} else if strings.Contains(address[end:], userInfo) {
		return
	}
	for _, w := range []string{secret, userInfo} {
		s.addWord(w, minSecret)
		if plain, err := url.PathUnescape(w); err == nil {
			s.addWord(plain, minSecret)
		}
	}
}

// addWord takes in a word as it is and as messages quote it.
func (s *Secrets) addWord(w string, least int) {
	if len(w) < least {
		return
	}
	s.words[w] = true
	quoted := strconv.Quote(w)
	s.words[quoted[1:len(quoted)-1]] = true
}

// addVariable takes in the value of a variable that a user info is put together
// from, and where it is written: a part of a secret by itself is in no URL.
func (s *Secrets) addVariable(f *File, v Variable, userInfo string) {
	switch {
	case !v.Known || v.Value == "":
		return
	case strings.Contains(v.Value, userInfo) && v.Value != userInfo:
		s.addWritten(f, v.Span, true)
		return
	case !strings.Contains(userInfo, v.Value):
		return
	}
	user, password, _ := strings.Cut(userInfo, ":")
	least := minSecret
	if strings.Contains(user, v.Value) && !strings.Contains(password, v.Value) {
		least = minUser
	}
	s.addWord(v.Value, least)
	if !v.Span.Empty() && f.Text[v.Span.Start:v.Span.End] != v.Name {
		s.spans = append(s.spans, v.Span)
	}
}

// Value is the value of a variable as it may be shown: of what is part of a
// secret nothing, however short.
func (s *Secrets) Value(v Variable) string {
	i := sort.Search(len(s.spans), func(i int) bool { return s.spans[i].End >= v.Span.End })
	if !v.Span.Empty() && i < len(s.spans) && s.spans[i].Start <= v.Span.Start {
		return Hidden
	}
	return s.Redact(v.Value)
}

// addWritten takes in the place of a secret that does not read as it is written.
func (s *Secrets) addWritten(f *File, span Span, plain bool) {
	if from, to := writtenSecret(f.Text[span.Start:span.End], plain); from < to {
		s.spans = append(s.spans, Span{Start: span.Start + from, End: span.Start + to})
	}
}

// writtenSecret is the part of a word with credentials, as written, in which
// quotes, escapes or line continuations may hide them from the search for URLs;
// rather too much than too little. It is empty for a plain word, in which that
// search finds them.
func writtenSecret(raw string, plain bool) (start, end int) {
	inner := strings.Trim(raw, "\"'")
	plain = plain || !strings.Contains(raw, "://") || !strings.Contains(raw, "@")
	if plain && !strings.ContainsAny(inner, "\n\\\"'`") {
		return 0, 0
	}
	start = strings.Index(raw, "://") + len("://")
	end = strings.LastIndexByte(raw, '@')
	switch unseen := start < len("://"); {
	case unseen && end < 0 && !strings.ContainsAny(raw, "\n\\"):
		return 0, 0 // all of it is in variables
	case unseen:
		start = 0
	}
	if end <= start {
		end = len(raw)
	}
	return start, end
}

// addContinued finds the user infos that line continuations hide from a search
// line by line, wherever in the file they are.
func (s *Secrets) addContinued(f *File) {
	if !strings.Contains(f.Text, "@") {
		return
	}
	var parts []Span // of the continued line so far
	for n := 1; n <= f.Lines.Count(); n++ {
		span := f.Lines.Span(n)
		line := strings.TrimRight(f.Text[span.Start:span.End], "\r")
		if len(parts) > 0 && blankOrComment(line) {
			continue
		}
		part, more := cutContinuation(line, f.escape)
		if more || len(parts) > 0 {
			parts = append(parts, Span{span.Start, span.Start + len(part)})
		}
		if !more && len(parts) > 0 {
			s.addJoined(f.Text, parts)
			parts = parts[:0]
		}
	}
	s.addJoined(f.Text, parts)
}

// addJoined searches parts of a text as if nothing stood between them.
func (s *Secrets) addJoined(text string, parts []Span) {
	if len(parts) == 0 || !strings.Contains(text[parts[0].Start:parts[len(parts)-1].End], "@") {
		return
	}
	var joined strings.Builder
	var l logical
	for _, p := range parts {
		if !p.Empty() {
			l.segments = append(l.segments, segment{joined.Len(), p.Start})
			joined.WriteString(text[p.Start:p.End])
		}
	}
	for _, u := range source.UserInfo(joined.String()) {
		s.spans = append(s.spans, l.span(u[0], u[1]))
	}
}

// addOperands finds the passwords in the message of ${NAME:?message}, which
// BuildKit prints, and in the ${NAME:-default} that a URL begins with: no URL
// shows them as its own.
func (s *Secrets) addOperands(text string) {
	for from := 0; ; {
		i := strings.Index(text[from:], "${")
		if i < 0 {
			return
		}
		i += from
		from = i + len("${")
		inside := text[from:min(len(text), from+maxOperand)]
		if end := strings.IndexAny(inside, "}\n"); end >= 0 {
			inside = inside[:end]
		}
		if !strings.Contains(inside, "@") {
			from += len(inside) // nor is there one in what this holds
			continue
		}
		op := strings.IndexAny(inside, "-+?")
		if op < 0 {
			continue
		}
		if inside[op] != '?' && !strings.HasSuffix(text[:i], "://") {
			continue
		}
		for _, word := range strings.Fields(inside[op+1:]) {
			s.addOperand(word)
		}
		from += len(inside)
	}
}

// addOperand takes in "user:password" of "user:password@host".
func (s *Secrets) addOperand(word string) {
	const scheme = "ssh://" // whose user alone is no secret
	word = strings.Trim(word, "\"'`")
	_, end, ok := source.URLUserInfo(scheme + word)
	if end -= len(scheme); ok && !strings.HasPrefix(word[end:], "@sha256:") {
		s.add(word, 0, end)
	}
}

// Redact replaces the credentials in any text about the file.
func (s *Secrets) Redact(text string) string {
	text = source.Redact(text)
	found := s.find(text)
	if len(found) == 0 {
		return text
	}
	var b strings.Builder
	last := 0
	for _, f := range found {
		b.WriteString(text[last:f.Start])
		b.WriteString(Hidden)
		last = f.End
	}
	b.WriteString(text[last:])
	return b.String()
}

// Find finds what must not be shown of a piece of the file, as offsets into it:
// sorted, not overlapping.
func (s *Secrets) Find(text string, offset int) []Span {
	spans := s.find(text)
	for _, u := range source.UserInfo(text) {
		spans = append(spans, Span{Start: u[0], End: u[1]})
	}
	for _, q := range source.SecretQueries(text) {
		spans = append(spans, Span{Start: q[0], End: q[1]})
	}
	first := sort.Search(len(s.spans), func(i int) bool { return s.spans[i].End > offset })
	for _, sp := range s.spans[first:] {
		if sp.Start >= offset+len(text) {
			break
		}
		spans = append(spans, Span{Start: max(sp.Start-offset, 0), End: min(sp.End-offset, len(text))})
	}
	return merge(spans)
}

// find finds the words in a text, of two at one place the longer.
func (s *Secrets) find(text string) []Span {
	if len(s.words) == 0 {
		return nil
	}
	var spans []Span
	for at := 0; at+minSecret <= len(text); at++ {
		if !s.heads[text[at:at+minSecret]] {
			continue
		}
		for _, n := range s.lengths {
			if at+n <= len(text) && s.words[text[at:at+n]] {
				spans = append(spans, Span{Start: at, End: at + n})
				at += n - 1
				break
			}
		}
	}
	return spans
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
