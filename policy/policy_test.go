package policy_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/imgpolicy/imgpolicy/policy"
)

func TestOutcomeZeroValueDenies(t *testing.T) {
	t.Parallel()
	if got := (policy.Decision{}).Outcome; got != policy.Deny {
		t.Errorf("the zero value of a decision is %v, want deny", got)
	}
}

func TestOutcomeString(t *testing.T) {
	t.Parallel()
	tests := []struct {
		outcome policy.Outcome
		want    string
	}{
		{policy.Deny, "deny"},
		{policy.Unknown, "unknown"},
		{policy.Allow, "allow"},
		// What is no outcome must not read as a mild one.
		{policy.Outcome(-1), "deny"},
		{policy.Outcome(99), "deny"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(int(tt.outcome)), func(t *testing.T) {
			t.Parallel()
			if got := tt.outcome.String(); got != tt.want {
				t.Errorf("Outcome(%d).String() = %q, want %q", int(tt.outcome), got, tt.want)
			}
		})
	}
}

func TestLoadError(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  policy.LoadError
		want string
	}{
		{"file as a whole", policy.LoadError{File: "p.json", Message: "no object"}, "p.json: no object"},
		{"place", policy.LoadError{File: "p.json", Line: 3, Column: 7, Message: "unexpected end"}, "p.json:3:7: unexpected end"},
		{"place and entry", policy.LoadError{File: "p.json", Line: 3, Column: 7, Entry: "^(a", Message: "missing )"}, "p.json:3:7: missing ): ^(a"},
		{"entry without a place", policy.LoadError{File: "p.json", Entry: "^(a", Message: "missing )"}, "p.json: missing ): ^(a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.err.Error(); got != tt.want {
				t.Errorf("Error() = %q, want %q", got, tt.want)
			}
			wrapped := fmt.Errorf("loading: %w", &tt.err)
			var got *policy.LoadError
			if !errors.As(wrapped, &got) || *got != tt.err {
				t.Errorf("errors.As(%v) = %v, want %v", wrapped, got, tt.err)
			}
		})
	}
}
