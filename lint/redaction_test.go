package lint_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

func TestNameThatIsNoSecretStays(t *testing.T) {
	t.Parallel()
	result := lintText(t, "FROM scratch\nADD https://team@git.example.com/team/app.git#main /\n")
	const want = "write `https://git.example.com/team/app.git#<commit>`"
	for _, d := range result.Diagnostics {
		if d.Rule.ID == "unpinned-git" && !strings.HasPrefix(d.Help, want) {
			t.Errorf("help is %q, want %q", d.Help, want)
		}
	}
}

// TestManyCredentialsAreQuick bounds what redaction costs: it has to look for
// the credentials of all URLs in everything that is shown.
func TestManyCredentialsAreQuick(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("FROM scratch\n")
	for i := range 5000 {
		fmt.Fprintf(&text, "ADD https://bot:secret%d@host/%d /\n", i, i)
	}
	start := time.Now()
	lintText(t, text.String())
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("5000 URLs with credentials take %v", took)
	}
}

func lintText(t *testing.T, text string) *lint.Result {
	t.Helper()
	l := lint.Linter{Rules: rules.All()}
	result, failures := l.Lint(context.Background(), []lint.File{{
		Name: "Dockerfile", Read: func() ([]byte, error) { return []byte(text), nil },
	}})
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	return result
}
