package regex

import (
	"cmp"
	"context"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// inspector looks for entries that say something else than what they seem to. A
// finding must be right to be of use: whatever an entry is said to match has
// been tried on it, in the shape of a source that a build may ask for, and what
// may be meant as it is written is taken to be fine.
type inspector struct {
	*lists
	text  string // of the file
	flaws []policy.Flaw
}

const (
	// maxInspected is how many entries of a list are looked at. Those who write
	// policies have some dozens; a file may have more than anybody would wait for.
	maxInspected = 1000
	// maxExpression bounds those that are tried on sources.
	maxExpression = 16 << 10
)

// judged is an entry with what the findings have in common.
type judged struct {
	*entry
	list    string // the key of its list
	index   int    // in its list
	text    string // the expression
	tree    *syntax.Regexp
	samples []sample
	heads   []head
}

// Inspect finds the flaws of the policy. What is asked before it makes no
// difference, as each policy must allow.
func (l *lists) Inspect(context.Context, []policy.Policy) []policy.Flaw { return l.flaws() }

func findFlaws(l *lists) []policy.Flaw {
	in := &inspector{lists: l, text: string(l.source.Text)}
	white, black := in.judge(whitelistKey, l.whitelist), in.judge(blacklistKey, l.blacklist)
	for _, j := range slices.Concat(white, black) {
		if j.tree == nil || in.findEmpty(j) {
			continue
		}
		if j.list == whitelistKey {
			in.findUnescapedDot(j, in.findUnanchored(j))
			in.findOpen(j)
		}
	}
	in.findShadowed(white, black)
	in.findShortNames(white)
	in.findShortNames(black)
	slices.SortStableFunc(in.flaws, byPlace)
	return in.flaws
}

func byPlace(a, b policy.Flaw) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Rule, b.Rule))
}

func (in *inspector) judge(list string, entries []entry) []*judged {
	out := make([]*judged, min(len(entries), maxInspected))
	for i := range out {
		j := &judged{entry: &entries[i], list: list, index: i, text: entries[i].pattern.String()}
		if tree, err := syntax.Parse(j.text, syntax.Perl); err == nil {
			j.tree, j.heads = tree, extend([]head{{}}, tree)
			if len(j.text) <= maxExpression {
				j.samples = samples(tree)
			}
		}
		out[i] = j
	}
	return out
}

// report adds a flaw of an entry.
func (in *inspector) report(e *entry, f policy.Flaw) {
	f.File, f.Start, f.End = in.source, e.start, e.end
	in.flaws = append(in.flaws, f)
}

// written is how another expression is written in the place of an entry.
func (in *inspector) written(e *entry, expression string) (string, bool) {
	return document.Encode(in.text[e.start:e.end], expression)
}

// rewrite is the fix that puts another expression in the place of an entry, and
// how that is written; none where it cannot be written there.
func (in *inspector) rewrite(e *entry, title, expression string, safe bool) ([]policy.Fix, string) {
	text, ok := in.written(e, expression)
	if !ok {
		return nil, ""
	}
	return []policy.Fix{{Title: title, Safe: safe, Edits: []policy.Edit{{Start: e.start, End: e.end, New: text}}}}, text
}

// hits tells whether an expression matches a source, in any of its spellings.
func hits(pattern *regexp.Regexp, s spellings) bool {
	return slices.ContainsFunc(s.all(), func(sp spelling) bool { return pattern.MatchString(sp.text) })
}

// imageOf is the image that a text names, as people write it.
func imageOf(text string) (source.Image, bool) {
	img, err := source.ParseImage(text)
	return img, err == nil
}

// spellingsOf are those of the source that a text names, if it names one: an
// image, a download or a git remote.
func spellingsOf(text string) (spellings, bool) {
	if img, ok := imageOf(text); ok {
		return imageSpellings(img), true
	}
	remote := text
	if host, path, ok := strings.Cut(text, ":"); ok && !strings.Contains(host, "/") && strings.Contains(path, "/") && path[0] != '/' {
		remote = "git@" + text // as github.com:o/r is spelled, without its user
	}
	if g, ok, err := source.ParseGit(remote); ok {
		return gitSpellings(g), err == nil
	}
	if source.IsHTTP(text) {
		h, err := source.ParseHTTP(text, "")
		return httpSpellings(h), err == nil
	}
	return spellings{}, false
}

// matchedBy makes of a text that an expression matches the name of a source that
// it matches too, with as little more as will do.
func matchedBy(pattern *regexp.Regexp, text string) (string, bool) {
	for _, end := range ends(text) {
		if s, ok := spellingsOf(text + end); ok && hits(pattern, s) {
			return text + end, true
		}
	}
	return "", false
}

// ends are what may be missing at the end of a text, the likeliest first.
func ends(text string) []string {
	switch {
	case strings.HasSuffix(text, "/"):
		return []string{"app", "app:1", "1"}
	case strings.HasSuffix(text, "@"):
		return []string{"sha256:" + strings.Repeat("0", 64)}
	default:
		return []string{"", "1", ":1", "x", "x:1", "/app"}
	}
}
