package regex

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNearestEntry(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, pattern, ref string
		near               bool
	}{
		{"another tag", `^node:22-`, "node:18-slim", true},
		{"a digest wanted", `^redis:7\.2@sha256:`, "redis:7.2", true},
		{"a tag wanted", `^redis:7`, "redis" + digestA, true},
		{"a letter missing", `^alpine:`, "alpin:3", true},
		{"a letter more", `^docker\.io/acme/base:`, "acme/basee:1", true},
		{"another namespace by a letter", `^quay\.io/team/`, "quay.io/teams/x:1", true},
		{"another tag of one of two", `^(alpine|nginx):1$`, "nginx:2", true},
		{"a registry that may be left out", `^(ghcr\.io/)?tools/[a-z]+:v`, "ghcr.io/tools/x:1", true},
		{"no ^, in the middle", `corp/base:`, "quay.io/corp/bases:1", true},
		{"without case", `(?i)^APP:RC`, "app:1", true},

		{"another image of the Hub", `^docker\.io/library/alpine:`, "nginx:1", false},
		{"any image of the Hub", `^docker\.io/library/[b-z]+:`, "alpine:3", false},
		{"another namespace", `^quay\.io/team/`, "quay.io/other/x:1", false},
		{"another registry", `^registry\.corp\.example/base/`, "quay.io/other/x:1", false},
		{"only one letter", `^a[0-9]+$`, "alpine:3", false},
		{"nothing literal", `^[a-z]+/base:`, "alpine:3", false},
		{"empty", `^$`, "alpine:3", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			raw, err := json.Marshal(tt.pattern)
			if err != nil {
				t.Fatal(err)
			}
			d := decide(t, mustLoad(t, fmt.Sprintf(`{"whitelist":["^never/", %s]}`, raw)), mustImage(t, tt.ref))
			want := ""
			if tt.near {
				want = "nearest entry: p.json:1 " + string(raw)
			}
			if got := strings.Join(d.Notes, "; "); got != want {
				t.Errorf("notes for %s = %q, want %q", tt.ref, got, want)
			}
		})
	}
}

func TestHelpShowsTheNearest(t *testing.T) {
	t.Parallel()
	p := mustLoad(t, `{"whitelist":["^a:","^b:","^c:","^d:","^quay\\.io/z","^quay\\.io/x/[0-9]","^postgres:17$"]}`)
	tests := []struct{ name, ref, want string }{
		{"nothing near", "mysql", `the whitelist allows "^a:", "^b:", "^c:", "^d:", "^quay\\.io/z" and 2 more`},
		{"one near", "postgres:16", `the whitelist allows "^postgres:17$", "^a:", "^b:", "^c:", "^d:" and 2 more`},
		{"some in common", "quay.io/x/y", `the whitelist allows "^quay\\.io/x/[0-9]", "^quay\\.io/z", "^a:", "^b:", "^c:" and 2 more`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := decide(t, p, mustImage(t, tt.ref)).Help; got != tt.want {
				t.Errorf("help = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestHeads(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern string
		want    []string // with ^ where anchored, + where more follows
	}{
		{`^alpine:`, []string{"^alpine:"}},
		{`alpine`, []string{"alpine"}},
		{`^(ab|cd)e:[0-9]x`, []string{"^abe:+", "^cde:+"}},
		{`^a:|b:`, []string{"^a:", "b:"}},
		{`^(docker\.io/)?a:`, []string{"^docker.io/a:", "^a:"}},
		{`^[ab](cd|ef)(gh|ij)`, []string{"^+"}},
		{`x^y`, []string{"xy"}},
		{`^x(ab|cd)(ab|cd)(ab|cd)(ab|cd)(ab|cd)(ab|cd)`, nil},
		{`^x(ab|cd)(ab|cd)(ab|cd)(ab|cd)(ab|cd)(ab|cd)(ab|cd)`, nil},
		{strings.Repeat("a", 200), []string{strings.Repeat("a", maxHead) + "+"}},
	}
	for _, tt := range tests {
		t.Run(tt.pattern, func(t *testing.T) {
			t.Parallel()
			heads := headsOf(tt.pattern)
			if tt.want == nil {
				if len(heads) > maxHeads {
					t.Errorf("headsOf(%q) has %d heads, want at most %d", tt.pattern, len(heads), maxHeads)
				}
				return
			}
			var got []string
			for _, h := range heads {
				text := h.text
				if h.anchored {
					text = "^" + text
				}
				if h.closed {
					text += "+"
				}
				got = append(got, text)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("headsOf(%q) = %q, want %q", tt.pattern, got, tt.want)
			}
		})
	}
}

func TestDistances(t *testing.T) {
	t.Parallel()
	tests := []struct {
		word, text string
		want       []int
	}{
		{"", "ab", []int{0, 1, 2}},
		{"ab", "", []int{2}},
		{"alpine", "alpin", []int{6, 5, 4, 3, 2, 1}},
		{"abc", "axcd", []int{3, 2, 2, 1, 2}},
	}
	for _, tt := range tests {
		if got := distances(tt.word, tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("distances(%q, %q) = %v, want %v", tt.word, tt.text, got, tt.want)
		}
	}
}
