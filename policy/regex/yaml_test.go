package regex

import (
	"errors"
	"slices"
	"testing"

	"github.com/imgpolicy/imgpolicy/policy"
)

func TestLoadYAML(t *testing.T) {
	t.Parallel()
	const text = `# what we fetch
whitelist:
  - '^alpine:3\.18$' # LTS
  - "^quay\\.io/team/"
blacklist: ['^docker:']
defaultAllow: false
rules: {unpinned-image: off}
`
	p, err := Language(Options{OtherKeys: []string{"rules"}}).Load([]policy.File{{Name: "p.yaml", Text: []byte(text)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		ref  string
		want policy.Entry
	}{
		{"alpine:3.18", policy.Entry{File: "p.yaml", Line: 3, Text: `whitelist '^alpine:3\.18$'`}},
		{"quay.io/team/x:1", policy.Entry{File: "p.yaml", Line: 4, Text: `whitelist "^quay\\.io/team/"`}},
		{"docker:27", policy.Entry{File: "p.yaml", Line: 5, Text: `blacklist '^docker:'`}},
		{"nginx:1", policy.Entry{File: "p.yaml", Line: 6, Text: `defaultAllow: false`}},
	}
	for _, tt := range tests {
		if got := decide(t, p, mustImage(t, tt.ref)).By; got != tt.want {
			t.Errorf("%s is decided by %+v, want %+v", tt.ref, got, tt.want)
		}
	}
}

func TestLoadYAMLErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"nothing", "# nothing\n", `p.yaml:1:1: the file is empty: a policy has keys such as whitelist: ["^alpine:"]`},
		{"a list", "- a", `p.yaml:1:1: a policy has keys such as whitelist: ["^alpine:"], not a list`},
		{"a colon at the end", "whitelist:\n  - ^alpine:\n", `p.yaml:2:5: an entry of "whitelist" must be a string, not an object: put it in single quotes`},
		{"a class in front", "whitelist:\n  - [a-z]\n", `p.yaml:2:5: an entry of "whitelist" must be a string, not a list: put it in single quotes`},
		{"a number", "whitelist: [1]", `p.yaml:1:13: an entry of "whitelist" must be a string, not a number: put it in single quotes: 1`},
		{"no list", "whitelist: ^a", `p.yaml:1:12: "whitelist" must be a list of strings: put the string on a line of its own, after a -: ^a`},
		{"yes", "defaultAllow: yes", `p.yaml:1:15: "defaultAllow" must be true or false, not a string: yes`},
		{"expression", "whitelist:\n  - 'a('\n", "p.yaml:2:5: invalid regular expression: missing closing ) in `a(`: 'a('"},
		{"key of a policy", "whitelists: []", `p.yaml:1:1: unknown key (did you mean "whitelist"?): whitelists`},
		{"key of others", "rule: {}", `p.yaml:1:1: unknown key (did you mean "rules"?): rule`},
		{"key like none", "colour: red", `p.yaml:1:1: unknown key (there are "whitelist", "blacklist", "defaultAllow", "rules" and "hosts"): colour`},
		{"key of others in another case", "Rules: {}", `p.yaml:1:1: unknown key (did you mean "rules"?): Rules`},
		{"keys that differ in case", "whitelist: []\nWhitelist: []", `p.yaml:2:1: duplicate key (case makes no difference, and line 1 has whitelist): Whitelist`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Language(Options{OtherKeys: []string{"rules", "hosts"}}).Load([]policy.File{{Name: "p.yaml", Text: []byte(tt.text)}}, nil)
			var bad *policy.LoadError
			if !errors.As(err, &bad) {
				t.Fatalf("Load = %v, want a *policy.LoadError", err)
			}
			if err.Error() != tt.want {
				t.Errorf("Load = %s\nwant   %s", err, tt.want)
			}
		})
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		expression string
		want       []string
	}{
		{`^a\.é|`, []string{"^", "a", `\.`, "é", "|"}},
		{`[]|].`, []string{"[]|]", "."}},
		{`[^]\]|]a`, []string{`[^]\]|]`, "a"}},
		{`[[:alpha:]|[]b`, []string{"[[:alpha:]|[]", "b"}},
		{`\Qa.b|\Ec`, []string{`\Qa.b|\E`, "c"}},
		{`\Qa.`, []string{`\Qa.`}},
	}
	for _, tt := range tests {
		if got := tokens(tt.expression); !slices.Equal(got, tt.want) {
			t.Errorf("tokens(%q) = %q, want %q", tt.expression, got, tt.want)
		}
	}
}
