package lint_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

// TestMemory: what a run keeps grows with its diagnostics, by at most 1 KiB each with
// their frames, and hardly with its files. Nothing else runs beside a test that is not
// parallel.
func TestMemory(t *testing.T) {
	kept := func(files int, text func(i int) string) (bytes, diagnostics int) {
		var all []lint.File
		for i := range files {
			all = append(all, lint.File{Name: fmt.Sprintf("%d/Dockerfile", i), Read: func() ([]byte, error) { return []byte(text(i)), nil }})
		}
		l := &lint.Linter{Rules: rules.All()}
		l.Lint(t.Context(), all[:1]) // what is made once
		before := heap()
		result, failures := l.Lint(t.Context(), all)
		if len(failures) > 0 {
			t.Fatal(failures[0])
		}
		bytes = int(heap()) - int(before)
		runtime.KeepAlive(result)
		return bytes, len(result.Diagnostics)
	}
	padding := strings.Repeat("RUN make all\n", 1000)
	if bytes, n := kept(2000, func(int) string { return "FROM scratch\n" + padding }); n != 0 || bytes/2000 > 64 {
		t.Errorf("%d bytes are kept of 2000 clean files, %d diagnostics", bytes, n)
	}
	texts := map[string]func(i int) string{
		"alike": func(int) string { return strings.Repeat("FROM golang:1.26-alpine\n", 20) + padding },
		"different": func(i int) string {
			return fmt.Sprintf("FROM registry%d.example.com/team-%d/image-%d:1.26\n", i, i, i) + padding
		},
		"downloads": func(i int) string {
			return fmt.Sprintf("FROM scratch\nADD https://h.example/files/%d.tar.gz /opt/\n", i) + padding
		},
	}
	for name, text := range texts {
		bytes, n := kept(1000, text)
		t.Logf("%s: %d bytes for each of %d diagnostics", name, bytes/max(1, n), n)
		if n < 1000 || bytes/n > 1<<10 {
			t.Errorf("%s: %d bytes are kept for each of %d diagnostics", name, bytes/max(1, n), n)
		}
	}
}
