package rules

import (
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

// pinDownload gives a download the checksum that its content is known to have.
func pinDownload(p *lint.Pass, index int) []lint.Fix {
	in, pin := &p.Inputs[index], p.Pins[index]
	if pin.IsZero() || given(in) || p.Varies(index) {
		return nil
	}
	return withChecksum(p, in, checksumOfDownload, "write the checksum"+knownFrom(pin), pin.Digest)
}

// withChecksum writes --checksum behind the keyword of an ADD, or gives one that
// is there without a value its value. BuildKit takes one for a single source.
func withChecksum(p *lint.Pass, in *dockerfile.Input, minor int, title, sum string) []lint.Fix {
	if in.Words > 1 || in.Keyword.Empty() || tooOld(p, minor) != "" {
		return nil
	}
	edit := lint.Edit{Span: dockerfile.Span{Start: in.Keyword.End, End: in.Keyword.End}, New: " --checksum=" + sum}
	switch {
	case in.Checksum == (dockerfile.Span{}):
	case in.Checksum.Empty():
		edit = lint.Edit{Span: in.Checksum, New: sum}
	default:
		return nil
	}
	return []lint.Fix{{Title: title, Safe: true, Edits: []lint.Edit{edit}}}
}

// pinGit pins a git source to a commit. A tag is kept, with the commit it must
// have as the checksum; a branch would move on, so the commit replaces it.
func pinGit(p *lint.Pass, index int, g source.Git) []lint.Fix {
	in, pin := &p.Inputs[index], p.Pins[index]
	w, ok := writtenWord(p, in)
	if !ok || pin.IsZero() || !w.oneLine() || strings.Contains(w.masked, "$") || given(in) || p.Varies(index) {
		return nil
	}
	address := newGitAddress(w.masked)
	if g.Checksum != "" {
		return longerChecksum(p, in, pin, w, address, g)
	}
	if keepsTag(g, pin) {
		title := "keep the tag, and write the commit it must have" + knownFrom(pin)
		if address.query.Empty() {
			return withChecksum(p, in, checksumOfGit, title, pin.Digest)
		}
		if in.Words > 1 || in.Checksum != (dockerfile.Span{}) {
			return nil // the checksum would hold for the other sources, too
		}
		return []lint.Fix{{Title: title, Safe: true, Edits: []lint.Edit{w.insert(address.query.End, "&checksum="+pin.Digest)}}}
	}
	title := "write the commit of " + refName(g, pin) + knownFrom(pin)
	if abbreviated(g) && pin.Ref == "" {
		title = "write the full commit" + knownFrom(pin)
		if !strings.HasPrefix(pin.Digest, g.Ref) {
			return nil
		}
	}
	if edit, ok := address.atCommit(w, g, pin.Digest); ok {
		return []lint.Fix{{Title: title, Safe: true, Edits: []lint.Edit{edit}}}
	}
	return nil
}

// keepsTag tells whether a source is at a tag, by what is known of it, or else by
// its name.
func keepsTag(g source.Git, pin lint.Pin) bool {
	if pin.Ref == "" {
		return g.TagLike()
	}
	return strings.HasPrefix(pin.Ref, "refs/tags/")
}

// refName is what a commit was found under.
func refName(g source.Git, pin lint.Pin) string {
	switch {
	case pin.Ref != "":
		return pin.Ref
	case g.Ref != "":
		return g.Ref
	}
	return "the default branch"
}

// longerChecksum writes the full commit in place of its beginning.
func longerChecksum(p *lint.Pass, in *dockerfile.Input, pin lint.Pin, w written, a gitAddress, g source.Git) []lint.Fix {
	if !keepsTag(g, pin) || !strings.HasPrefix(pin.Digest, strings.ToLower(g.Checksum)) {
		return nil
	}
	var edit lint.Edit
	switch start, end, ok := a.parameter(w.text, "checksum", "commit"); {
	case ok && w.text[start:end] == g.Checksum:
		edit = w.replace(start, end, pin.Digest)
	case !in.Checksum.Empty() && p.File.Text[in.Checksum.Start:in.Checksum.End] == g.Checksum:
		edit = lint.Edit{Span: in.Checksum, New: pin.Digest}
	default:
		return nil
	}
	return []lint.Fix{{Title: "write the full commit" + knownFrom(pin), Safe: true, Edits: []lint.Edit{edit}}}
}

// gitAddress is how a git source divides: what stands behind "?", and behind
// "#" up to the ":" of a directory.
type gitAddress struct {
	query, ref  dockerfile.Span // by offsets; empty where there is none
	hasFragment bool
}

func newGitAddress(masked string) gitAddress {
	var a gitAddress
	end := len(masked)
	if i := strings.IndexByte(masked, '#'); i >= 0 {
		a.hasFragment, end = true, i
		a.ref = dockerfile.Span{Start: i + 1, End: len(masked)}
		if colon := strings.IndexByte(masked[i:], ':'); colon >= 0 {
			a.ref.End = i + colon
		}
	}
	if i := strings.IndexByte(masked[:end], '?'); i >= 0 {
		a.query = dockerfile.Span{Start: i + 1, End: end}
	}
	return a
}

// parameter finds the value of the first of some keys in the query.
func (a gitAddress) parameter(text string, keys ...string) (start, end int, ok bool) {
	for at := a.query.Start; at < a.query.End; {
		end = a.query.End
		if i := strings.IndexByte(text[at:end], '&'); i >= 0 {
			end = at + i
		}
		key, _, has := strings.Cut(text[at:end], "=")
		for _, k := range keys {
			if has && key == k {
				return at + len(key) + 1, end, true
			}
		}
		at = end + 1
	}
	return 0, 0, false
}

// atCommit puts a commit in the place of the ref, where that is written.
func (a gitAddress) atCommit(w written, g source.Git, commit string) (lint.Edit, bool) {
	if a.hasFragment && !a.ref.Empty() {
		return w.replace(a.ref.Start, a.ref.End, commit), w.text[a.ref.Start:a.ref.End] == g.Ref
	}
	// BuildKit takes one ref only, and knows branch= and tag= by their names.
	for _, key := range []string{"ref", "branch", "tag"} {
		if start, end, ok := a.parameter(w.text, key); ok {
			return w.replace(start-len(key)-1, end, "ref="+commit), !strings.Contains(w.text[start:end], "$")
		}
	}
	if g.Ref != "" {
		return lint.Edit{}, false
	}
	if a.hasFragment {
		return w.insert(a.ref.Start, commit), true
	}
	return w.insert(len(w.text), "#"+commit), true
}
