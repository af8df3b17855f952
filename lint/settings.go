package lint

import (
	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/policy"
)

// Settings are what a Dockerfile is linted by. Those of a run may differ from
// file to file; none changes once linting has begun. The zero value runs every
// rule that is on by default, without a policy.
type Settings struct {
	// Policies must all allow an input.
	Policies []policy.Policy
	// Disabled names the rules that do not run. Mandatory rules run anyway.
	Disabled map[string]bool
	// Enabled names the optional rules that run.
	Enabled map[string]bool
	// Locked names the rules that no ignore directive hides.
	Locked map[string]bool
	// Severities are those of rules, by ID, whatever a rule would choose.
	Severities map[string]Severity
	// Registries must each allow where an image comes from, Hosts the host of
	// every download and git remote.
	Registries, Hosts []AllowList
	// Levels are those at which an organization governs what a build uses, nil for
	// none. What they have a catalog for is judged by the rules about approved
	// images.
	Levels *Levels
	// Given are the files of policies that the command line names: no level waives
	// what they deny, or makes it a dry run.
	Given map[string]bool
	// Lock is the lock file in force, nil for none.
	Lock *Lock
	// IgnoreLimits limits what ignore directives may do.
	IgnoreLimits IgnoreLimits
	// Builds are the builds to judge, such as one for each platform; none is one
	// with the default options. What they have in common is reported once.
	Builds []dockerfile.Options
	// ArgPlaces are the places that build args come from, by name, such as
	// ".imgpolicy.yaml:11"; those without come from --build-arg.
	ArgPlaces map[string]string
}

// IgnoreLimits are the limits of ignore directives. The zero value sets none.
type IgnoreLimits struct {
	// Forbidden says where they are forbidden, "" for nowhere: such as
	// "ignores are not allowed (.imgpolicy.yaml:4)".
	Forbidden string
	// MaxDays is how many days from today a directive may hold at most; one that
	// names no day then holds too long. 0 is no limit.
	MaxDays int
	// MaxDaysBy is the place that says so, such as ".imgpolicy.yaml:5".
	MaxDaysBy string
}

// settings are those of a file.
func (l *Linter) settings(file string) (*Settings, error) {
	if l.SettingsOf == nil {
		return &l.Settings, nil
	}
	s, err := l.SettingsOf(file)
	if s == nil && err == nil {
		s = &l.Settings
	}
	return s, err
}

// Runs tells whether a rule runs.
func (s *Settings) Runs(r *Rule) bool {
	return r.Mandatory || !s.Disabled[r.ID] && (!r.Optional || s.Enabled[r.ID])
}

// severity is that of a diagnostic, which its rule may have chosen.
func (s *Settings) severity(r *Rule, chosen Severity) Severity {
	switch set := s.Severities[r.ID]; {
	case set != 0:
		return set
	case chosen != 0:
		return chosen
	}
	return r.Severity
}

// Governed tells that something judges where inputs come from, so that an input
// which cannot be known may be one that is not allowed.
func (s *Settings) Governed() bool {
	return len(s.Policies) > 0 || len(s.Registries) > 0 || len(s.Hosts) > 0 || s.Levels.judge() != nil
}

func (s *Settings) builds() []dockerfile.Options {
	if len(s.Builds) == 0 {
		return make([]dockerfile.Options, 1)
	}
	return s.Builds
}
