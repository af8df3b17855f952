package report

import (
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
)

// terminals are those that text is laid out for.
func terminals() map[string]Options {
	return map[string]Options{
		"width_40":       {Width: 40, Statistics: true},
		"width_60":       {Width: 60, Statistics: true},
		"width_80":       {Width: 80, Statistics: true},
		"width_80_ascii": {Width: 80, ASCII: true},
		"width_40_ascii": {Width: 40, ASCII: true},
		"links":          {Links: true, HideSource: true},
	}
}

// wordy has all there is to lay out: long messages, notes, commands to paste,
// labels, lists, other scripts.
func wordy() *lint.Result {
	from := at(3, 6, 36)
	frontend := at(1, 10, 36)
	all := []lint.Diagnostic{
		{
			Rule: unpinned, File: "services/api/Dockerfile", Range: frontend,
			Message: "frontend docker/dockerfile:1 has no digest: whoever moves the tag runs code in this build",
			Help: "write `# syntax=docker/dockerfile:1@sha256:<digest>`\n" +
				"`docker buildx imagetools inspect docker/dockerfile:1 --format '{{.Manifest.Digest}}'` prints the digest",
			Frame: frame(frameLine("# syntax=docker/dockerfile:1", frontend, "")),
		},
		{
			Rule: &lint.Rule{ID: "rego-conflicting-metadata", Severity: lint.Warning}, File: "services/api/Dockerfile", Range: from,
			Message: "the policies need different metadata of registry.example.com/acme/base:${VERSION}, and none of them can have its way",
			Policy:  &lint.PolicyEntry{File: "policies/organisation.rego", Line: 17, Text: `input.image.labels["org.opencontainers.image.source"]`},
			Notes:   []string{"allowed are:\n  ^docker\\.io/acme/ and everything that is below it in this registry\n  ^ghcr\\.io/acme/", "日本語の 文字は 二列の 幅を とります から 行は 短く なります と思う"},
			Help:    "write `ADD --checksum=sha256:<checksum> https://example.com/a/very/long/path/to/tool.tgz …`",
			Related: []lint.Related{{Message: "VERSION is \"1.2.3\" here, where nobody would have thought of it", File: "services/api/Dockerfile", Range: at(2, 13, 18)}},
			Frame: frame(
				secondary(frameLine("ARG VERSION=1.2.3", at(2, 13, 18), "VERSION is \"1.2.3\" here, where nobody would have thought of it")),
				frameLine("FROM registry.example.com/acme/baſe:${VERSION} AS the-stage-with-a-longer-name", from, "resolves to registry.example.com/acme/base:1.2.3"),
			),
		},
		strangeText(),
		longLine()[1],
	}
	r := result(2, 4, 1, all...)
	r.Rules[0] = &lint.Rule{ID: "unpinned-image", Summary: "image reference without a digest, which somebody can move"}
	return &r
}

func TestTerminals(t *testing.T) {
	t.Parallel()
	for name, opt := range terminals() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := write(t, textFormat(), wordy(), opt)
			golden(t, name+".text", strings.ReplaceAll(out, "\x1b", "<ESC>"))
			for _, r := range out {
				if opt.ASCII && r >= 0x80 {
					t.Errorf("%q in ASCII:\n%s", r, out)
				}
			}
		})
	}
}

// TestLinks proves that links are nothing but sequences around the rules.
func TestLinks(t *testing.T) {
	t.Parallel()
	const start = "\x1b]8;;https://github.com/imgpolicy/imgpolicy/blob/main/lint/rules/README.md#unpinned-image\x1b\\"
	r := result(1, 1, 0, relatedFrame())
	for _, colored := range []bool{false, true} {
		out := write(t, textFormat(), &r, Options{Links: true, Color: colored})
		if want := "error[" + start + "unpinned-image\x1b]8;;\x1b\\]"; !strings.Contains(out, want) {
			t.Errorf("text %q, want %q in it", out, want)
		}
		plain := write(t, textFormat(), &r, Options{Color: colored})
		if got := withoutLinks(out); got != plain {
			t.Errorf("without links the text is\n%s\nwant\n%s", got, plain)
		}
	}
}

// withoutLinks takes out whole OSC 8 sequences; what is left of one shows.
func withoutLinks(s string) string {
	parts := strings.Split(s, "\x1b]8;;")
	for i, p := range parts[1:] {
		if _, after, ok := strings.Cut(p, "\x1b\\"); ok {
			parts[i+1] = after
		}
	}
	return strings.Join(parts, "")
}

func TestHostileRuleInLink(t *testing.T) {
	t.Parallel()
	for _, a := range attacks() {
		d := lint.Diagnostic{Rule: &lint.Rule{ID: a + "\a\x1b\\\u009c x"}, Message: "m"}
		out := write(t, textFormat(), &lint.Result{Diagnostics: []lint.Diagnostic{d}}, Options{Links: true})
		address, _, _ := strings.Cut(strings.SplitN(out, "\x1b]8;;", 2)[1], "\x1b\\")
		if i := strings.IndexFunc(address, func(r rune) bool { return r <= ' ' || r > '~' }); i >= 0 {
			t.Errorf("%q in the address %q", address[i], address)
		}
		checkHarmless(t, withoutLinks(out))
	}
}

func TestASCII(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":                   "",
		"node:20 {~}":        "node:20 {~}",
		"ADD … URL":          "ADD ... URL",
		"é":                  `\u{e9}`,
		"e\u0301":            `e\u{301}`,
		"日😀":                 `\u{65e5}\u{1f600}`,
		Clean("\x1b[\x7f\t"): `\u{1b}[\u{7f} `,
		Clean("\u202e\xff"):  `\u{fffd}\u{fffd}`,
	} {
		if got := ASCII(s); got != want {
			t.Errorf("ASCII(%q) = %q, want %q", s, got, want)
		}
	}
}
