package regex

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/policy"
)

// inspect gives the flaws of a policy.
func inspect(t *testing.T, file, text string) []policy.Flaw {
	t.Helper()
	p, err := Language(Options{}).Load([]policy.File{{Name: file, Text: []byte(text)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	inspector, ok := p.(policy.Inspector)
	if !ok {
		t.Fatal("the policy does not inspect itself")
	}
	flaws := inspector.Inspect(t.Context(), nil)
	for _, f := range flaws {
		if f.File.Name != file || string(f.File.Text) != text || f.Start > f.End || f.End > len(text) || f.Help == "" {
			t.Errorf("flaw without its place or help: %+v", f)
		}
	}
	return flaws
}

// rewritten is what is in the place of a flaw after its first fix.
func rewritten(f policy.Flaw) string {
	if len(f.Fixes) == 0 {
		return ""
	}
	safe := "unsafe "
	if f.Fixes[0].Safe {
		safe = ""
	}
	return safe + f.Fixes[0].Edits[0].New
}

func TestInspectWhitelist(t *testing.T) {
	t.Parallel()
	const (
		unanchored = "pattern-unanchored"
		dot        = "pattern-unescaped-dot"
		open       = "pattern-open-tag"
		empty      = "pattern-matches-empty"
	)
	tests := []struct {
		pattern string
		want    []string // rule, what it also matches, and the fix
	}{
		{`gcr\.io/acme/`, []string{unanchored + ` evil.example/gcr.io/acme/app "^gcr\\.io/acme/"`}},
		{`gcr.io/acme/`, []string{
			unanchored + ` evil.example/gcr.io/acme/app "^gcr\\.io/acme/"`,
			dot + ` gcrxio/acme/app "^gcr\\.io/acme/"`,
		}},
		{`(gcr\.io|quay\.io)/acme/`, []string{unanchored + ` evil.example/gcr.io/acme/app "^(gcr\\.io|quay\\.io)/acme/"`}},
		{`gcr\.io/a/|quay\.io/b/`, []string{unanchored + ` evil.example/gcr.io/a/app "^(?:gcr\\.io/a/|quay\\.io/b/)"`}},
		{`^gcr\.io/a/|quay\.io/b/`, []string{unanchored + ` evil.example/quay.io/b/app "^(?:^gcr\\.io/a/|quay\\.io/b/)"`}},
		{`(?i)gcr\.io/acme/`, []string{unanchored + ` evil.example/gcr.io/acme/app "^(?i)gcr\\.io/acme/"`}},
		{`alpine:`, []string{unanchored + ` evil.example/alpine:1 unsafe "^(?:docker\\.io/library/)?alpine:"`}},
		{`acme/app:`, []string{unanchored + ` evil.example/acme/app:1 unsafe "^(?:docker\\.io/)?acme/app:"`}},
		{`(alpine|acme/app):`, []string{unanchored + ` evil.example/alpine:1 unsafe "^(alpine|acme/app):"`}},
		{`localhost:5000/`, []string{unanchored + ` evil-localhost:5000/app "^localhost:5000/"`}},
		{`https://dl\.example\.com/`, []string{unanchored + ` https://evil.example/https://dl.example.com/app "^https://dl\\.example\\.com/"`}},
		{`github\.com:acme/`, []string{unanchored + ` evil-github.com:acme/app "^github\\.com:acme/"`}},
		{`alpine:3\.18$`, []string{unanchored + ` evil.example/alpine:3.18 unsafe "^(?:docker\\.io/library/)?alpine:3\\.18$"`}},
		{`\balpine:`, []string{unanchored + ` evil.example/alpine:1 unsafe "^(?:docker\\.io/library/)?\\balpine:"`}},

		// Anchored, or about something else than the beginning.
		{`^(?:docker\.io/library/)?alpine:`, nil},
		{`\Agcr\.io/acme/`, nil},
		{`^(gcr\.io|quay\.io)/acme/`, nil},
		{`(^gcr\.io/a/)|(^quay\.io/b/)`, nil},
		{`^gcr\.io/a/|^quay\.io/b/`, nil},
		{`(?m)^gcr\.io/acme/`, nil},
		{`(?:^gcr\.io|^quay\.io)/acme/`, nil},
		{`.*`, nil},
		{`^.*$`, nil},
		{`.+`, nil},
		{`.*/acme/`, nil},
		{`[^/]+/base/`, nil},
		{`@sha256:[0-9a-f]{64}$`, nil},
		{`[@:]sha256:[0-9a-f]{64}$`, nil},
		{`@?sha256:[0-9a-f]{64}$`, nil},
		{`:v?[0-9.]+$`, nil},
		{`/base:`, nil},
		{`a^b`, nil},
		{`[^\x00-\x{10FFFF}]`, nil},

		{`^ghcr.io/acme/`, []string{dot + ` ghcrxio/acme/app "^ghcr\\.io/acme/"`}},
		{`^registry.corp.example:5000/a.b/`, []string{dot + ` registryxcorp.example:5000/a.b/app "^registry\\.corp\\.example:5000/a\\.b/"`}},
		{`^(gcr.io|quay\.io)/acme/`, []string{dot + ` gcrxio/acme/app "^(gcr\\.io|quay\\.io)/acme/"`}},
		{`^https://dl.example.com/x.*`, []string{dot + ` https://dlxexample.com/x "^https://dl\\.example\\.com/x.*"`}},
		{`^(?i:GHCR.io)/acme/`, []string{dot + ` ghcrxio/acme/app "^(?i:GHCR\\.io)/acme/"`}},
		{`^ghcr[.]io/acme/`, nil},
		{`^\Qghcr.io\E/acme/`, nil},
		{`^ghcr\.io/acme/my.app:`, nil},
		{`^[a-z]+.corp.example/`, []string{dot + ` axcorp.example/app "^[a-z]+\\.corp\\.example/"`}},
		{`^https://example.com/`, nil}, // nobody has a host without a dot
		{`^mirror.*/acme/`, nil},
		{`^quay\.io/acme/app:1.2-`, nil},
		{`^docker\.io/library/alpine:3.18$`, nil},

		{`^docker\.io/library/alpine:3\.2`, []string{open + ` docker.io/library/alpine:3.20 unsafe "^docker\\.io/library/alpine:3\\.2$"`}},
		{`^gcr\.io/acme/app`, []string{open + ` gcr.io/acme/app-evil unsafe "^gcr\\.io/acme/app:"`}},
		{`^gcr\.io/acme`, []string{open + ` gcr.io/acme-evil/x unsafe "^gcr\\.io/acme/"`}},
		{`^gcr\.io`, []string{open + ` gcr.io.evil.example/x unsafe "^gcr\\.io/"`}},
		{`^docker\.io/acme`, []string{open + ` docker.io/acme-evil/x unsafe "^docker\\.io/acme/"`}},
		{`^acme`, []string{open + ` acme-evil/x unsafe "^acme:"`}},
		{`^https://example\.com`, []string{open + ` https://example.com.evil.example/x unsafe "^https://example\\.com/"`}},
		{`^quay\.io/a:1|^quay\.io/b:2`, []string{open + ` quay.io/a:10 unsafe "(?:^quay\\.io/a:1|^quay\\.io/b:2)$"`}},
		{`^quay\.io/a:1(-slim)?`, []string{open + ` quay.io/a:10 unsafe "^quay\\.io/a:1(-slim)?$"`}},
		{`^quay\.io/a:v`, nil},
		{`^quay\.io/a:3\.`, nil},
		{`^quay\.io/a:3[.-]`, nil},
		{`^quay\.io/a:3\b`, nil},
		{`^quay\.io/a:3($|-)`, nil},
		{`^quay\.io/acme/base-`, nil},
		{`^quay\.io/acme/[a-z]+`, nil},
		{`^registry\.example:5000`, nil},
		{`^https://example\.com/dl`, nil},
		{`^https?://`, nil},
		{`^quay\.io/a@sha256:` + strings.Repeat("1", 64), nil},
		{`^quay\.io/a@sha256:1`, nil},

		{``, []string{empty}},
		{`x*`, []string{empty}},
		{`^`, []string{empty}},
		{`$`, []string{empty}},
		{`quay\.io/a|`, []string{empty + ` unsafe "quay\\.io/a"`}},
		{`|^quay\.io/a/`, []string{empty + ` unsafe "^quay\\.io/a/"`}},
		{`(?:)`, []string{empty}},
		{`(a?|b){0,3}`, []string{empty}},
		{`^$`, nil},
		{`^(x*)$`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.pattern, func(t *testing.T) {
			t.Parallel()
			raw, err := json.Marshal(tt.pattern)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range inspect(t, ".imgpolicy.json", `{"whitelist":[`+string(raw)+`]}`) {
				what := f.Rule
				if _, also, ok := strings.Cut(f.Message, " also matches "); ok {
					what += " " + also[:strings.LastIndex(also, ": ")]
				}
				got = append(got, strings.TrimSpace(what+" "+rewritten(f)))
			}
			slices.Sort(got)
			slices.Sort(tt.want)
			if !slices.Equal(got, tt.want) {
				t.Errorf("Inspect =\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}
