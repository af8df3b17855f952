package config

import (
	"strconv"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// readText reads a text that is not empty.
func readText(n *document.Node) (Text, error) {
	if n.Kind != document.String {
		return Text{}, n.Fail("a text belongs here, not %s", n.Kind)
	}
	if strings.TrimSpace(n.Text) == "" {
		return Text{}, n.Fail("the text is empty")
	}
	return Text{Value: n.Text, Place: placeOf(n)}, nil
}

// readScalar also takes numbers and booleans for the text they are: a build arg
// of 20 or true means just that.
func readScalar(n *document.Node) (Text, error) {
	switch n.Kind {
	case document.String, document.Number, document.Bool:
		return Text{Value: n.Text, Place: placeOf(n)}, nil
	}
	return Text{}, n.Fail("a text belongs here, not %s", n.Kind)
}

func readTexts(n *document.Node) ([]Text, error) {
	if n.Kind != document.List {
		return nil, n.Fail("a list belongs here, not %s", n.Kind)
	}
	texts := make([]Text, 0, len(n.Items))
	for _, item := range n.Items {
		t, err := readText(item)
		if err != nil {
			return nil, err
		}
		texts = append(texts, t)
	}
	return texts, nil
}

func readNothing(_ *reader, _ *Config, _ *Part, n *document.Node) error {
	_, err := readText(n)
	return err
}

func readExtends(_ *reader, c *Config, _ *Part, n *document.Node) (err error) {
	if c.Extends, err = readText(n); err != nil {
		return err
	}
	if _, err := ParseReference(n.Text); err != nil {
		return n.Fail("%v", err)
	}
	return nil
}

func readAllowed(n *document.Node, parse func(string) (lint.AllowEntry, error)) (*lint.AllowList, error) {
	if n.Kind != document.List {
		return nil, n.Fail("a list belongs here, not %s", n.Kind)
	}
	list := &lint.AllowList{File: n.File, Line: n.Line, Entries: []lint.AllowEntry{}}
	for _, item := range n.Items {
		if item.Kind != document.String {
			return nil, item.Fail("a text belongs here, not %s", item.Kind)
		}
		e, err := parse(item.Text)
		if err != nil {
			return nil, item.Fail("%v", err)
		}
		e.Line = item.Line
		list.Entries = append(list.Entries, e)
	}
	return list, nil
}

func readRegistries(_ *reader, _ *Config, p *Part, n *document.Node) (err error) {
	p.Registries, err = readAllowed(n, lint.ParseRegistry)
	return err
}

func readHosts(_ *reader, _ *Config, p *Part, n *document.Node) (err error) {
	p.Hosts, err = readAllowed(n, lint.ParseHost)
	return err
}

func readPolicies(_ *reader, _ *Config, p *Part, n *document.Node) (err error) {
	p.Policies, err = readTexts(n)
	return err
}

func readTargets(_ *reader, _ *Config, p *Part, n *document.Node) (err error) {
	p.Targets, err = readTexts(n)
	return err
}

func readPlatforms(r *reader, _ *Config, p *Part, n *document.Node) error {
	texts, err := readTexts(n)
	if err != nil {
		return err
	}
	for i := range texts {
		if texts[i].Value, err = r.known.Platform(texts[i].Value); err != nil {
			return n.Items[i].Fail("%v; write OS/ARCH, such as linux/arm64", err)
		}
	}
	p.Platforms = texts
	return nil
}

func readBuildArgs(_ *reader, _ *Config, p *Part, n *document.Node) error {
	if n.Kind != document.Object {
		return n.Fail("a mapping of build args to their values belongs here, not %s", n.Kind)
	}
	p.BuildArgs = map[string]Text{}
	for _, m := range n.Members {
		if m.Key.Text == "" || strings.Contains(m.Key.Text, "=") {
			return m.Key.Fail("the name of a build arg belongs here")
		}
		value, err := readScalar(m.Value)
		if err != nil {
			return err
		}
		p.BuildArgs[m.Key.Text] = value
	}
	return nil
}

func readAllowPrivate(_ *reader, c *Config, _ *Part, n *document.Node) (err error) {
	if c.AllowPrivate, err = readTexts(n); err != nil {
		return err
	}
	for i, t := range c.AllowPrivate {
		if _, err := lint.ParseHost(t.Value); err != nil {
			return n.Items[i].Fail("%v", err)
		}
		if strings.Contains(t.Value, "*") {
			return n.Items[i].Fail("a host is named in full here")
		}
	}
	return nil
}

func readExclude(_ *reader, c *Config, _ *Part, n *document.Node) (err error) {
	c.Exclude, err = readGlobs(n)
	return err
}

func readGlobs(n *document.Node) ([]Text, error) {
	texts, err := readTexts(n)
	if err != nil {
		return nil, err
	}
	for i, t := range texts {
		switch {
		case strings.HasPrefix(t.Value, "!"):
			return nil, n.Items[i].Fail("a glob takes nothing back: leave out the !, and list what is meant")
		case strings.Contains(t.Value, `\`):
			return nil, n.Items[i].Fail("paths are written with slashes")
		case t.Value == ".." || strings.HasPrefix(t.Value, "../"):
			return nil, n.Items[i].Fail("a glob is about what is below the config's directory")
		case len(t.Value) > maxGlob:
			return nil, n.Items[i].Fail("the glob has %d bytes, at most %d are read", len(t.Value), maxGlob)
		case alternatives(t.Value) > maxAlternatives:
			return nil, n.Items[i].Fail("the braces stand for more than %d globs: list what is meant", maxAlternatives)
		case !doublestar.ValidatePattern(t.Value):
			return nil, n.Items[i].Fail("the glob is not complete")
		}
	}
	return texts, nil
}

func readIgnores(_ *reader, _ *Config, p *Part, n *document.Node) error {
	if n.Kind != document.Object {
		return n.Fail("a mapping with allow, require-reason and max-days belongs here, not %s", n.Kind)
	}
	for _, m := range n.Members {
		v := m.Value
		switch m.Key.Text {
		case "allow", "require-reason":
			if v.Kind != document.Bool {
				return v.Fail("true or false belongs here, not %s", v.Kind)
			}
			b := &Bool{Value: v.Bool, Place: placeOf(m.Key)}
			if m.Key.Text == "allow" {
				p.Ignores.Allow = b
			} else {
				p.Ignores.RequireReason = b
			}
		case "max-days":
			days, err := strconv.Atoi(v.Text)
			if v.Kind != document.Number || err != nil || days < 1 || days > maxDays {
				return v.Fail("a number of days from 1 to %d belongs here", maxDays)
			}
			p.Ignores.MaxDays = &Int{Value: days, Place: placeOf(m.Key)}
		default:
			return m.Key.Fail("unknown key (valid: %s)", strings.Join(ignoresKeys(), ", "))
		}
	}
	return nil
}

func ignoresKeys() []string { return []string{"allow", "require-reason", "max-days"} }

// maxDays keeps dates within the four digits of a year.
const maxDays = 36500
