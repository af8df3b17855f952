package regex

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// What only denies more is nobody's trouble.
func TestInspectBlacklist(t *testing.T) {
	t.Parallel()
	text := `{"blacklist": ["gcr.io/acme", ":latest$", "^evil.example", "^docker", ".*", "x*"], "defaultAllow": true}`
	var got []string
	for _, f := range inspect(t, ".imgpolicy.json", text) {
		got = append(got, f.Message)
	}
	want := []string{`blacklist entry "x*" matches the empty text and with it everything, so all is denied that no whitelist entry allows`}
	if !slices.Equal(got, want) {
		t.Errorf("Inspect = %q, want %q", got, want)
	}
}

func TestInspectShadowed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		white, black string
		want         []string
	}{
		{"the same", `"^a:","^b:","^a:"`, "", []string{`"^a:" is in the whitelist already, on line 1`}},
		{"the same on the blacklist", "", `"x","x"`, []string{`"x" is in the blacklist already, on line 1`}},
		{"a prefix", `"^quay\\.io/","^quay\\.io/a:[0-9]+$"`, "", []string{`"^quay\\.io/a:[0-9]+$" never decides: "^quay\\.io/" on line 1 matches all that it matches`}},
		{"one of several prefixes", `"^(?:quay|gcr)\\.io/","^gcr\\.io/(a|b)/"`, "", []string{`"^gcr\\.io/(a|b)/" never decides: "^(?:quay|gcr)\\.io/" on line 1 matches all that it matches`}},
		{"a part", `"corp/","^quay\\.io/corp/a"`, "", []string{`"^quay\\.io/corp/a" never decides: "corp/" on line 1 matches all that it matches`}},
		{"everything", `".*","^a:"`, `"^b:"`, []string{
			`"^a:" never decides: ".*" on line 1 matches all that it matches`,
			`"^b:" never denies: whitelist entry ".*" on line 1 allows all that it matches, and the whitelist comes first`,
		}},
		{"on the blacklist", "", `"^a",":latest$","^ab?c","^a:1$"`, []string{
			`"^ab?c" never decides: "^a" on line 1 matches all that it matches`,
			`"^a:1$" never decides: "^a" on line 1 matches all that it matches`,
		}},
		{"by the whitelist", `"^corp/"`, `"^corp/legacy:"`, []string{
			`"^corp/legacy:" never denies: whitelist entry "^corp/" on line 1 allows all that it matches, and the whitelist comes first`,
		}},
		{"by tag, on the blacklist", `"^a:3"`, `"^a:3\\.1$"`, []string{
			`"^a:3\\.1$" never denies: whitelist entry "^a:3" on line 1 allows all that it matches, and the whitelist comes first`,
		}},

		{"the order", `"^a:1$","^a:"`, "", nil},
		{"by tag", `"^a:3","^a:3[.]1@sha256:"`, "", nil}, // which then allows without doubt
		{"an end", `"^quay\\.io/$","^quay\\.io/a:"`, "", nil},
		{"a boundary", `"^a\\b","^ab:"`, "", nil},
		{"case", `"(?i)^A","^a:"`, "", nil},
		{"case of the other", `"^a","(?i)^a:"`, "", nil},
		{"no anchor in the other", `"^a","a:"`, "", nil},
		{"an alternative that is not covered", `"^a","^(a|b):"`, "", nil},
		{"a class in the prefix", `"^[ab]","^a:"`, "", nil},
		{"more after it", `"^a.","^a:"`, "", nil},
		{"blacklist before whitelist", `"^corp/legacy:"`, `"^corp/"`, nil},
		{"a mistake that is told already", `"x*","^a:"`, `"^b:"`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range inspect(t, ".imgpolicy.json", `{"whitelist":[`+tt.white+`],"blacklist":[`+tt.black+`]}`) {
				if f.Rule == "pattern-shadowed" {
					got = append(got, f.Message)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Inspect =\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// fixed is a text after the first fix of the first flaw of a rule.
func fixed(t *testing.T, file, text, rule string) string {
	t.Helper()
	for _, f := range inspect(t, file, text) {
		if f.Rule != rule {
			continue
		}
		if len(f.Fixes) == 0 {
			return "no fix"
		}
		for _, e := range slices.Backward(f.Fixes[0].Edits) {
			text = text[:e.Start] + e.New + text[e.End:]
		}
		return text
	}
	return "no flaw"
}

func TestInspectFixes(t *testing.T) {
	t.Parallel()
	const (
		shadowed   = "pattern-shadowed"
		unanchored = "pattern-unanchored"
		short      = "pattern-short-name-only"
	)
	tests := []struct{ name, file, rule, text, want string }{
		{"remove the last", "p.json", shadowed, `{"whitelist": ["^a/", "^a/b:" ]}`, `{"whitelist": ["^a/" ]}`},
		{"remove in the middle", "p.json", shadowed, `{"whitelist": ["^a/" , "^a/b:" , "^c:"]}`, `{"whitelist": ["^a/" , "^c:"]}`},
		{"remove a line", "p.json", shadowed, "{\"blacklist\": [\n  \"^a\",\n  \"^a\",\n  \"c\"\n]}", "{\"blacklist\": [\n  \"^a\",\n  \"c\"\n]}"},
		{"remove the last line", "p.json", shadowed, "{\"blacklist\": [\n  \"^a\",\n  \"^a\"\n]}", "{\"blacklist\": [\n  \"^a\"\n]}"},
		{"remove a line of YAML", "p.yaml", shadowed, "blacklist:\n  - a\n  # b\n  - a # c\n  - d\n", "blacklist:\n  - a\n  # b\n  - d\n"},
		{"remove the last line of YAML", "p.yaml", shadowed, "blacklist:\n- a\n- 'a'", "blacklist:\n- a"},
		{"remove lines of YAML", "p.yaml", shadowed, "blacklist:\n- a\n- >-\n  a\n\ndefaultAllow: true\n", "blacklist:\n- a\n\ndefaultAllow: true\n"},
		{"remove from flow", "p.yaml", shadowed, "blacklist: [a, 'b', a]\n", "blacklist: [a, 'b']\n"},
		{"a comment in flow", "p.yaml", shadowed, "blacklist: [a, # b\n a]\n", "no fix"},

		{"double quotes", "p.yaml", unanchored, "whitelist:\n  - \"gcr\\\\.io/a\\u002f\" # x\n", "whitelist:\n  - \"^gcr\\\\.io/a/\" # x\n"},
		{"single quotes", "p.yaml", unanchored, "whitelist: ['gcr\\.io/a/''?']", "whitelist: ['^gcr\\.io/a/''?']"},
		{"no quotes", "p.yaml", unanchored, "whitelist:\n  - gcr\\.io/a/\n", "whitelist:\n  - '^gcr\\.io/a/'\n"},
		{"block", "p.yaml", unanchored, "whitelist:\n  - |-\n    gcr\\.io/a/\n", "no fix"},
		{"no HTML", "p.json", unanchored, `{"whitelist":["gcr\\.io/a/[<>&]?"]}`, `{"whitelist":["^gcr\\.io/a/[<>&]?"]}`},

		{"all short names", "p.json", short, `{"whitelist":["^a:","^quay\\.io/","^b/c"]}`, `{"whitelist":["^(?:docker\\.io/library/)?a:","^quay\\.io/","^(?:docker\\.io/)?b/c"]}`},
		{"alternatives", "p.json", short, `{"whitelist":["^(aa|bb):"]}`, `{"whitelist":["^(?:docker\\.io/library/)?(aa|bb):"]}`},
		{"alternatives of two kinds", "p.json", short, `{"whitelist":["^(a|b/c):"]}`, "no fix"},
		{"both in two entries", "p.json", short, `{"whitelist":["^a:","^docker\\.io/library/a:"]}`, "no flaw"},
		{"both in one", "p.json", short, `{"whitelist":["^(docker\\.io/library/)?a:"]}`, "no flaw"},
		{"another host", "p.json", short, `{"whitelist":["^localhost/a:","^h:5000/a:","^quay\\.io/a:"]}`, "no flaw"},
		{"a file of ours", "a/.imgpolicy.json", short, `{"whitelist":["^a:"]}`, "no flaw"},
		{"YAML", "p.yml", short, `whitelist: ["^a:"]`, "no flaw"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := fixed(t, tt.file, tt.text, tt.rule)
			if got != tt.want {
				t.Fatalf("fixed = %q, want %q", got, tt.want)
			}
			if strings.HasPrefix(got, "no ") {
				return
			}
			if again := fixed(t, tt.file, got, tt.rule); again != "no flaw" {
				t.Errorf("fixed again = %q, want no flaw", again)
			}
		})
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	p, ok := mustLoad(t, `{"whitelist":["^a:","^docker\\.io/library/a:","^b:","^https://"],"blacklist":["a","z"]}`).(policy.Watcher)
	if !ok {
		t.Fatal("the policy cannot be watched")
	}
	w := p.Watch()
	if got, asked := w.Unused(); asked || len(got) != 6 {
		t.Errorf("asked nothing, but %v of %v", asked, got)
	}
	w.Asked(source.Local{Name: "context"})
	if got, asked := w.Unused(); asked || len(got) != 6 {
		t.Errorf("asked about a directory, but %v of %v", asked, got)
	}
	w.Asked(mustImage(t, "a:1"))
	var got []string
	unused, asked := w.Unused()
	if !asked {
		t.Error("asked about an image, and does not know it")
	}
	for _, f := range unused {
		got = append(got, f.Message)
	}
	const nothing = " matches nothing that the Dockerfiles of this run fetch"
	if want := []string{`whitelist entry "^b:"` + nothing, `whitelist entry "^https://"` + nothing, `blacklist entry "z"` + nothing}; !slices.Equal(got, want) {
		t.Errorf("Unused = %q, want %q", got, want)
	}
	if got, asked := p.Watch().Unused(); asked || len(got) != 6 {
		t.Errorf("a new watch has seen %v", got)
	}
}

// A large policy must not keep anybody waiting.
func TestInspectIsBounded(t *testing.T) {
	t.Parallel()
	many := func(format string) string {
		var b strings.Builder
		for i := range maxInspected + 1 {
			fmt.Fprintf(&b, ",\""+format+"\"", i)
		}
		return b.String()[1:]
	}
	tests := []struct{ name, list string }{
		{"one long entry", `"` + strings.Repeat("a", 1_000_000) + `"`},
		{"the same", strings.Repeat(`"^a:",`, 150_000) + `"^a:"`},
		{"other hosts", many("gcr.io/a%d")},
		{"parts", many("a%d/")},
		{"alternatives", many("(a|b|c)(d|e|f)(g|h|i)(jj|kk|ll)x%d")},
		{"nested options", many("^((a?){9}b?){9}%d")},
		{"one deep entry", `"` + strings.Repeat("(", 300) + "a" + strings.Repeat(")?", 300) + `"`},
		{"one wide alternation", `"` + strings.Repeat("aa|bbc|", 100_000) + `d"`},
		{"repetition", `"^((a{9}){9}){9}"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := mustLoad(t, `{"whitelist":[`+tt.list+`]}`)
			start := time.Now()
			p.(policy.Inspector).Inspect(t.Context(), nil)
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			} else {
				t.Log(took)
			}
		})
	}
}
