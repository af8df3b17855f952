package lint_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
)

// Every file counts once, those that cannot be read too.
func TestProgress(t *testing.T) {
	t.Parallel()
	files := []lint.File{{Name: "broken", Read: func() ([]byte, error) { return nil, errors.New("broken") }}}
	for i := range 20 {
		files = append(files, file(fmt.Sprint(i), "FROM scratch\n"))
	}
	var mu sync.Mutex
	var told []int
	l := &lint.Linter{Jobs: 4, Progress: func(done, total int) {
		mu.Lock()
		defer mu.Unlock()
		if told = append(told, done); total != len(files) {
			t.Errorf("%d files in all, want %d", total, len(files))
		}
	}}
	l.Lint(t.Context(), files)
	slices.Sort(told)
	for i, done := range told {
		if done != i+1 {
			t.Fatalf("told %v, want each number once", told)
		}
	}
	if len(told) != len(files) {
		t.Errorf("told %d times, want %d", len(told), len(files))
	}
}
