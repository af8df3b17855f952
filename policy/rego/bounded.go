package rego

import (
	"context"
	"slices"
	"time"
)

// grace is how long an evaluation may take to end once it is told to.
const grace = 100 * time.Millisecond

// unheeding are the builtins that may take long over one call; regex and so on
// stand for all their functions.
var unheeding = []string{"regex", "re_match", "glob", "bits"}

// boundedFor is bounded for an evaluation of the policy. Where no call can take
// long, OPA's own end is enough, and twice as fast.
func boundedFor[T any](ctx context.Context, p *Policy, f func() (T, error)) (T, error) {
	if slices.ContainsFunc(unheeding, func(name string) bool { return p.mentions[name] }) {
		return bounded(ctx, f)
	}
	return f()
}

// bounded runs f and waits for it until ctx ends. OPA ends with it, too, but in
// the midst of a builtin it looks at no clock: a regular expression over a long
// text has no end that anyone sees. f is left behind then, so that its caller
// must not touch what f changes.
func bounded[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
	}
	// Mostly f ends by itself now, and knows more.
	select {
	case r := <-done:
		return r.value, r.err
	case <-time.After(grace):
		var none T
		return none, ctx.Err()
	}
}
