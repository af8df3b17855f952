package regex

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"sync"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// load is policy.Language.Load. Every error it returns is a *policy.LoadError
// that points into the text.
func (o Options) load(files []policy.File, _ fs.FS) (policy.Policy, error) {
	if len(files) != 1 {
		return nil, &policy.LoadError{File: files[1].Name, Message: "an image policy is one file"}
	}
	file := files[0]
	n, err := document.Parse(file.Name, file.Text)
	var bad *policy.LoadError
	switch {
	case err == nil:
	case errors.As(err, &bad) && bad.Message == document.Empty:
		bad.Message += ": " + whatIsAPolicy(file.Name)
		return nil, bad
	default:
		return nil, err
	}
	l, err := o.read(file, n)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// whatIsAPolicy tells people who have none what one looks like.
func whatIsAPolicy(file string) string {
	if document.IsYAML(file) {
		return `a policy has keys such as whitelist: ["^alpine:"]`
	}
	return `a policy is a JSON object such as {"whitelist": ["^alpine:"]}`
}

// read makes a policy of the whole file.
func (o Options) read(file policy.File, n *document.Node) (*lists, error) {
	if n.Kind != document.Object {
		return nil, n.Fail("%s, not %s", whatIsAPolicy(file.Name), n.Kind)
	}
	l := &lists{file: file.Name, source: file}
	l.flaws = sync.OnceValue(func() []policy.Flaw { return findFlaws(l) })
	seen := map[string]*document.Node{}
	for _, m := range n.Members {
		name := knownKey(m.Key.Text)
		if name == "" {
			if slices.Contains(o.OtherKeys, m.Key.Text) {
				continue
			}
			return nil, m.Key.Fail("unknown key (%s)", suggestKey(m.Key.Text, o.OtherKeys))
		}
		if first := seen[name]; first != nil {
			return nil, m.Key.Fail("duplicate key (case makes no difference, and line %d has %s)", first.Line, first.Raw)
		}
		seen[name] = m.Key
		if err := l.readMember(name, m); err != nil {
			return nil, err
		}
	}
	if l.fallback == (policy.Entry{}) {
		l.fallback = policy.Entry{File: file.Name, Line: 1, Text: "no whitelist entry matches"}
		if key := seen[whitelistKey]; key != nil {
			l.fallback.Line = key.Line
		}
	}
	return l, nil
}

// readMember reads the value of one key.
func (l *lists) readMember(name string, m document.Member) error {
	var err error
	switch name {
	case whitelistKey:
		l.whitelist, err = readList(name, m.Value)
	case blacklistKey:
		l.blacklist, err = readList(name, m.Value)
	default:
		l.defaultAllow, err = readDefault(m.Value)
		l.fallback = policy.Entry{File: l.file, Line: m.Key.Line, Text: fmt.Sprintf("%s: %t", m.Key.Raw, l.defaultAllow)}
	}
	return err
}

func readDefault(n *document.Node) (bool, error) {
	switch {
	case n.Kind == document.Bool:
		return n.Bool, nil
	case n.Kind == document.String && (n.Text == "true" || n.Text == "false"):
		return false, n.Fail(`"defaultAllow" must be true or false without quotes`)
	default:
		return false, n.Fail(`"defaultAllow" must be true or false, not %s`, n.Kind)
	}
}

// readList reads a list of expressions; null is an empty one.
func readList(name string, n *document.Node) ([]entry, error) {
	switch {
	case n.Kind == document.Null:
		return nil, nil
	case n.Kind == document.String && document.IsYAML(n.File):
		return nil, n.Fail("%q must be a list of strings: put the string on a line of its own, after a -", name)
	case n.Kind == document.String:
		return nil, n.Fail("%q must be a list of strings: put [ and ] around the string", name)
	case n.Kind != document.List:
		return nil, n.Fail("%q must be a list of strings, not %s", name, n.Kind)
	}
	entries := make([]entry, 0, len(n.Items))
	for _, item := range n.Items {
		e, err := compile(name, item)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func compile(list string, n *document.Node) (entry, error) {
	if n.Kind != document.String {
		hint := ""
		if document.IsYAML(n.File) && n.Kind != document.Null {
			hint = ": put it in single quotes" // ^alpine: is a key, and [a-z] a list
		}
		return entry{}, n.Fail("an entry of %q must be a string, not %s%s", list, n.Kind, hint)
	}
	pattern, err := regexp.Compile(n.Text)
	if err != nil {
		return entry{}, n.Fail("invalid regular expression: %s", explainPattern(list, err))
	}
	e := entry{pattern: pattern, raw: n.Raw, line: n.Line, start: n.Start, end: n.End}
	if list == whitelistKey {
		e.heads = headsOf(n.Text)
	}
	return e, nil
}
