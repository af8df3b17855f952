package rego_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// endless are rules with one call that takes minutes and looks at no clock.
func endless() string {
	var b strings.Builder
	fmt.Fprintf(&b, "s0 := %q\n", strings.Repeat("a", 100))
	for i := range 5 {
		fmt.Fprintf(&b, "s%d := concat(\"\", [%s])\n", i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("s%d, ", i), 16), ", "))
	}
	return b.String() + `allow if { input.image; regex.match("(a*)*(a*)*(a*)*b", s5) }` + "\n"
}

func TestTimeoutWithinCall(t *testing.T) {
	p := loadAllow(t, endless(), nil, rego.Options{Timeout: 200 * time.Millisecond})
	start := time.Now()
	_, err := p.Decide(t.Context(), requestFor(t, "alpine:3.19"))
	if took := time.Since(start); err == nil || !strings.Contains(err.Error(), "took too long") || took > time.Minute {
		t.Errorf("Decide: %v after %v; want an error soon after 200ms", err, took)
	}
}

func TestCancelWithinCall(t *testing.T) {
	p := loadAllow(t, endless(), nil, rego.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := p.Check(ctx, requestFor(t, "alpine:3.19"))
	if took := time.Since(start); err == nil || took > time.Minute {
		t.Errorf("Check: %v after %v; want an error soon after 200ms", err, took)
	}
}

// A cancelled inspection ends, however large the policy.
func TestInspectIsCancelled(t *testing.T) {
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, "allow if input.image.repo == \"r%d\"\n", i)
	}
	p := loadAllow(t, b.String(), nil, rego.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if flaws := p.Inspect(ctx, nil); len(flaws) > 1 {
		t.Errorf("Inspect goes on after it was cancelled: %v", flaws)
	}
}
