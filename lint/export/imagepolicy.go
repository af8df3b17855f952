package export

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/regex"
)

const imagePolicyFile = "docker-image-policy.json"

func imagePolicyForm() *Form {
	return &Form{
		Name:    "docker-image-policy",
		Summary: "the lists of docker-image-policy, for the spellings of old and new Docker clients",
		Use:     "put it where the plugin reads its config, /etc/docker/" + imagePolicyFile,
		Cannot: []string{
			"The plugin sees pulls through the Docker API: a build with BuildKit pulls by itself, and is not asked about.",
			"It judges images alone, no downloads and no git repositories.",
			"The whitelist goes before the blacklist, so no entry can deny part of what another allows.",
		},
		write: writeImagePolicy, decide: decideImagePolicy,
	}
}

type imagePolicy struct {
	Whitelist    []string `json:"whitelist"`
	Blacklist    []string `json:"blacklist"`
	DefaultAllow bool     `json:"defaultAllow"`
}

func writeImagePolicy(p *Policy) ([]File, []string, error) {
	st, err := p.static(false)
	if err != nil {
		return nil, nil, err
	}
	out := imagePolicy{Whitelist: []string{}, Blacklist: []string{}}
	switch {
	case st.open && len(st.lists) == 1:
		out.DefaultAllow = st.lists[0].DefaultAllow
		out.Whitelist = append(out.Whitelist, bothSpellings(st.lists[0].Whitelist)...)
		out.Blacklist = append(out.Blacklist, bothSpellings(st.lists[0].Blacklist)...)
	case st.open:
		return nil, nil, fmt.Errorf("%d image policies have to allow an image here, and the plugin has one: export where there is one, or with a catalog", len(st.lists))
	default:
		for _, im := range st.images {
			for _, name := range im.names() {
				out.Whitelist = append(out.Whitelist, imageEntries(&im, name)...)
			}
		}
		for _, prefix := range st.prefixes {
			out.Whitelist = append(out.Whitelist, prefixEntry(prefix))
		}
	}
	text, err := indented(out)
	return []File{{Name: imagePolicyFile, Text: text}}, st.limits(p), err
}

// imageEntries are the entries for the versions of an image under one of its
// names.
func imageEntries(im *staticImage, name string) []string {
	start := "^" + spelled(name)
	var out []string
	for _, t := range im.tags {
		if t.name == name {
			out = append(out, start+":"+regexp.QuoteMeta(t.tag)+"$")
		}
	}
	for _, v := range im.versions {
		if !im.allowedAs(name, v) {
			continue
		}
		for _, d := range v.digests {
			// The API has the digest behind a colon, as if it were a tag.
			out = append(out, start+"(:[^:@/]+)?[@:]"+regexp.QuoteMeta(d)+"$")
		}
	}
	return out
}

// spelled matches a full name as Docker clients before 28.1 shorten it, too.
func spelled(name string) string {
	img, err := source.ParseReference(name)
	if err != nil || img.ShortName() == name {
		return regexp.QuoteMeta(name)
	}
	short := img.ShortName()
	return "(" + regexp.QuoteMeta(strings.TrimSuffix(name, short)) + ")?" + regexp.QuoteMeta(short)
}

// prefixEntry matches all below the start of names.
func prefixEntry(prefix string) string {
	host, path, _ := strings.Cut(prefix, "/")
	if host != "docker.io" {
		return "^" + glob(prefix, `[^/]*`) + "[/:@]"
	}
	switch {
	case path == "":
		// A short name is one whose first part is no host.
		return `^(docker\.io/|[^/]+$|` + notLocalhost() + `/[^/]+[:@/])`
	case path == "library" || strings.HasPrefix(path, "library/"):
		rest := strings.TrimPrefix(strings.TrimPrefix(path, "library"), "/")
		if rest == "" {
			return `^(docker\.io/library/|[^/]+$)`
		}
		return `^(docker\.io/library/)?` + glob(rest, `[^/]*`) + "[/:@]"
	}
	return `^(docker\.io/)?` + glob(path, `[^/]*`) + "[/:@]"
}

// notLocalhost matches the first part of a short name: one that is no host.
func notLocalhost() string {
	const word, other = "localhost", `[^/.:A-Z]`
	var all []string
	for i := range word {
		all = append(all, word[:i]+`[^/.:A-Z`+word[i:i+1]+`]`+other+"*")
		if i > 0 {
			all = append(all, word[:i])
		}
	}
	return "(" + strings.Join(append(all, word+other+"+"), "|") + ")"
}

// bothSpellings makes entries that begin with a name on Docker Hub match it short
// and in full.
func bothSpellings(entries []string) []string {
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = bothSpelled(e)
	}
	return out
}

var hubStart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\(?(?:docker\\?\.io/)(?:library/)?\)?\??`) })

// plainEntry matches entries that mean the same behind a prefix as before: text,
// escaped punctuation and classes, from the start of a reference on.
var plainEntry = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\^(?:\(docker\\?\.io/(?:library/)?\)\?)?(?:[A-Za-z0-9_/:@.-]|\\[^A-Za-z0-9]|\[[A-Za-z0-9:@_.-]+\])*\$?$`)
})

// isPlain tells whether an entry is plain. A dot that is not escaped stands for any
// character, in docker.io too, which is taken off.
func isPlain(entry string) bool {
	return plainEntry().MatchString(entry) && !strings.Contains(hubStart().FindString(strings.TrimPrefix(entry, "^")), "r.io")
}

// bothSpelled is an entry that hits the short and the full spelling of what it
// hits. One that is more than text hits what it did, whatever becomes of it behind
// a prefix.
func bothSpelled(entry string) string {
	spelled := respelled(entry)
	plain := !slices.ContainsFunc(append(alternatives(entry), ""), func(part string) bool {
		return part != "" && !isPlain(part)
	})
	if spelled == entry || isPlain(entry) || plain && alternatives(entry) != nil {
		return spelled
	}
	both := "(?:" + entry + ")|(?:" + spelled + ")"
	if _, err := regexp.Compile(both); err != nil {
		return entry
	}
	return both
}

func respelled(entry string) string {
	if strings.Contains(entry, "|") {
		if whole := alternatives(entry); whole != nil {
			for i, a := range whole {
				whole[i] = respelled(a)
			}
			return strings.Join(whole, "|")
		}
	}
	rest, anchored := strings.CutPrefix(entry, "^")
	if !anchored {
		return entry // it hits in the midst of either
	}
	if m := hubStart().FindString(rest); m != "" {
		start := `(docker\.io/)?`
		if strings.Contains(m, "library/") {
			start = `(docker\.io/library/)?`
		}
		return "^" + start + wholeGroup(rest[len(m):])
	}
	first, _, slash := strings.Cut(rest, "/")
	if slash && (strings.ContainsAny(first, ".:") || strings.HasPrefix(first, "localhost")) {
		return entry // of another registry
	}
	return `^(docker\.io/(library/)?)?` + wholeGroup(rest)
}

// alternatives are those that an entry as a whole is made of, nil for one that is
// not.
func alternatives(entry string) []string {
	depth, class, start := 0, false, 0
	var out []string
	for i := 0; i < len(entry); i++ {
		switch c := entry[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
			if strings.HasPrefix(entry[i+1:], "]") || strings.HasPrefix(entry[i+1:], "^]") {
				i += strings.IndexByte(entry[i:], ']') // it belongs to the class
			}
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			out, start = append(out, entry[start:i]), i+1
		}
	}
	if out == nil {
		return nil
	}
	return append(out, entry[start:])
}

// wholeGroup keeps an alternation together.
func wholeGroup(pattern string) string {
	if strings.Contains(pattern, "|") {
		return "(" + pattern + ")"
	}
	return pattern
}

func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.Bytes(), err
}

// decideImagePolicy asks the plugin's language, which tries all spellings of an
// image that has any.
func decideImagePolicy(ctx context.Context, _ *Policy, dir fs.FS, _ []string) (decide, error) {
	text, err := fs.ReadFile(dir, imagePolicyFile)
	if err != nil {
		return nil, err
	}
	p, err := regex.Language(regex.Options{}).Load([]policy.File{{Name: imagePolicyFile, Text: text}}, nil)
	if err != nil {
		return nil, err
	}
	return func(img source.Image) (bool, string, error) {
		if img.Pinned() { // the API leaves out a tag beside a digest
			if img, err = source.ParseReference(img.Name() + "@" + img.Digest()); err != nil {
				return false, "", err
			}
		}
		d, err := p.Decide(ctx, policy.Request{Source: img})
		if err == nil && d.Outcome == policy.Allow {
			return true, "", nil
		}
		return false, strings.Join(d.Messages, "; "), err
	}, nil
}
