package regex

import (
	"errors"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/policy"
)

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	const whatIsAPolicy = `a policy is a JSON object such as {"whitelist": ["^alpine:"]}`
	tests := []struct{ name, text, want string }{
		{"empty file", "", "p.json:1:1: the file is empty: " + whatIsAPolicy},
		{"white space only", " \n\t", "p.json:1:1: the file is empty: " + whatIsAPolicy},
		{"byte order mark", "\ufeff{}", "p.json:1:1: the file begins with a byte order mark: save it as UTF-8 without BOM"},
		{"UTF-16", "\xff\xfe{\x00}\x00", "p.json:1:1: the file is in UTF-16: save it as UTF-8 without BOM"},
		{"Latin-1", "{\n\"whitelist\":[\"é\xe9\"]}", "p.json:2:16: the file is not in UTF-8 here"},
		{"too large", strings.Repeat(" ", 1<<20+1), "p.json:1:1: the file has 1048577 bytes, at most 1048576 are read"},

		{"list", "[]", "p.json:1:1: " + whatIsAPolicy + ", not a list"},
		{"string", ` "x"`, "p.json:1:2: " + whatIsAPolicy + `, not a string: "x"`},
		{"null", "null", "p.json:1:1: " + whatIsAPolicy + ", not null: null"},

		{"unknown key with an s", `{"whitelists":[]}`, `p.json:1:2: unknown key (did you mean "whitelist"?): "whitelists"`},
		{"unknown key with an underscore", `{"default_allow":true}`, `p.json:1:2: unknown key (did you mean "defaultAllow"?): "default_allow"`},
		{"unknown key of another tool", `{"denylist":[]}`, `p.json:1:2: unknown key (did you mean "blacklist"?): "denylist"`},
		{"unknown key like none", `{"registries":[]}`, `p.json:1:2: unknown key (a policy has "whitelist", "blacklist" and "defaultAllow"): "registries"`},
		{"empty key", `{"":[]}`, `p.json:1:2: unknown key (a policy has "whitelist", "blacklist" and "defaultAllow"): ""`},
		{"unknown key on a later line", "{\"whitelist\": [],\n  \"é\": 1}", `p.json:2:3: unknown key (a policy has "whitelist", "blacklist" and "defaultAllow"): "é"`},
		{"duplicate key", "{\"whitelist\":[],\n\"whitelist\":[]}", `p.json:2:1: duplicate key (the first is on line 1): "whitelist"`},
		{"duplicate key by case", `{"whitelist":[],"WhiteList":[]}`, `p.json:1:17: duplicate key (case makes no difference, and line 1 has "whitelist"): "WhiteList"`},

		{"list as string", `{"whitelist":"^a:"}`, `p.json:1:14: "whitelist" must be a list of strings: put [ and ] around the string: "^a:"`},
		{"list as object", `{"blacklist":{}}`, `p.json:1:14: "blacklist" must be a list of strings, not an object`},
		{"list as bool", `{"blacklist":true}`, `p.json:1:14: "blacklist" must be a list of strings, not true or false: true`},
		{"credentials in an entry", `{"whitelist":["https://bot:hunter2@h/(["]}`, "p.json:1:15: invalid regular expression: missing closing ] in `[`: \"https://***@h/([\""},
		{"entry null", `{"whitelist":[null]}`, `p.json:1:15: an entry of "whitelist" must be a string, not null: null`},
		{"entry number", `{"whitelist":["^é:", 1e999]}`, `p.json:1:22: an entry of "whitelist" must be a string, not a number: 1e999`},
		{"deep nesting", `{"whitelist":` + strings.Repeat("[", 20000), `p.json:1:45: lists and objects are nested too deep here`},
		{"default in quotes", `{"defaultAllow":"true"}`, `p.json:1:17: "defaultAllow" must be true or false without quotes: "true"`},
		{"default as word", `{"defaultAllow":"yes"}`, `p.json:1:17: "defaultAllow" must be true or false, not a string: "yes"`},
		{"default null", `{"defaultAllow":null}`, `p.json:1:17: "defaultAllow" must be true or false, not null: null`},

		{"text after", `{} x`, `p.json:1:4: nothing may follow the closing }: x`},
		{"second policy", "{}\n{}", `p.json:2:1: nothing may follow the closing }: {}`},
		{"comment after", "{}\n# x\n", `p.json:2:1: JSON has no comments: remove it: # x`},
		{"comment before", "// x\n{}", `p.json:1:1: JSON has no comments: remove it: // x`},
		{"comment inside", "{\"whitelist\": [\n  \"^a:\", /* x */\n]}", `p.json:2:10: JSON has no comments: remove it: /* x */`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkLoadError(t, tt.text, tt.want)
		})
	}
}

func TestLoadSyntaxErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"comma before ]", "{\"whitelist\": [\n \"^a:\",\n]}", "p.json:2:7: remove the comma before ]"},
		{"comma before }", `{"whitelist":[],}`, "p.json:1:16: remove the comma before }"},
		{"no comma in a list", `{"whitelist":["^a:" "^b:"]}`, `p.json:1:21: a , is missing before this: "^b:"]}`},
		{"no comma in the object", `{"whitelist":[] "blacklist":[]}`, `p.json:1:17: a , is missing before this: "blacklist":[]}`},
		{"no colon", `{"whitelist" []}`, `p.json:1:14: a : is missing before this: []}`},
		{"no ]", `{"whitelist":["^a:"}`, `p.json:1:20: a ] is missing before this: }`},
		{"single quotes", `{'whitelist':[]}`, `p.json:1:2: strings take double quotes, "^alpine:": 'whitelist':[]}`},
		{"bare key", `{whitelist:[]}`, `p.json:1:2: a key takes double quotes: whitelist:[]}`},
		{"Python's True", `{"defaultAllow": True}`, `p.json:1:18: a value takes double quotes, but for true, false and null in lower case: True}`},
		{"half a literal", `{"defaultAllow": tru}`, `p.json:1:21: not JSON: invalid character '}' in literal true (expecting 'e'): }`},
		{"nothing but }", "}", `p.json:1:1: not JSON: invalid character '}' looking for beginning of value: }`},
		{"terminal escape", "{\x1b[31m}", `p.json:1:2: not JSON: invalid character '\x1b' looking for beginning of object key string: \u001b[31m}`},
		{"unfinished", "{\"whitelist\": [\"^a:\"\n\n", "p.json:1:21: the file ends too early: a closing ] or } is missing"},
		{"unfinished string", `{"whitelist": ["^a:]}`, `p.json:1:16: the closing " is missing: "^a:]}`},
		{"unfinished string on a line", "{\"whitelist\": [\"^a:,\n\"^b:\"]}", `p.json:1:16: the closing " is missing on this line: "^a:,`},
		{"backslash at the end of a line", "{\"whitelist\": [\"^a\\\n\"]}", `p.json:1:16: the closing " is missing on this line: "^a\`},

		{"one backslash", `{"whitelist":["^é\.io/"]}`, `p.json:1:18: in JSON a backslash is written twice: write \\. instead of \.: "^é\.io/"`},
		{"one backslash after a quote", `{"whitelist":["^\"\d"]}`, `p.json:1:19: in JSON a backslash is written twice: write \\d instead of \d: "^\"\d"`},
		{"one backslash before é", `{"whitelist":["\é"]}`, `p.json:1:16: in JSON a backslash is written twice: write \\: "\é"`},
		{"one backslash in a key", `{"white\list":[]}`, `p.json:1:8: in JSON a backslash is written twice: write \\l instead of \l: "white\list"`},
		{`bad \u`, `{"whitelist":["\u12G4"]}`, `p.json:1:20: \u must be followed by four hexadecimal digits: "\u12G4"`},
		{"tab in a string", "{\"whitelist\":[\"a\tb\"]}", `p.json:1:17: a control character in a string must be written \u0009: "a\u0009b"`},

		{"bracket", `{"whitelist":["^alpine[:"]}`, "p.json:1:15: invalid regular expression: missing closing ] in `[:`: " + `"^alpine[:"`},
		{"look-ahead", `{"blacklist":["(?=a)"]}`, `p.json:1:15: invalid regular expression: Go (RE2) has no look-ahead or look-behind: "(?=a)"`},
		{"look-behind", `{"blacklist":["(?<=a)b"]}`, `p.json:1:15: invalid regular expression: Go (RE2) has no look-ahead or look-behind: "(?<=a)b"`},
		{"whitelist of all but", `{"whitelist":["^(?!evil)"]}`, `p.json:1:15: invalid regular expression: Go (RE2) has no look-ahead or look-behind; ` +
			`to allow all but some images, put those on the blacklist and set "defaultAllow": true: "^(?!evil)"`},
		{"blacklist of all but", `{"blacklist":["^(?<!corp)/"]}`, `p.json:1:15: invalid regular expression: Go (RE2) has no look-ahead or look-behind; ` +
			`to deny all but some images, put those on the whitelist and set "defaultAllow": false: "^(?<!corp)/"`},
		{"backreference", `{"blacklist":["(a)\\1"]}`, "p.json:1:15: invalid regular expression: Go (RE2) has no backreferences such as `\\1`: " + `"(a)\\1"`},
		{`\Z`, `{"blacklist":["a\\Z"]}`, "p.json:1:15: invalid regular expression: invalid escape sequence `\\Z`; write $: " + `"a\\Z"`},
		{"glob", `{"blacklist":["*:latest"]}`, "p.json:1:15: invalid regular expression: missing argument to repetition operator in `*`; " +
			`this is no glob, write .* for any text: "*:latest"`},
		{"backslash at the end", `{"blacklist":["a\\"]}`, `p.json:1:15: invalid regular expression: trailing backslash at end of expression: "a\\"`},
		{"escape in an expression", `{"blacklist":["[\u001b"]}`, "p.json:1:15: invalid regular expression: missing closing ] in `[\\u001b`: " + `"[\u001b"`},
		{"right-to-left override", "{\"blacklist\":[\"[\u202e\U000e0001\"]}", "p.json:1:15: invalid regular expression: missing closing ] in `[\\u202e\\udb40\\udc01`: " + `"[\u202e\udb40\udc01"`},
		{"long expression", `{"blacklist":["(` + strings.Repeat("a", 500) + `"]}`, "p.json:1:15: invalid regular expression: missing closing ) in `(" +
			strings.Repeat("a", 199) + "…`: \"(" + strings.Repeat("a", 198) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkLoadError(t, tt.text, tt.want)
		})
	}
}

func checkLoadError(t *testing.T, text, want string) {
	t.Helper()
	_, err := loadText(text)
	var bad *policy.LoadError
	if !errors.As(err, &bad) {
		t.Fatalf("Load = %v, want a *policy.LoadError", err)
	}
	if got := err.Error(); got != want {
		t.Errorf("Load = %s\nwant   %s", got, want)
	}
}

func TestLoadAccepts(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text string }{
		{"empty object", "{}"},
		{"null lists", `{"whitelist":null,"blacklist":null}`},
		{"keys in another case", `{"WHITELIST":["^a:"],"defaultallow":false}`},
		{"CRLF", "{\r\n\"whitelist\": [\r\n\"^a:\"\r\n]\r\n}\r\n"},
		{"escapes", `{"\u0077hitelist":["^quay\\.io\/\u0061"]}`},
		{"empty expression", `{"whitelist":[""]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := loadText(tt.text); err != nil {
				t.Errorf("Load = %v, want no error", err)
			}
		})
	}
}

func TestLoadIsLinear(t *testing.T) {
	t.Parallel()
	// All on one line: counting columns from its start again for every entry
	// would take long enough to notice.
	entry := `"` + strings.Repeat("a", 97) + `",`
	text := `{"whitelist":[` + strings.Repeat(entry, (1<<20)/len(entry)-1) + `"a"]}`
	if _, err := loadText(text); err != nil {
		t.Errorf("Load = %v, want no error", err)
	}
}

func TestLanguageMatch(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]bool{
		"image-policy.json": true, "P.JSON": true, "p.yaml": true, "p.YML": true, "policy.rego": false, "json": false, "x.json.bak": false,
	} {
		if got := Language(Options{}).Match(base); got != want {
			t.Errorf("Match(%q) = %t, want %t", base, got, want)
		}
	}
}

// loadText loads a policy of one file.
func loadText(text string) (policy.Policy, error) {
	return Language(Options{}).Load([]policy.File{{Name: "p.json", Text: []byte(text)}}, nil)
}
