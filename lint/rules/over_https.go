package rules

import (
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

// downloadOverHTTPS asks the same host for the same path over https. That is safe
// where it is known to have the same file there. What listens on a port of its
// own speaks one of the two, so that is left alone unless this is known.
func downloadOverHTTPS(p *lint.Pass, index int) []lint.Fix {
	from, same := p.SameOverHTTPS(index)
	w, ok := writtenWord(p, &p.Inputs[index])
	if !ok || !w.oneLine() {
		return nil
	}
	fix := lint.Fix{Title: "use https, if the server has it"}
	if same {
		fix = lint.Fix{Title: "use https, where the file is the same (" + from + ")", Safe: true}
	}
	if fix.Edits, ok = overScheme(w, "http", ":80", same); !ok {
		return nil
	}
	return []lint.Fix{fix}
}

// gitOverHTTPS asks the same host for the same repository over https.
func gitOverHTTPS(p *lint.Pass, index int, g source.Git) []lint.Fix {
	w, ok := writtenWord(p, &p.Inputs[index])
	if !ok || !w.oneLine() || !strings.HasSuffix(g.Path, ".git") {
		return nil
	}
	port := ":80"
	if g.Scheme == "git" {
		port = ":9418"
	}
	edits, ok := overScheme(w, g.Scheme, port, false)
	if !ok {
		return nil
	}
	return []lint.Fix{{Title: "use https, if the server has it", Edits: edits}}
}

// overScheme writes https in the place of a scheme, without the port that the
// scheme has anyway. ok is false where the scheme is not written in the word, or
// a port is that may be another's.
func overScheme(w written, scheme, port string, anyPort bool) (edits []lint.Edit, ok bool) {
	rest, ok := strings.CutPrefix(w.masked, scheme+"://")
	if !ok {
		return nil, false
	}
	edits = []lint.Edit{w.replace(0, len(scheme), "https")}
	host := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host = rest[:i]
	}
	start := len(scheme + "://")
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		start, host = start+at+1, host[at+1:]
	}
	colon := strings.LastIndexByte(host, ':')
	switch {
	case strings.Contains(w.text[start:start+len(host)], "$") && !anyPort:
		return edits, !strings.Contains(host, ":") // the port may be in the variable, too
	case colon < 0 || strings.HasSuffix(host, "]"):
	case host[colon:] == port:
		edits = append(edits, lint.Edit{Span: dockerfile.Span{
			Start: w.span.Start + start + colon, End: w.span.Start + start + len(host),
		}})
	case !anyPort:
		return nil, false
	}
	return edits, true
}
