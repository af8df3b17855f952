package document

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/policy"
)

// dump is a tree as the tests write it: each scalar as kind, place, text as
// written and value.
func dump(text string, n *Node) string {
	var b strings.Builder
	var walk func(n *Node)
	walk = func(n *Node) {
		span := text[n.Start:n.End]
		switch n.Kind {
		case List:
			b.WriteString("[")
			for _, item := range n.Items {
				walk(item)
			}
			fmt.Fprintf(&b, "]<%s>", ends(span))
		case Object:
			b.WriteString("{")
			for _, m := range n.Members {
				walk(m.Key)
				b.WriteString(":")
				walk(m.Value)
			}
			fmt.Fprintf(&b, "}<%s>", ends(span))
		case Null:
			fmt.Fprintf(&b, "(%d:%d null %q)", n.Line, n.Column, span)
		case String:
			fmt.Fprintf(&b, "(%d:%d %q=%q)", n.Line, n.Column, span, n.Text)
		default:
			fmt.Fprintf(&b, "(%d:%d %s %s=%s)", n.Line, n.Column, n.Kind, span, n.Text)
		}
	}
	walk(n)
	return b.String()
}

// ends are the first and last byte of a span.
func ends(span string) string {
	if span == "" {
		return ""
	}
	return span[:1] + ".." + span[len(span)-1:]
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, text, want string }{
		{"scalars", "x.json", `[null, true, 1e999, "é\u0061"]`, `[(1:2 null "null")(1:8 true or false true=true)(1:14 a number 1e999=1e999)(1:21 "\"é\\u0061\""="éa")]<[..]>`},
		{"members", "x.json", "{\n \"a\": [],\n \"A\" : {\"b\":\"c\"}\n}", `{(2:2 "\"a\""="a"):[]<[..]>(3:2 "\"A\""="A"):{(3:9 "\"b\""="b"):(3:13 "\"c\""="c")}<{..}>}<{..}>`},
		{"a value alone", "x.json", ` "a" `, `(1:2 "\"a\""="a")`},

		{"block", "x.yaml", "# c\na:\n  - 'x''y' # c\n  - z\nb: true\n", `{(2:1 "a"="a"):[(3:5 "'x''y'"="x'y")(4:5 "z"="z")]<-..z>(5:1 "b"="b"):(5:4 true or false true=true)}<a..e>`},
		{"a list at the indent of its key", "x.yml", "a:\n- b\n- c\nd: e", `{(1:1 "a"="a"):[(2:3 "b"="b")(3:3 "c"="c")]<-..c>(4:1 "d"="d"):(4:4 "e"="e")}<a..e>`},
		{"flow", "X.YAML", "a: [ b, \"c\\\\d\", # ]\n  ]\ne: {f: g, h: }\n", `{(1:1 "a"="a"):[(1:6 "b"="b")(1:9 "\"c\\\\d\""="c\\d")]<[..]>(3:1 "e"="e"):{(3:5 "f"="f"):(3:8 "g"="g")(3:11 "h"="h"):(3:14 null "")}<{..}>}<a..}>`},
		{"a key without a value in flow", "x.yaml", "{a, b: , 'c': }", `{(1:2 "a"="a"):(1:3 null "")(1:5 "b"="b"):(1:8 null "")(1:10 "'c'"="c"):(1:15 null "")}<{..}>`},
		{"pairs in flow", "x.yaml", "[a: b, c: d]", `[{(1:2 "a"="a"):(1:5 "b"="b")}<a..b>{(1:8 "c"="c"):(1:11 "d"="d")}<c..d>]<[..]>`},
		{"nothing written", "x.yaml", "a:\nb: ~\nc: null\nd:\n  -\n  - e", `{(1:1 "a"="a"):(1:3 null "")(2:1 "b"="b"):(2:4 null "~")(3:1 "c"="c"):(3:4 null "null")(4:1 "d"="d"):[(5:4 null "")(6:5 "e"="e")]<-..e>}<a..e>`},
		{"words that are no booleans", "x.yaml", "[yes, no, on, True]", `[(1:2 "yes"="yes")(1:7 "no"="no")(1:11 "on"="on")(1:15 true or false True=true)]<[..]>`},
		{"numbers and dates", "x.yaml", "[1, 1e9, 0x1f, 2027-03-31, '1']", `[(1:2 a number 1=1)(1:5 a number 1e9=1e9)(1:10 a number 0x1f=0x1f)(1:16 "2027-03-31"="2027-03-31")(1:28 "'1'"="1")]<[..]>`},
		{"double quotes", "x.yaml", "a: \"b\\\"\\\n  c\" # d\n", `{(1:1 "a"="a"):(1:4 "\"b\\\"\\\n  c\""="b\"c")}<a..">`},
		{"plain on several lines", "x.yaml", "é: b  c\n  d\r\n\n   e\nf: g\n", `{(1:1 "é"="é"):(1:4 "b  c\n  d\r\n\n   e"="b  c d\ne")(5:1 "f"="f"):(5:4 "g"="g")}<` + "\xc3" + `..g>`},
		{"literal", "x.yaml", "a: |\n  b\n   c\n\n  # d\n# e\nf: g", `{(1:1 "a"="a"):(1:4 "|\n  b\n   c\n\n  # d"="b\n c\n\n# d\n")(7:1 "f"="f"):(7:4 "g"="g")}<a..g>`},
		{"folded with indentation", "x.yaml", "a:\n  - >2- # c\n      b\n    c\n\n\n  - d", `{(1:1 "a"="a"):[(2:5 ">2- # c\n      b\n    c"="  b\nc")(7:5 "d"="d")]<-..d>}<a..d>`},
		{"empty literal", "x.yaml", "a: |\nb: c", `{(1:1 "a"="a"):(1:4 "|"="")(2:1 "b"="b"):(2:4 "c"="c")}<a..c>`},
		{"literal alone", "x.yaml", "--- |-\n a\n b\n", `(1:5 "|-\n a\n b"="a\nb")`},
		{"document marks", "x.yaml", "%YAML 1.1\n---\na: b\n...\n# end\n", `{(3:1 "a"="a"):(3:4 "b"="b")}<a..b>`},
		{"CRLF", "x.yaml", "a:\r\n  - b\r\n  - 'c'\r\n", `{(1:1 "a"="a"):[(2:5 "b"="b")(3:5 "'c'"="c")]<-..'>}<a..'>`},
		{"JSON as YAML", "x.yaml", "{\n \"a\": [\"b/\\u00e9\", 1]}", `{(2:2 "\"a\""="a"):[(2:8 "\"b/\\u00e9\""="b/é")(2:20 a number 1=1)]<[..]>}<{..}>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, err := Parse(tt.file, []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := dump(tt.text, n); got != tt.want {
				t.Errorf("Parse(%q) =\n%s\nwant\n%s", tt.text, got, tt.want)
			}
		})
	}
}

func TestParseJSON(t *testing.T) {
	t.Parallel()
	if _, err := ParseJSON("x.yaml", []byte("a: b"), 4); err == nil || !strings.Contains(err.Error(), "double quotes") {
		t.Errorf("YAML is read as JSON: %v", err)
	}
	if n, err := ParseJSON("x.yaml", []byte(`"b"`), 3); err != nil || n.Text != "b" {
		t.Errorf("ParseJSON = %v, %v", n, err)
	}
	many := "[\n" + strings.Repeat("1,", manyValues) + "1]" // with the list one too many
	if _, err := ParseJSON("x.json", []byte(many), len(many)); err == nil || err.Error() != "x.json:2:524287: the file has more values than are read" {
		t.Errorf("many values: %v", err)
	}
	if _, err := ParseJSON("x.json", []byte(`"bc"`), 3); err == nil || err.Error() != "x.json:1:1: the file has 4 bytes, at most 3 are read" {
		t.Errorf("too large: %v", err)
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, text, want string }{
		{"empty", "x.json", " \n", "x.json:1:1: the file is empty"},
		{"empty YAML", "x.yaml", "", "x.yaml:1:1: the file is empty"},
		{"comments only", "x.yaml", "# a\n", "x.yaml:1:1: the file is empty"},
		{"a document of nothing", "x.yaml", "---\n", "x.yaml:1:1: the file is empty"},
		{"too large", "x.yaml", strings.Repeat("#", maxText+1), "x.yaml:1:1: the file has 1048577 bytes, at most 1048576 are read"},
		{"byte order mark", "x.yaml", "\ufeffa: b", "x.yaml:1:1: the file begins with a byte order mark: save it as UTF-8 without BOM"},
		{"UTF-16", "x.yaml", "\xfe\xff\x00a", "x.yaml:1:1: the file is in UTF-16: save it as UTF-8 without BOM"},
		{"conflict", "x.yaml", "a: b\n<<<<<<< HEAD\nc: d\n", "x.yaml:2:1: a conflict of a merge is not resolved here: <<<<<<< HEAD"},
		{"half a conflict", "x.json", "{\r\n=======\r\n}", "x.json:2:1: a conflict of a merge is not resolved here: ======="},
		{"Latin-1", "x.yaml", "a: b\nc: \xe9", "x.yaml:2:4: the file is not in UTF-8 here"},

		{"duplicate key", "x.json", "{\"a\":1,\n\"\\u0061\":2}", `x.json:2:1: duplicate key (the first is on line 1): "\u0061"`},
		{"duplicate key deep down", "x.json", `{"a":[{"b":1,"b":2}]}`, `x.json:1:14: duplicate key (the first is on line 1): "b"`},
		{"text after a value", "x.json", `[] []`, `x.json:1:4: nothing may follow the value: []`},
		{"nesting", "x.json", strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1), "x.json:1:33: lists and objects are nested too deep here"},
		{"NUL", "x.json", "{\"a\x00\":1}", `x.json:1:4: a control character in a string must be written \u0000: "a\u0000"`},
		{"a lone comma", "x.json", `,`, `x.json:1:1: not JSON: invalid character ',' looking for beginning of value: ,`},

		{"duplicate key in YAML", "x.yaml", "a: 1\nb: 2\n'a': 3", "x.yaml:3:1: duplicate key (the first is on line 1): 'a'"},
		{"two documents", "x.yaml", "a: b\n---\nc: d\n", "x.yaml:2:1: only one document may be in the file: ---"},
		{"anchor", "x.yaml", "a: &b c", "x.yaml:1:4: YAML anchors are not read: remove it, or put the value in quotes if it begins with &: &b c"},
		{"anchor of a list", "x.yaml", "a: &b\n  - c", "x.yaml:1:4: YAML anchors are not read: remove it, or put the value in quotes if it begins with &: &b"},
		{"alias", "x.yaml", "a: b\nc: *d", "x.yaml:2:4: YAML aliases are not read: write the value out, or in quotes if it begins with *: *d"},
		{"tag", "x.yaml", "a: !!str b", "x.yaml:1:4: YAML tags are not read: remove it, or put the value in quotes if it begins with !: !!str b"},
		{"a tag of nothing", "x.yaml", "a: ! b", "x.yaml:1:4: YAML tags are not read: remove it, or put the value in quotes if it begins with !: ! b"},
		{"merge key", "x.yaml", "a:\n  <<: {b: c}", "x.yaml:2:3: merge keys are not read: write the keys out: <<"},
		{"list as key", "x.yaml", "? [a]\n: b", "x.yaml:1:3: a key must be a string, not a list"},
		{"number as key", "x.yaml", "1: b", "x.yaml:1:1: a key must be a string, not a number: put it in quotes: 1"},
		{"no key", "x.yaml", "{~: b}", "x.yaml:1:2: a key must be a string, not null: put it in quotes: ~"},
		{"nesting in YAML", "x.yaml", strings.Repeat("- ", maxDepth+1) + "a", "x.yaml:1:65: lists and objects are nested too deep here"},
		{"nesting without end", "x.yaml", strings.Repeat("[", 20_000), "x.yaml:1:1: lists and objects are nested too deep here: " + strings.Repeat("[", 200) + "…"},
		{"NUL in YAML", "x.yaml", "a: b\x00", `x.yaml:1:5: this character must be written \u0000, in double quotes`},
		{"lone carriage return", "x.yaml", "a: b\rc: d", `x.yaml:1:5: this character must be written \u000d, in double quotes`},

		{"tab", "x.yaml", "a:\n\t- b", "x.yaml:2:2: YAML is indented by spaces, not by tabs: - b"},
		{"backslash", "x.yaml", "a:\n  - \"^ghcr\\.io\"", `x.yaml:2:11: in double quotes a backslash is written twice: write \\. instead of \., or use single quotes: \.io"`},
		{"two colons", "x.yaml", "a: b: c", `x.yaml:1:1: not YAML: a value with ": " in it takes quotes, and each key its own line: a: b: c`},
		{"at", "x.yaml", "x: y\na: @b", "x.yaml:2:1: not YAML: a value that begins with @, % or ` takes quotes: a: @b"},
		{"text after a list", "x.yaml", "a: [b]c\n", "x.yaml:1:1: not YAML: did not find expected key: a: [b]c"},
		{"no closing quote", "x.yaml", "a: 'b\n", "x.yaml:2:1: a closing quote is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(tt.file, []byte(tt.text))
			var bad *policy.LoadError
			if !errors.As(err, &bad) {
				t.Fatalf("Parse = %v, want a *policy.LoadError", err)
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("Parse = %s\nwant    %s", got, tt.want)
			}
		})
	}
}

func TestMember(t *testing.T) {
	t.Parallel()
	n, err := Parse("x.yaml", []byte("a: b\nc: {d: 'e: f'}"))
	if err != nil {
		t.Fatal(err)
	}
	if n.Member("x") != nil || n.Member("a").Text != "b" || n.Member("c").Member("d").Text != "e: f" {
		t.Error("Member finds something else")
	}
	if got, want := n.Member("c").Member("d").Fail("%s of it", "bad").Error(), "x.yaml:2:8: bad of it: 'e: f'"; got != want {
		t.Errorf("Fail = %s, want %s", got, want)
	}
	if got, want := n.Member("c").Fail("bad").Error(), "x.yaml:2:4: bad"; got != want {
		t.Errorf("Fail = %s, want %s", got, want)
	}
}

func TestEncode(t *testing.T) {
	t.Parallel()
	tests := []struct{ written, value, want string }{
		{`"a"`, "^a\\.b\"<é\n", `"^a\\.b\"<é\n"`},
		{`"a"`, "a\u202eb\x7f", `"a\u202eb\u007f"`},
		{`"a"`, "a\U000e0001", ""},
		{`'a'`, `^a\.b'"`, `'^a\.b''"'`},
		{`a`, `^a: #`, `'^a: #'`},
		{`a`, "a\tb", ""},
		{"|\n a", "a", ""},
	}
	for _, tt := range tests {
		got, ok := Encode(tt.written, tt.value)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("Encode(%q, %q) = %q, %t, want %q", tt.written, tt.value, got, ok, tt.want)
		}
		if !ok {
			continue
		}
		if n, err := Parse("x.yaml", []byte("a: "+got)); err != nil || n.Member("a").Text != tt.value {
			t.Errorf("%s is read as %v, %v, want %q", got, n, err, tt.value)
		}
	}
}
