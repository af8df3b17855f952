package lint

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// PolicyError is a policy that failed instead of deciding.
type PolicyError struct {
	Input int // the input it was asked about, -1 for the build as a whole
	Err   *policy.Error
}

// errPolicyFailed says that a file was linted but not judged: the diagnostics
// tell by what.
var errPolicyFailed = errors.New("a policy failed, so not everything was judged: see policy-error")

// decide asks every policy about every source, and about the two local
// directories that every build reads. What a policy cannot answer is kept for
// the rule policy-error; other errors end the file.
func (p *Pass) decide(ctx context.Context, build dockerfile.Options) error {
	if len(p.Policies) == 0 {
		return nil
	}
	env := policy.Env{
		Args: build.BuildArgs, Labels: p.linter.Labels, Target: build.Target, Filename: envFilename(p.File.Name),
	}
	p.Decisions = make([][]policy.Decision, len(p.Inputs))
	for _, pol := range p.Policies {
		for _, name := range []string{"dockerfile", "context"} {
			r := policy.Request{Source: source.Local{Name: name}, Env: env}
			d, err := p.ask(ctx, pol, r, -1)
			if err != nil {
				return err
			}
			if d != nil {
				p.LocalDecisions = append(p.LocalDecisions, LocalDecision{Name: name, Decision: *d})
			}
		}
		watch := p.watches.of(p.Settings, pol)
		for i := range p.Inputs {
			in := &p.Inputs[i]
			if in.Source == nil {
				continue
			}
			if watch != nil {
				watch.Asked(in.Source)
			}
			d, err := p.ask(ctx, pol, p.request(in, env), i)
			if err != nil {
				return err
			}
			if d != nil {
				p.Decisions[i] = append(p.Decisions[i], *d)
			}
		}
	}
	return nil
}

// request is the question a build asks about an input.
func (p *Pass) request(in *dockerfile.Input, env policy.Env) policy.Request {
	return policy.Request{Source: in.Source, Platform: platformOf(in), Env: env, Once: in.Context != "", Lookup: p.linter.Lookup}
}

// platformOf is the platform that an input is fetched for.
func platformOf(in *dockerfile.Input) string {
	if in.Platform == "" && in.Kind == source.KindImage {
		// The frontend is fetched for the builder's own platform.
		return dockerfile.DefaultPlatform
	}
	return in.Platform
}

// envFilename is the name of the Dockerfile as a policy sees it.
func envFilename(name string) string {
	if name == "<stdin>" {
		return "-"
	}
	return path.Base(name)
}

// ask asks one policy one thing. No decision and no error: the policy failed,
// and that is noted, once where it fails whatever it is asked.
func (p *Pass) ask(ctx context.Context, pol policy.Policy, r policy.Request, input int) (*policy.Decision, error) {
	d, err := pol.Decide(ctx, r)
	if err == nil {
		if d.LookupErr != nil && !errors.Is(d.LookupErr, policy.ErrUnsupported) {
			p.lookupFailed(input, "looking up what a policy needs", d.LookupErr)
		}
		return &d, nil
	}
	var failed *policy.Error
	if !errors.As(err, &failed) {
		return nil, fmt.Errorf("deciding about %s: %w", source.Redact(r.Source.Identifier()), err)
	}
	if failed.Whole {
		input = -1
	}
	for _, have := range p.PolicyErrors {
		if have.Input == input && have.Err.By == failed.By && have.Err.Error() == failed.Error() {
			return nil, nil
		}
	}
	p.PolicyErrors = append(p.PolicyErrors, PolicyError{input, failed})
	return nil, nil
}
