package rego

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/imgpolicy/imgpolicy/policy"
)

// maxProbes bounds how many answers of the probe are kept: there is one for each
// name of a Dockerfile and set of flags.
const maxProbes = 1024

// probes keeps the probe's answers: a build asks once, lint once for each source.
type probes struct {
	mu      sync.Mutex
	answers map[string]error
}

// probed is Probe, asked once for each environment.
func (p *Policy) probed(ctx context.Context, env policy.Env) error {
	key, err := json.Marshal(env)
	if err != nil {
		return p.Probe(ctx, env)
	}
	p.probes.mu.Lock()
	answer, ok := p.probes.answers[string(key)]
	p.probes.mu.Unlock()
	if ok {
		return answer
	}
	answer = p.Probe(ctx, env)
	if errors.Is(answer, context.Canceled) {
		return answer // a timeout is kept: waiting for each source anew tells nothing
	}
	p.probes.mu.Lock()
	defer p.probes.mu.Unlock()
	if len(p.probes.answers) >= maxProbes || p.probes.answers == nil {
		p.probes.answers = map[string]error{}
	}
	p.probes.answers[string(key)] = answer
	return answer
}
