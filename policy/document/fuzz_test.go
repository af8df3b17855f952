package document

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/policy"
)

func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("../../testdata/cases/regex-cases.json")
	if err != nil {
		f.Fatal(err)
	}
	var cases struct{ Configs map[string]string }
	if err := json.Unmarshal(text, &cases); err != nil {
		f.Fatal(err)
	}
	for _, text := range cases.Configs {
		f.Add([]byte(text))
	}
	for _, text := range []string{
		"a:\n  - 'x''y' # c\n  - z\nb: true\n", "a: |\n  b\n   c\n\n# e\nf: >-2\n     g", "{a, b: , 'c': [d: e, ? f]}",
		"a: b  c\n  d\r\n\n   e\nf: \"g\\\n h\"", "- - - a\n  -\n? b\n", "[1, 0x1f, ~, \"\\.\"]", "%YAML 1.1\n---\n!!str &a *b\n...\n---\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		asJSON := check(t, "x.json", text)
		asYAML := check(t, "x.yaml", text)
		if asJSON == nil {
			return
		}
		dec := json.NewDecoder(strings.NewReader(string(text)))
		dec.UseNumber()
		var want any
		if err := dec.Decode(&want); err != nil || !reflect.DeepEqual(plain(asJSON), want) {
			t.Fatalf("Parse(%q) = %v, want %v, %v", text, plain(asJSON), want, err)
		}
		// YAML knows more numbers, and JSON's escapes of half a character.
		if asYAML != nil && !strings.ContainsAny(string(text), `0123456789\`) && !reflect.DeepEqual(plain(asYAML), want) {
			t.Fatalf("as YAML Parse(%q) = %v, want %v", text, plain(asYAML), want)
		}
	})
}

// check parses a text, and looks at the places in it.
func check(t *testing.T, name string, text []byte) *Node {
	t.Helper()
	n, err := Parse(name, text)
	if err == nil {
		checkSpans(t, string(text), n, 0, len(text))
		return n
	}
	var bad *policy.LoadError
	if !errors.As(err, &bad) || n != nil {
		t.Fatalf("Parse(%q) = %v, %v, want a *policy.LoadError", text, n, err)
	}
	lines := strings.Split(string(text), "\n")
	if bad.Line < 1 || bad.Line > len(lines) || bad.Column < 1 || bad.Column > utf8.RuneCountInString(lines[bad.Line-1])+1 {
		t.Fatalf("Parse(%q): %d:%d is not in the text", text, bad.Line, bad.Column)
	}
	if bad.Message == notUnderstood {
		t.Fatalf("Parse(%q) loses its way: %v", text, err)
	}
	return nil
}

// checkSpans looks at a value between two offsets, and returns where it ends.
func checkSpans(t *testing.T, text string, n *Node, from, to int) int {
	t.Helper()
	if n.Start < from || n.End < n.Start || n.End > to || n.Start == n.End && n.Kind != Null {
		t.Fatalf("%q: %s has the span %d to %d, not between %d and %d", text, n.Kind, n.Start, n.End, from, to)
	}
	if line := 1 + strings.Count(text[:n.Start], "\n"); n.Line != line {
		t.Fatalf("%q: the value at %d is on line %d, want %d", text, n.Start, n.Line, line)
	}
	from = n.Start
	for _, item := range n.Items {
		from = checkSpans(t, text, item, from, n.End)
	}
	for _, m := range n.Members {
		from = checkSpans(t, text, m.Key, from, n.End)
		from = checkSpans(t, text, m.Value, from, n.End)
	}
	return n.End
}

// plain is a tree as encoding/json has it.
func plain(n *Node) any {
	switch n.Kind {
	case Bool:
		return n.Bool
	case Number:
		return json.Number(n.Text)
	case String:
		return n.Text
	case List:
		items := []any{}
		for _, item := range n.Items {
			items = append(items, plain(item))
		}
		return items
	case Object:
		members := map[string]any{}
		for _, m := range n.Members {
			members[m.Key.Text] = plain(m.Value)
		}
		return members
	default:
		return nil
	}
}
