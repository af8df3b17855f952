package lint_test

import (
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

// BenchmarkManyPins: a file of many pins takes about as long as one without, for
// which no pin may be compared with each other.
func BenchmarkManyPins(b *testing.B) {
	for name, line := range map[string]string{
		"without": "FROM alpine:3.20-sha256-" + strings.Repeat("a", 64) + "\n",
		"with":    "FROM alpine:3.20@sha256:" + strings.Repeat("a", 64) + "\n",
	} {
		b.Run(name, func(b *testing.B) {
			l := lint.Linter{Rules: rules.All()}
			text := strings.Repeat(line, 20_000)
			for b.Loop() {
				if _, failures := l.Lint(b.Context(), []lint.File{file("Dockerfile", text)}); len(failures) > 0 {
					b.Fatal(failures)
				}
			}
		})
	}
}
