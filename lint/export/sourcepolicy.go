package export

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

const sourcePolicyFile = "source-policy.json"

func sourcePolicyForm() *Form {
	return &Form{
		Name:    "buildkit-source-policy",
		Summary: "a source policy of BuildKit, which puts private copies in the place of public images",
		Use:     "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY=" + sourcePolicyFile + " docker buildx build …",
		Cannot: []string{
			"It is one policy for all levels, and says no more than \"denied by policy\" about what it denies.",
			"Directories and OCI layouts of named contexts are let through, as lint does.",
			"Builds follow it only where EXPERIMENTAL_BUILDKIT_SOURCE_POLICY names it, or the client sends it.",
		},
		write: writeSourcePolicy, decide: decideSourcePolicy, converts: true,
	}
}

// The shapes of BuildKit's sourcepolicy/pb.Policy.
type (
	sourcePolicy struct {
		Version int          `json:"version"`
		Rules   []sourceRule `json:"rules"`
	}
	sourceRule struct {
		Action   string         `json:"action"`
		Selector sourceSelector `json:"selector"`
		Updates  *sourceUpdate  `json:"updates,omitempty"`
	}
	sourceSelector struct {
		Identifier string `json:"identifier"`
		MatchType  string `json:"match_type"`
	}
	sourceUpdate struct {
		Identifier string `json:"identifier"`
	}
)

// What rules do, and how they match: of several that allow or deny the last one
// counts.
const (
	allow, deny, convert     = "ALLOW", "DENY", "CONVERT"
	exact, wildcard, byRegex = "EXACT", "WILDCARD", "REGEX"
)

func (s *sourcePolicy) add(action, match, identifier, to string) {
	r := sourceRule{Action: action, Selector: sourceSelector{identifier, match}}
	if to != "" {
		r.Updates = &sourceUpdate{to}
	}
	s.Rules = append(s.Rules, r)
}

func writeSourcePolicy(p *Policy) ([]File, []string, error) {
	st, err := p.static(true)
	if err != nil {
		return nil, nil, err
	}
	out := &sourcePolicy{Version: 1, Rules: []sourceRule{}}
	limits := st.limits(p)
	if st.open && len(st.lists) > 0 {
		return nil, nil, fmt.Errorf("the expressions of %s are about names as people write them, and BuildKit matches full ones: it takes a catalog or a list of registries to export", st.lists[0].Place)
	}
	if !st.open {
		// Also "docker-image+blob://", but not "local://", without which nothing is
		// built.
		out.add(deny, byRegex, `^docker-image[+:]`, "")
		for _, prefix := range st.prefixes {
			out.add(allow, byRegex, "^"+regexp.QuoteMeta(source.ImageScheme)+prefixPattern(prefix), "")
		}
		for _, im := range st.images {
			out.image(&im)
		}
	}
	limits = append(limits, out.hosts(p)...)
	text, err := indented(out)
	return []File{{Name: sourcePolicyFile, Text: text}}, limits, err
}

// prefixPattern matches full references below the start of names, their host in
// any case.
func prefixPattern(prefix string) string {
	host, path, found := strings.Cut(prefix, "/")
	pattern := "(?i:" + glob(host, `[^/]*`) + ")"
	if found {
		return pattern + "/" + glob(path, `[^/]*`) + "[/:@]"
	}
	return pattern + "/"
}

// image adds the rules for an image: what is allowed is allowed by digest, under
// the name of the private copy where there is one, and converted to that.
func (s *sourcePolicy) image(im *staticImage) {
	for _, t := range im.tags {
		v := im.versions[t.version]
		to, _ := v.target(im)
		s.add(convert, exact, source.ImageScheme+t.name+":"+t.tag, source.ImageScheme+to+":"+t.tag+"@"+v.digests[0])
	}
	done := map[string]bool{}
	for _, v := range im.versions {
		to, names := v.target(im)
		for _, d := range v.digests {
			if done[to+"@"+d] {
				continue
			}
			done[to+"@"+d] = true
			for _, name := range names {
				if name != to {
					s.add(convert, exact, source.ImageScheme+name+"@"+d, source.ImageScheme+to+"@"+d)
					s.add(convert, wildcard, source.ImageScheme+name+":*@"+d, source.ImageScheme+to+":${1}@"+d)
				}
			}
			s.add(allow, exact, source.ImageScheme+to+"@"+d, "")
			s.add(allow, wildcard, source.ImageScheme+to+":*@"+d, "")
		}
	}
}

// target is the name under which a version is fetched, and those that it may be
// written under.
func (v *staticVersion) target(im *staticImage) (to string, names []string) {
	if v.private == "" || !v.copyInUse {
		return im.name, []string{im.name}
	}
	return v.private, []string{im.name, v.private}
}

// hosts adds the rules for downloads and git repositories, and says what of the
// lists they leave out.
func (s *sourcePolicy) hosts(p *Policy) (limits []string) {
	var entries []string
	first := true
	for _, l := range p.Levels {
		for _, h := range l.Hosts {
			switch {
			case l.DryRun:
			case first:
				entries, first = slices.Clone(h.Entries), false
			default:
				entries = bothHosts(entries, h.Entries)
				limits = append(limits, fmt.Sprintf("Of hosts that more than one level lists, those count that all name the same way, or one of them without a \"*\" (%s).", h.Place))
			}
		}
	}
	if first {
		return limits
	}
	s.add(deny, byRegex, `^(https?|git)://`, "")
	for _, e := range entries {
		host := strings.ToLower(e)
		name, port := host, ""
		if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
			name, port = host[:i], host[i+1:]
		}
		pattern := "(?i:" + glob(strings.TrimSuffix(name, "."), `[^/?#@:]*`) + `)\.?`
		switch port {
		case "":
			s.add(allow, byRegex, `^(https?|git)://([^/?#]*@)?`+pattern+`(:[0-9]+)?([/?#]|$)`, "")
		default:
			s.add(allow, byRegex, `^(https?|git)://([^/?#]*@)?`+pattern+`:`+glob(port, "[0-9]*")+`([/?#]|$)`, "")
			// A URL may leave out the port of its scheme. An identifier of git has lost
			// its scheme, and with it the port.
			for _, usual := range [][2]string{{"http", "80"}, {"https", "443"}} {
				if port == usual[1] {
					s.add(allow, byRegex, `^`+usual[0]+`://([^/?#]*@)?`+pattern+`([/?#]|$)`, "")
				}
			}
		}
	}
	return limits
}

// bothHosts are the hosts that both lists allow, as far as that is sure.
func bothHosts(a, b []string) []string {
	var out []string
	within := func(host, entry string) bool {
		return strings.EqualFold(host, entry) || !strings.Contains(host, "*") && regexp.MustCompile(hostPattern(entry)).MatchString(strings.ToLower(host))
	}
	for _, x := range a {
		for _, y := range b {
			switch {
			case within(x, y):
				out = append(out, x)
			case within(y, x):
				out = append(out, y)
			}
		}
	}
	return out
}

// decideSourcePolicy follows a source policy as BuildKit does, as far as it is
// made here: testdata/oracle compares the two.
func decideSourcePolicy(_ context.Context, _ *Policy, dir fs.FS, _ []string) (decide, error) {
	text, err := fs.ReadFile(dir, sourcePolicyFile)
	if err != nil {
		return nil, err
	}
	var p sourcePolicy
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("%s: %w", sourcePolicyFile, err)
	}
	e := &sourceEngine{rules: p.Rules, byName: map[string][]int{}}
	if err := e.compile(); err != nil {
		return nil, fmt.Errorf("%s: %w", sourcePolicyFile, err)
	}
	return func(img source.Image) (bool, string, error) {
		id := img.Identifier()
		for range 20 { // as often as BuildKit
			to, denied := e.evaluate(id)
			if to == "" {
				return !denied, "the source policy denies " + id, nil
			}
			id = to
		}
		return false, "the source policy converts it again and again", nil
	}, nil
}
