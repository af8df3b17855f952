package config

import (
	"strings"

	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/document"
	"github.com/imgpolicy/imgpolicy/policy/level"
)

func exceptionsForm(k *Known) schema {
	one := object(schema{
		"rule": ruleID(k), "source": text(k), "reason": text(k), "by": text(k), "ticket": text(k),
		"until": schema{"type": "string", "pattern": `^\d{4}-\d{2}-\d{2}$`},
	})
	one["required"] = []string{"rule", "source", "reason", "by", "until"}
	return schema{"type": "array", "items": one}
}

func delegateForm(k *Known) schema {
	one := object(schema{
		"rules": listOf(ruleID)(k), "to": oneOf("program", "project", "application")(k), "max-days": days(k),
	})
	one["required"] = []string{"rules", "to"}
	return schema{"type": "array", "items": one}
}

// members reads an object with these keys, the needed ones first: each by its
// name, and none twice, which package document sees to.
func members(n *document.Node, what string, needed int, names []string, read func(name string, v *document.Node) error) error {
	if n.Kind != document.Object {
		return n.Fail("%s is a mapping with %s, not %s", what, strings.Join(names, ", "), n.Kind)
	}
	for _, m := range n.Members {
		found := false
		for _, name := range names {
			if found = name == m.Key.Text; found {
				break
			}
		}
		if !found {
			return m.Key.Fail("unknown key of %s (valid: %s)", what, strings.Join(names, ", "))
		}
		if err := read(m.Key.Text, m.Value); err != nil {
			return err
		}
	}
	for _, name := range names[:needed] {
		if n.Member(name) == nil {
			return n.Fail("%s without %s", what, name)
		}
	}
	return nil
}

func readExceptions(r *reader, c *Config, _ *Part, n *document.Node) error {
	if n.Kind != document.List {
		return n.Fail("a list of exceptions belongs here, not %s", n.Kind)
	}
	for _, item := range n.Items {
		e := level.Exception{File: item.File, Line: item.Line}
		err := members(item, "an exception", 5, []string{"rule", "source", "reason", "by", "until", "ticket"}, func(name string, v *document.Node) error {
			return r.exception(&e, name, v)
		})
		if err != nil {
			return err
		}
		c.Exceptions = append(c.Exceptions, e)
	}
	return nil
}

func (r *reader) exception(e *level.Exception, name string, v *document.Node) error {
	if name == "rule" {
		rule, err := r.rule(v)
		if err != nil {
			return err
		}
		if rule.Mandatory || rule.Last || rule.Flaws || rule.CheckLock != nil {
			return v.Fail("%s has no exceptions: it is about no source", rule.ID)
		}
		e.Rule = rule.ID
		return nil
	}
	t, err := readText(v)
	if err != nil {
		return err
	}
	switch name {
	case "source":
		wrong := ""
		if e.Source, wrong = canonicalSource(t.Value); wrong != "" {
			return v.Fail("%s", wrong)
		}
	case "until":
		if e.Until, err = catalog.ParseDate(t.Value); err != nil {
			return v.Fail("a date belongs here: the last day, YYYY-MM-DD")
		}
	case "reason":
		e.Reason = t.Value
	case "by":
		e.By = t.Value
	case "ticket":
		e.Ticket = t.Value
	}
	return nil
}

func readDelegate(r *reader, c *Config, _ *Part, n *document.Node) error {
	if n.Kind != document.List {
		return n.Fail("a list of what is delegated belongs here, not %s", n.Kind)
	}
	for _, item := range n.Items {
		d := level.Delegation{File: item.File, Line: item.Line}
		err := members(item, "a delegation", 2, []string{"rules", "to", "max-days"}, func(name string, v *document.Node) error {
			return r.delegation(&d, name, v)
		})
		if err != nil {
			return err
		}
		c.Delegations = append(c.Delegations, d)
	}
	return nil
}

func (r *reader) delegation(d *level.Delegation, name string, v *document.Node) (err error) {
	switch name {
	case "rules":
		if v.Kind != document.List || len(v.Items) == 0 {
			return v.Fail("a list of rules belongs here")
		}
		for _, item := range v.Items {
			rule, err := r.rule(item)
			if err != nil {
				return err
			}
			if rule.ID == level.RevokedImage {
				return item.Fail("%s is not delegated: only the organization waives it", rule.ID)
			}
			d.Rules = append(d.Rules, rule.ID)
		}
	case "to":
		if d.To, err = level.ParseRank(v.Text); err != nil || v.Kind != document.String {
			return v.Fail("program, project or application belongs here")
		}
	case "max-days":
		d.MaxDays, err = readNumber(v)
	}
	return err
}
