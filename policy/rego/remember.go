package rego

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"sync"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// maxRemembered bounds how many answers are remembered.
const maxRemembered = 1 << 14

// changing are the builtins whose answers change by themselves: the clock, and what
// is drawn by lot.
var changing = []string{"now_ns", "intn", "rfc4122"}

// Steady implements policy.Steady.
func (p *Policy) Steady() bool {
	return !p.mentionsAny(changing) && !(p.mentions["time"] && p.mentionsAny(zoned))
}

func (p *Policy) mentionsAny(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return p.mentions[name] })
}

// zoned are builtins that ask for the time zones of the machine, which are the same
// throughout a run and may be others in the next.
var zoned = []string{"clock", "date", "weekday", "add_date", "diff", "format", "parse_ns"}

// question is all that an offline answer depends on.
type question struct {
	source   source.Source
	platform string
	env      string
	once     bool
}

// remembered are answers to questions that many files ask: all of a team's
// Dockerfiles begin with the same few images, and an evaluation takes longer than
// reading the file.
type remembered struct {
	mu      sync.Mutex
	answers map[question]policy.Decision
}

// rememberable is the question of a request that has one answer whenever it is
// asked: nothing is known or looked up about its source, and the policy reads no
// file and no clock.
func (p *Policy) rememberable(r policy.Request) (question, bool) {
	if r.Metadata != nil || r.Lookup != nil || p.readsRoot() || p.mentionsAny(changing) || !reflect.TypeOf(r.Source).Comparable() {
		return question{}, false
	}
	env, err := json.Marshal(r.Env)
	return question{r.Source, r.Platform, string(env), r.Once}, err == nil
}

// Decide answers for the whole build: the policy must load in Buildx's probe and
// allow the source in every form that the build asks about it in. Answers that
// stay the same are remembered; errors are not.
func (p *Policy) Decide(ctx context.Context, r policy.Request) (policy.Decision, error) {
	q, ok := p.rememberable(r)
	if !ok {
		return p.decide(ctx, r)
	}
	p.remembered.mu.Lock()
	d, ok := p.remembered.answers[q]
	p.remembered.mu.Unlock()
	if ok {
		return unshared(d), nil
	}
	d, err := p.decide(ctx, r)
	if err != nil {
		return d, err
	}
	p.remembered.mu.Lock()
	defer p.remembered.mu.Unlock()
	if len(p.remembered.answers) >= maxRemembered || p.remembered.answers == nil {
		p.remembered.answers = map[question]policy.Decision{}
	}
	p.remembered.answers[q] = unshared(d)
	return d, nil
}

// unshared is a decision that shares nothing with the one that is remembered.
func unshared(d policy.Decision) policy.Decision {
	d.Messages, d.MessagesBy = slices.Clone(d.Messages), slices.Clone(d.MessagesBy)
	d.Why, d.Needs, d.Notes = slices.Clone(d.Why), slices.Clone(d.Needs), slices.Clone(d.Notes)
	return d
}
