package lock

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// version changes when older programs would misread the file.
const version = 1

// The keys of the file.
const (
	versionKey    = "version"
	entriesKey    = "entries"
	identifierKey = "identifier"
	digestKey     = "digest"
	platformsKey  = "platforms"
	refKey        = "ref"
	resolvedAtKey = "resolvedAt"
	sourceKey     = "source"
)

// Read reads a lock file, and takes nothing for one that Write would not have
// written but for blanks and order: an entry that is misread pins the wrong
// thing. Errors are of type *policy.LoadError and have a place.
func Read(name string, text []byte) (*Lock, error) {
	root, err := document.Parse(name, text)
	if err != nil {
		return nil, err
	}
	top, err := members(root, versionKey, entriesKey)
	if err != nil {
		return nil, err
	}
	if v := top[versionKey]; v.Kind != document.Number || v.Text != fmt.Sprint(version) {
		return nil, v.Fail("this program reads version %d of the format, not this", version)
	}
	list := top[entriesKey]
	if list.Kind != document.List {
		return nil, list.Fail("%q must be a list, not %s", entriesKey, list.Kind)
	}
	l := &Lock{Name: name}
	seen := map[string]int{}
	for _, item := range list.Items {
		e, err := readEntry(item)
		if err != nil {
			return nil, err
		}
		if first := seen[e.Name]; first > 0 {
			return nil, item.Member(identifierKey).Fail("there are two entries of this (the first is on line %d): delete the wrong one", first)
		}
		seen[e.Name] = e.line
		l.Entries = append(l.Entries, e)
	}
	l.sort()
	return l, nil
}

func (l *Lock) sort() {
	slices.SortFunc(l.Entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
}

// members are the values of an object that has these keys and no other.
func members(n *document.Node, required ...string) (map[string]*document.Node, error) {
	out, err := someOf(n, required)
	for _, key := range required {
		if err == nil && out[key] == nil {
			err = n.Fail("the key %q is missing", key)
		}
	}
	return out, err
}

// someOf are the values of an object that has no other keys than these.
func someOf(n *document.Node, keys []string) (map[string]*document.Node, error) {
	if n.Kind != document.Object {
		return nil, n.Fail("here must be an object, not %s", n.Kind)
	}
	out := map[string]*document.Node{}
	for _, m := range n.Members {
		if !slices.Contains(keys, m.Key.Text) {
			if near := lint.Closest(m.Key.Text, keys); near != "" {
				return nil, m.Key.Fail("unknown key: did you mean %q?", near)
			}
			return nil, m.Key.Fail("unknown key (valid: %s)", strings.Join(keys, ", "))
		}
		out[m.Key.Text] = m.Value
	}
	return out, nil
}

func readEntry(n *document.Node) (Entry, error) {
	keys, err := someOf(n, []string{identifierKey, digestKey, platformsKey, refKey, resolvedAtKey, sourceKey})
	if err != nil {
		return Entry{}, err
	}
	for _, key := range []string{identifierKey, digestKey, resolvedAtKey, sourceKey} {
		if keys[key] == nil {
			return Entry{}, n.Fail("the key %q is missing", key)
		}
	}
	var e Entry
	for key, to := range map[string]*string{identifierKey: &e.Name, digestKey: &e.Digest, refKey: &e.Ref, sourceKey: &e.Source} {
		if v := keys[key]; v != nil {
			if v.Kind != document.String {
				return Entry{}, v.Fail("%q must be a string, not %s", key, v.Kind)
			}
			*to = v.Text
		}
	}
	id := keys[identifierKey]
	e.line, e.span = id.Line, dockerfile.Span{Start: id.Start, End: id.End}
	if err := checkIdentifier(id); err != nil {
		return Entry{}, err
	}
	if !source.IsPin(e.Name, e.Digest) {
		return Entry{}, keys[digestKey].Fail("this is not %s", wantedPin(e.Name))
	}
	if e.Ref != "" && (!strings.HasPrefix(e.Name, "git://") || !strings.HasPrefix(e.Ref, "refs/") && e.Ref != "HEAD") {
		return Entry{}, keys[refKey].Fail("this is not the full name of a git ref, such as refs/heads/main")
	}
	if e.ResolvedAt, err = time.Parse(time.RFC3339, keys[resolvedAtKey].Text); err != nil {
		return Entry{}, keys[resolvedAtKey].Fail("this is not a time such as 2026-03-31T12:00:00Z")
	}
	e.Platforms, err = readPlatforms(e.Name, keys[platformsKey])
	return e, err
}

func checkIdentifier(n *document.Node) error {
	switch {
	case source.IsName(n.Text):
		return nil
	case source.Redact(n.Text) != n.Text:
		return n.Fail("a URL with credentials is not locked: whoever reads the file would have them")
	case strings.Contains(n.Text, "@sha"):
		return n.Fail("the digest belongs into %q: an entry is about a name that can move", digestKey)
	default:
		return n.Fail("this is no identifier, such as docker-image://docker.io/library/node:20, git://host/path#ref or https://host/path")
	}
}

// wantedPin says what fixes a source of this name.
func wantedPin(name string) string {
	switch {
	case strings.HasPrefix(name, "git://"):
		return "a full commit: 40 or 64 lower-case hexadecimal digits"
	case strings.HasPrefix(name, source.ImageScheme):
		return "a digest: sha256: and 64 lower-case hexadecimal digits"
	default:
		return "a checksum: sha256: and 64 lower-case hexadecimal digits"
	}
}

func readPlatforms(name string, n *document.Node) (map[string]string, error) {
	switch {
	case n == nil:
		return nil, nil
	case n.Kind != document.Object:
		return nil, n.Fail("%q must be an object, not %s", platformsKey, n.Kind)
	case !strings.HasPrefix(name, source.ImageScheme):
		return nil, n.Fail("only an image has platforms")
	}
	out := map[string]string{}
	for _, m := range n.Members {
		if normal, err := dockerfile.NormalizePlatform(m.Key.Text); err != nil || normal != m.Key.Text {
			return nil, m.Key.Fail("this is no platform, such as linux/amd64")
		}
		if m.Value.Kind != document.String || !source.IsPin(name, m.Value.Text) {
			return nil, m.Value.Fail("this is not %s", wantedPin(name))
		}
		out[m.Key.Text] = m.Value.Text
	}
	return out, nil
}
