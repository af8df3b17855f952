package config

import (
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

// severities are what a rule can be set to, from strict to lax.
func severities() []string {
	return []string{lint.Error.String(), lint.Warning.String(), lint.Info.String(), off}
}

func readRules(r *reader, _ *Config, p *Part, n *document.Node) error {
	if n.Kind != document.Object {
		return n.Fail("a mapping of rules to severities belongs here, not %s", n.Kind)
	}
	p.Rules = map[string]Rule{}
	for _, m := range n.Members {
		rule, err := r.rule(m.Key)
		if err != nil {
			return err
		}
		severity, err := readSeverity(m.Value)
		if err != nil {
			return err
		}
		if rule.Mandatory && severity < rule.Severity {
			return m.Value.Fail("rule %s stays %s: what it reports was not checked at all", rule.ID, rule.Severity)
		}
		p.Rules[rule.ID] = Rule{Severity: severity, Place: placeOf(m.Key)}
	}
	return nil
}

// rule is the rule that a node names.
func (r *reader) rule(n *document.Node) (*lint.Rule, error) {
	if n.Kind != document.String {
		return nil, n.Fail("the ID of a rule belongs here, not %s", n.Kind)
	}
	if rule := r.known.rule(n.Text); rule != nil {
		return rule, nil
	}
	if near := lint.Closest(n.Text, r.known.ruleIDs()); near != "" {
		return nil, n.Fail("there is no such rule; did you mean %s?", near)
	}
	return nil, n.Fail("there is no such rule; `imgpolicy rules` lists them")
}

// readSeverity reads a severity. YAML of old takes a bare off for false, so
// that is one, too.
func readSeverity(n *document.Node) (lint.Severity, error) {
	if n.Kind == document.Bool && !n.Bool {
		return 0, nil
	}
	if n.Kind == document.String {
		for _, s := range []lint.Severity{lint.Error, lint.Warning, lint.Info, 0} {
			if (Rule{Severity: s}).String() == n.Text {
				return s, nil
			}
		}
	}
	return 0, n.Fail("a severity belongs here: %s", strings.Join(severities(), ", "))
}

func readLocked(r *reader, c *Config, _ *Part, n *document.Node) error {
	if n.Kind != document.List {
		return n.Fail("a list of rules belongs here, not %s", n.Kind)
	}
	c.Locked = map[string]Place{}
	for _, item := range n.Items {
		rule, err := r.rule(item)
		if err != nil {
			return err
		}
		c.Locked[rule.ID] = placeOf(item)
	}
	return nil
}

func readPerFile(r *reader, c *Config, _ *Part, n *document.Node) error {
	if n.Kind != document.List {
		return n.Fail("a list of mappings with files and what differs for them belongs here, not %s", n.Kind)
	}
	for _, item := range n.Items {
		o, err := r.override(c, item)
		if err != nil {
			return err
		}
		c.PerFile = append(c.PerFile, o)
	}
	return nil
}

func (r *reader) override(c *Config, n *document.Node) (Override, error) {
	o := Override{Place: placeOf(n)}
	if n.Kind != document.Object {
		return o, n.Fail("a mapping with files and what differs for them belongs here, not %s", n.Kind)
	}
	valid := []key{{name: filesKey}}
	for _, k := range keys() {
		if !k.whole {
			valid = append(valid, k)
		}
	}
	for _, m := range n.Members {
		k := find(valid, m.Key.Text)
		switch {
		case k == nil && find(keys(), m.Key.Text) != nil:
			return o, m.Key.Fail("this key is about all files, and stands at the top of the config")
		case k == nil:
			return o, m.Key.Fail("unknown key%s", didYouMean(m.Key.Text, valid))
		case k.name == filesKey:
			globs, err := readGlobs(m.Value)
			if err != nil {
				return o, err
			}
			for _, g := range globs {
				o.Globs = append(o.Globs, g.Value)
			}
		default:
			if err := k.read(r, c, &o.Part, m.Value); err != nil {
				return o, err
			}
		}
	}
	if len(o.Globs) == 0 {
		return o, n.Fail("files is missing: the globs of the Dockerfiles this is about")
	}
	return o, nil
}

const filesKey = "files"
