package lint_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

// TestManyPins: a file of many pins takes about as long as one without, for which
// no pin may be compared with each other.
func TestManyPins(t *testing.T) {
	t.Parallel()
	took := func(line string) time.Duration {
		l := lint.Linter{Rules: rules.All()}
		start := time.Now()
		_, failures := l.Lint(context.Background(), []lint.File{file("Dockerfile", strings.Repeat(line, 20_000))})
		if len(failures) > 0 {
			t.Fatal(failures)
		}
		return time.Since(start)
	}
	without := took("FROM alpine:3.20-sha256-" + strings.Repeat("a", 64) + "\n")
	with := took("FROM alpine:3.20@sha256:" + strings.Repeat("a", 64) + "\n")
	if with > 5*without+time.Second {
		t.Errorf("with pins it took %s, and %s without", with, without)
	}
}
