package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

// BenchmarkManySources: a file that pins many sources takes about as long for each
// as one that pins a tenth of them, in a shard, too.
func BenchmarkManySources(b *testing.B) {
	for _, n := range []int{2_000, 20_000} {
		var text strings.Builder
		text.WriteString("# imgpolicy ignore=digest-mismatch\n")
		for i := range n {
			fmt.Fprintf(&text, "FROM a%d:1@sha256:%064d\n", i, i)
		}
		files := []lint.File{file("Dockerfile", text.String())}
		for name, do := range map[string]func(l *lint.Linter){
			"run":   func(l *lint.Linter) { l.Lint(b.Context(), files) },
			"shard": func(l *lint.Linter) { l.LintPart(b.Context(), files, []int{0}) },
		} {
			b.Run(fmt.Sprint(name, n), func(b *testing.B) {
				for b.Loop() {
					do(&lint.Linter{Rules: rules.All()})
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/source")
			})
		}
	}
}

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
