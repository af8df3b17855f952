package lint

import (
	"slices"
	"strings"
	"testing"
)

// TestHashLines has the vectors of github/codeql-action (fingerprints.test.ts).
func TestHashLines(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"empty", "", "c129715d7a2bc9a3:1"},
		{"blanks", " a\nb\n  \t\tc\n d", "271789c17abda88f:1 54703d4cd895b18:1 180aee12dab6264:1 a23a3dc5e078b07b:1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(hashLines(tt.text), " "); got != tt.want {
				t.Errorf("hashLines(%q) = %s, want %s", tt.text, got, tt.want)
			}
		})
	}
}

func TestHashLinesLineEnds(t *testing.T) {
	t.Parallel()
	unix := hashLines("FROM a\nFROM b\n")
	for _, text := range []string{"FROM a\r\nFROM b\r\n", "FROM a\rFROM b\r", "\tFROM a \n FROMb\n"} {
		if got := hashLines(text); !slices.Equal(got, unix) {
			t.Errorf("hashLines(%q) = %s, want %s", text, got, unix)
		}
	}
}

// TestHashLinesCounts tells equal lines apart by their number.
func TestHashLinesCounts(t *testing.T) {
	t.Parallel()
	got := hashLines(strings.Repeat(strings.Repeat("x", 200)+"\n", 3))
	for i, n := range []string{":1", ":2", ":3"} {
		if !strings.HasSuffix(got[i], n) {
			t.Errorf("line %d has %s, want it to end in %s", i+1, got[i], n)
		}
	}
}

func TestLineHashesAndByteColumns(t *testing.T) {
	t.Parallel()
	rule := &Rule{ID: "r", Severity: Error, Check: func(p *Pass) { p.ReportInput(0, Diagnostic{Message: "m"}) }}
	lint := func(hashes bool) Diagnostic {
		l := Linter{Rules: []*Rule{rule}, LineHashes: hashes}
		text := "# é\n FROM --platform=日本 alpine:3\n"
		r, failed := l.Lint(t.Context(), []File{{Name: "Dockerfile", Read: func() ([]byte, error) { return []byte(text), nil }}})
		if len(failed) > 0 || len(r.Diagnostics) != 1 {
			t.Fatalf("Lint: %v, %v", r, failed)
		}
		return r.Diagnostics[0]
	}
	d := lint(true)
	if want := hashLines("# é\n FROM --platform=日本 alpine:3\n")[1]; d.LineHash != want {
		t.Errorf("LineHash = %q, want %q", d.LineHash, want)
	}
	if want := (ByteColumns{len(" FROM --platform=日本 ") + 1, len(" FROM --platform=日本 alpine:3") + 1}); d.Bytes != want {
		t.Errorf("Bytes = %v, want %v", d.Bytes, want)
	}
	if d := lint(false); d.LineHash != "" {
		t.Errorf("LineHash = %q without LineHashes", d.LineHash)
	}
}
