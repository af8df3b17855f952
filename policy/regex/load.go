package regex

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy"
)

// load is policy.Language.Load. Every error it returns is a *policy.LoadError
// that points into the text.
func load(files []policy.File, _ fs.FS) (policy.Policy, error) {
	if len(files) != 1 {
		return nil, &policy.LoadError{File: files[1].Name, Message: "an image policy is one file"}
	}
	file, text := files[0].Name, files[0].Text
	s := newScanner(file, string(text))
	if err := s.unreadable(); err != nil {
		return nil, err
	}
	l, err := readPolicy(s)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// readPolicy reads the whole text. It goes no deeper than a list in an object:
// anything else ends it, so nesting costs nothing.
func readPolicy(s *scanner) (*lists, error) {
	open, err := s.next()
	if err != nil {
		return nil, err
	}
	if open.value != json.Delim('{') {
		return nil, s.fail(open, `a policy is a JSON object such as {"whitelist": ["^alpine:"]}, not %s`, describe(open))
	}
	l := &lists{file: s.file}
	keys := map[string]token{}
	for {
		key, err := s.next()
		if err != nil {
			return nil, err
		}
		if key.value == json.Delim('}') {
			break
		}
		if err := readKey(s, l, key, keys); err != nil {
			return nil, err
		}
	}
	if l.fallback == (policy.Entry{}) {
		l.fallback = policy.Entry{File: s.file, Line: max(1, keys[whitelistKey].line), Text: "no whitelist entry matches"}
	}
	return l, s.trailing()
}

// readKey reads the value that belongs to key, and adds key to those seen.
func readKey(s *scanner, l *lists, key token, seen map[string]token) error {
	written, _ := key.value.(string)
	name := knownKey(written)
	if name == "" {
		return s.fail(key, "unknown key (%s)", suggestKey(written))
	}
	if first, ok := seen[name]; ok {
		if first.value != key.value {
			return s.fail(key, "duplicate key (case makes no difference, and line %d has %s)", first.line, first.shown())
		}
		return s.fail(key, "duplicate key (the first is on line %d)", first.line)
	}
	seen[name] = key

	var err error
	switch name {
	case whitelistKey:
		l.whitelist, err = readList(s, name)
	case blacklistKey:
		l.blacklist, err = readList(s, name)
	default:
		l.defaultAllow, err = readDefault(s)
		l.fallback = policy.Entry{
			File: s.file, Line: key.line, Text: fmt.Sprintf("%s: %t", key.shown(), l.defaultAllow),
		}
	}
	return err
}

// knownKey is the key that written stands for, "" for none. As in
// encoding/json, and so in the plugin, case makes no difference.
func knownKey(written string) string {
	for _, key := range []string{whitelistKey, blacklistKey, defaultAllowKey} {
		if strings.EqualFold(key, written) {
			return key
		}
	}
	return ""
}

func readDefault(s *scanner) (bool, error) {
	t, err := s.next()
	if err != nil {
		return false, err
	}
	allow, ok := t.value.(bool)
	if ok {
		return allow, nil
	}
	if text, _ := t.value.(string); text == "true" || text == "false" {
		return false, s.fail(t, `"defaultAllow" must be true or false without quotes`)
	}
	return false, s.fail(t, `"defaultAllow" must be true or false, not %s`, describe(t))
}

// readList reads a list of expressions; null is an empty one.
func readList(s *scanner, name string) ([]entry, error) {
	open, err := s.next()
	if err != nil {
		return nil, err
	}
	if open.value == nil {
		return nil, nil
	}
	if open.value != json.Delim('[') {
		if _, ok := open.value.(string); ok {
			return nil, s.fail(open, `%q must be a list of strings: put [ and ] around the string`, name)
		}
		return nil, s.fail(open, `%q must be a list of strings, not %s`, name, describe(open))
	}
	var entries []entry
	for {
		t, err := s.next()
		if err != nil {
			return nil, err
		}
		if t.value == json.Delim(']') {
			return entries, nil
		}
		e, err := compile(s, name, t)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
}

func compile(s *scanner, list string, t token) (entry, error) {
	text, ok := t.value.(string)
	if !ok {
		return entry{}, s.fail(t, "an entry of %q must be a string, not %s", list, describe(t))
	}
	pattern, err := regexp.Compile(text)
	if err != nil {
		return entry{}, s.fail(t, "invalid regular expression: %s", explainPattern(list, err))
	}
	e := entry{pattern: pattern, raw: t.shown(), line: t.line}
	if list == whitelistKey {
		e.heads = headsOf(text)
	}
	return e, nil
}
