package rego_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// texts is a rule that keeps n texts of 10 kB in memory.
func texts(n int) string {
	return fmt.Sprintf(`base := concat("", [t | some _ in numbers.range(1, 1000); t := "0123456789"])
allow if count([t | some i in numbers.range(1, %d); t := sprintf("%%d%%s", [i, base])]) > 0
`, n)
}

// What takes too much memory is stopped, and is not allowed. Not in parallel: what
// others have on the heap counts too.
func TestMemoryLimit(t *testing.T) {
	p := loadAllow(t, texts(100_000), nil, rego.Options{MemoryLimit: 64 << 20, Timeout: 5 * time.Minute})
	d, err := p.Decide(t.Context(), requestFor(t, "alpine:3.19"))
	if err == nil || !strings.Contains(err.Error(), "took too much memory: it was stopped with more than 64MiB in use; --memory-limit") || d.Outcome == policy.Allow {
		t.Errorf("Decide: %+v, %v", d, err)
	}
}

func TestMemoryLimitNotReached(t *testing.T) {
	for _, limit := range []int64{0, -1} {
		p := loadAllow(t, texts(100), nil, rego.Options{MemoryLimit: limit})
		if d, err := p.Decide(t.Context(), requestFor(t, "alpine:3.19")); err != nil || d.Outcome != policy.Allow {
			t.Errorf("with a limit of %d: %+v, %v", limit, d, err)
		}
	}
}
