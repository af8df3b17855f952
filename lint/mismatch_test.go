package lint_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

// TestManyPins lints a file of many pins, which a comparison of each with each
// would take most of a minute for.
func TestManyPins(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("FROM alpine:3.20@sha256:"+strings.Repeat("a", 64)+"\n", 50_000)
	l := lint.Linter{Rules: rules.All()}
	start := time.Now()
	result, failures := l.Lint(context.Background(), []lint.File{{Name: "Dockerfile", Read: func() ([]byte, error) { return []byte(text), nil }}})
	if took := time.Since(start); len(failures) > 0 || len(result.Diagnostics) > 0 || took > 15*time.Second {
		t.Errorf("%d diagnostics after %s, %v", len(result.Diagnostics), took, failures)
	}
}
