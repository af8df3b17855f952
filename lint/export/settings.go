package export

import (
	"context"
	"fmt"
	"slices"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/level"
	"github.com/imgpolicy/imgpolicy/policy/regex"
)

// listRules are the rules that report what lists, registries and hosts deny.
func listRules() []string { return []string{"policy-denied", "untrusted-registry", "untrusted-host"} }

// From is the policy that settings of the linter come to.
func From(ctx context.Context, s lint.Settings, rules []*lint.Rule, today catalog.Date) *Policy {
	p := &Policy{Today: today, Expiring: fails(s, rules, approval.ApprovalExpiring)}
	p.Mixed = fails(s, rules, approval.OtherVersion) != fails(s, rules, approval.ApprovedDigestMismatch)
	own := &level.Level{}
	if s.Levels != nil {
		for i := range s.Levels.All {
			p.Levels = append(p.Levels, Level{Level: &s.Levels.All[i]})
		}
	}
	if len(p.Levels) == 0 {
		p.Levels = []Level{{Level: own}}
	}
	of := func(file string) *Level {
		if s.Levels != nil {
			for i := range p.Levels {
				if s.Levels.Files[file] == p.Levels[i].Level {
					return &p.Levels[i]
				}
			}
		}
		if l := &p.Levels[len(p.Levels)-1]; l.File != "" {
			return l
		}
		own.File = file
		return &p.Levels[0]
	}
	enforced := func(id string, at *Level, what string) bool {
		if fails(s, rules, id) {
			return true
		}
		at.Left = append(at.Left, fmt.Sprintf("%s: %s is no error here, so nothing of it is enforced.", plain(what), id))
		return false
	}
	for _, l := range s.Registries {
		if at := of(l.File); enforced("untrusted-registry", at, placesOf(l).Place) {
			at.Registries = append(at.Registries, placesOf(l))
		}
	}
	for _, l := range s.Hosts {
		if at := of(l.File); enforced("untrusted-host", at, placesOf(l).Place) {
			at.Hosts = append(at.Hosts, placesOf(l))
		}
	}
	for _, pol := range s.Policies {
		if lists, ok := regex.ListsOf(pol); ok {
			if !enforced("policy-denied", of(lists.File), lists.File) {
				continue
			}
			at := of(lists.File)
			at.Lists = append(at.Lists, Lists{Place: lists.File, Whitelist: lists.Whitelist, Blacklist: lists.Blacklist, DefaultAllow: lists.DefaultAllow})
			continue
		}
		at := &p.Levels[len(p.Levels)-1]
		at.Left = append(at.Left, "A policy in Rego that is in force is not in it: give it to Buildx as it is.")
	}
	p.Judge = judge(ctx, p, s, rules)
	return p
}

// fails tells whether what a rule finds makes lint fail.
func fails(s lint.Settings, rules []*lint.Rule, id string) bool {
	for _, r := range rules {
		if r.ID == id {
			severity := s.Severities[id]
			return s.Runs(r) && (severity == lint.Error || severity == 0 && r.Severity == lint.Error)
		}
	}
	return false
}

func placesOf(l lint.AllowList) Places {
	out := Places{Place: fmt.Sprintf("%s:%d", l.File, l.Line)}
	for _, e := range l.Entries {
		out.Entries = append(out.Entries, e.Text)
	}
	return out
}

// judge asks the linter about images.
func judge(ctx context.Context, p *Policy, s lint.Settings, rules []*lint.Rule) func(string, catalog.Date) ([]Finding, error) {
	kept := slices.DeleteFunc(slices.Clone(rules), func(r *lint.Rule) bool {
		return !r.Approval && !r.Mandatory && !slices.Contains(listRules(), r.ID)
	})
	images := &lint.Images{Rules: kept, Settings: s}
	return func(reference string, today catalog.Date) ([]Finding, error) {
		found, err := images.Of(ctx, reference, today)
		if err != nil {
			return nil, fmt.Errorf("judging %s: %w", reference, err)
		}
		var out []Finding
		for _, d := range found {
			if d.Severity == lint.Error {
				at := slices.IndexFunc(p.Levels, func(l Level) bool { return l.Level == d.Level })
				out = append(out, Finding{Rule: d.Rule.ID, Message: d.Message, Level: at, Approval: d.Rule.Approval})
			}
		}
		return out, nil
	}
}

// Says tells whether any level says something that can be exported.
func (p *Policy) Says() bool {
	return slices.ContainsFunc(p.Levels, func(l Level) bool {
		return len(l.Catalogs) > 0 || len(l.Lists) > 0 || len(l.Registries) > 0 || len(l.Hosts) > 0
	})
}
