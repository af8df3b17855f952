package main

import (
	"maps"

	"github.com/imgpolicy/imgpolicy/lint"
)

// settings are what the flags and the files around a Dockerfile say about how
// it is linted.
type settings struct {
	flags    lint.Settings
	policies *policies
}

// settings are those of a run with these flags.
func (o lintOptions) settings(p *policies) settings {
	s := settings{policies: p, flags: lint.Settings{
		Disabled: maps.Clone(o.disabled), Enabled: o.enabled, Builds: o.builds, Severities: map[string]lint.Severity{},
	}}
	o.policies.applyUnknown(&s.flags)
	return s
}

// of are those of a Dockerfile by its shown name.
func (s settings) of(name string) (*lint.Settings, error) {
	policies, err := s.policies.of(name)
	if err != nil {
		return nil, err
	}
	out := s.flags
	out.Policies = policies
	return &out, nil
}
