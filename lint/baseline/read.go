package baseline

import (
	"slices"
	"strconv"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// The keys of the file.
const (
	versionKey     = "version"
	diagnosticsKey = "diagnostics"
	ruleKey        = "rule"
	pathKey        = "path"
	textKey        = "text"
	countKey       = "count"
)

// maxSize is room for tens of thousands of entries, and bounds what a file costs
// to read.
const maxSize = 8 << 20

// Read reads a baseline, and takes nothing for one that Write would not have
// written but for blanks and order: an entry that is not understood would hide
// nothing, or the wrong thing. Errors are of type *policy.LoadError.
func Read(file string, text []byte) (*Baseline, error) {
	root, err := document.ParseJSON(file, text, maxSize)
	if err != nil {
		return nil, err
	}
	// The version first: another one may have other keys.
	if v := root.Member(versionKey); v != nil {
		if n, err := number(v); err != nil {
			return nil, err
		} else if n != version {
			return nil, v.Fail("this is version %d of the format; this program reads version %d", n, version)
		}
	}
	top, err := members(root, versionKey, diagnosticsKey)
	if err != nil {
		return nil, err
	}
	list := top[diagnosticsKey]
	if list.Kind != document.List {
		return nil, list.Fail("a list belongs here, not %s", list.Kind)
	}
	b := new(Baseline)
	lines := map[Entry]int{}
	for _, item := range list.Items {
		e, err := readEntry(item)
		if err != nil {
			return nil, err
		}
		if first, ok := lines[key(e)]; ok {
			return nil, item.Fail("this entry is on line %d already: one with the sum of both counts will do", first)
		}
		lines[key(e)] = item.Line
		b.Entries = append(b.Entries, e)
	}
	slices.SortFunc(b.Entries, compare)
	return b, nil
}

func readEntry(n *document.Node) (e Entry, err error) {
	values, err := members(n, ruleKey, pathKey, textKey, countKey)
	if err != nil {
		return e, err
	}
	for _, key := range []string{ruleKey, pathKey, textKey} {
		if v := values[key]; v.Kind != document.String || v.Text == "" {
			return e, v.Fail("%q must be a string that is not empty", key)
		}
	}
	e.Rule, e.Path, e.Text = values[ruleKey].Text, values[pathKey].Text, values[textKey].Text
	e.Count, err = number(values[countKey])
	return e, err
}

// members are the values of an object that has each of the keys, and no other.
func members(n *document.Node, keys ...string) (map[string]*document.Node, error) {
	if n.Kind != document.Object {
		return nil, n.Fail("an object with %s belongs here, not %s", strings.Join(keys, ", "), n.Kind)
	}
	values := map[string]*document.Node{}
	for _, m := range n.Members {
		if !slices.Contains(keys, m.Key.Text) {
			if near := lint.Closest(m.Key.Text, keys); near != "" {
				return nil, m.Key.Fail("unknown key (did you mean %s?)", near)
			}
			return nil, m.Key.Fail("unknown key (valid: %s)", strings.Join(keys, ", "))
		}
		values[m.Key.Text] = m.Value
	}
	for _, key := range keys {
		if values[key] == nil {
			return nil, n.Fail("the key %q is missing", key)
		}
	}
	return values, nil
}

// number reads a number from 1.
func number(n *document.Node) (int, error) {
	i, err := strconv.Atoi(n.Text)
	if n.Kind != document.Number || err != nil || i < 1 || i > 1<<30 {
		return 0, n.Fail("a whole number from 1 belongs here")
	}
	return i, nil
}
