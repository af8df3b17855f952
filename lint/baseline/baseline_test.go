package baseline

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy"
)

var (
	unpinned = &lint.Rule{ID: "unpinned-image"}
	rego     = &lint.Rule{ID: "rego-no-local", Flaws: true}
)

func same(file string) string { return file }

func image(word string) lint.Diagnostic {
	return lint.Diagnostic{Rule: unpinned, File: "Dockerfile", Message: "image has no digest", Input: &lint.Input{Word: word}}
}

func TestText(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxText+1)
	tests := []struct {
		name string
		d    lint.Diagnostic
		want string
	}{
		{"a reference as written", image("node:${V}-slim"), "node:${V}-slim"},
		{"over two lines", image("alpine:\\\n   3.20"), `alpine:\ 3.20`},
		{"the text in question", lint.Diagnostic{Message: "line 7 is bad", Marked: "\tinput.image.foo "}, "input.image.foo"},
		{"an input without a word", lint.Diagnostic{Message: "context x", Input: &lint.Input{}}, "context x"},
		{"a file as a whole", lint.Diagnostic{Message: "no decision"}, "no decision"},
		{"not UTF-8", image("a\xffb"), "a\ufffdb"},
		{"very long", image(long), long[:maxText] + "… (sha256 84a0678c90937f5d)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Text(&tt.d); got != tt.want {
				t.Errorf("Text = %q, want %q", got, tt.want)
			}
		})
	}
}

// What is written can be read, and is the same when it is written again.
func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	hidden := image("secret")
	hidden.NotBaselined = "it is locked"
	stdin := image("alpine")
	stdin.File = "<stdin>"
	path := func(file string) string { return strings.TrimPrefix(file, "<stdin>") }
	b := Of([]lint.Diagnostic{
		image("node"), image("alpine"), image("node"), hidden, stdin, image("\"q\\u\"\x1b[31m\u202e\U000e0001é<&>"),
		{Rule: rego, File: "../up/Dockerfile.rego", Marked: "input.local"},
	}, path)
	var text, again strings.Builder
	if err := b.Write(&text); err != nil {
		t.Fatal(err)
	}
	want := `{
  "version": 1,
  "diagnostics": [
    {"rule": "rego-no-local", "path": "../up/Dockerfile.rego", "text": "input.local", "count": 1},
    {"rule": "unpinned-image", "path": "Dockerfile", "text": "\"q\\u\"\u001b[31m\u202e\udb40\udc01é<&>", "count": 1},
    {"rule": "unpinned-image", "path": "Dockerfile", "text": "alpine", "count": 1},
    {"rule": "unpinned-image", "path": "Dockerfile", "text": "node", "count": 2}
  ]
}
`
	if text.String() != want {
		t.Errorf("Write gives\n%s\nwant\n%s", &text, want)
	}
	read, err := Read("b.json", []byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(read.Entries, b.Entries) {
		t.Errorf("Read = %v, want %v", read.Entries, b.Entries)
	}
	if err := read.Write(&again); err != nil || again.String() != want {
		t.Errorf("writing it again gives\n%s\n%v", &again, err)
	}
	var empty strings.Builder
	if err := new(Baseline).Write(&empty); err != nil {
		t.Fatal(err)
	}
	if read, err := Read("b.json", []byte(empty.String())); err != nil || len(read.Entries) > 0 {
		t.Errorf("an empty baseline reads as %v, %v", read, err)
	}
}

func TestReadErrors(t *testing.T) {
	t.Parallel()
	entry := `{"rule": "a", "path": "b", "text": "c", "count": 1}`
	list := func(entries string) string { return `{"version": 1, "diagnostics": [` + entries + `]}` }
	tests := []struct{ name, text, want string }{
		{"empty", " \n", "1:1: the file is empty"},
		{"not JSON", "version: 1", "1:1: a value takes double quotes, but for true, false and null in lower case: version: 1"},
		{"a list", "[]", "1:1: an object with version, diagnostics belongs here, not a list"},
		{"unknown key", "{\n  \"versoin\": 1}", `2:3: unknown key (did you mean version?): "versoin"`},
		{"far key", `{"x": 1}`, `1:2: unknown key (valid: version, diagnostics): "x"`},
		{"long key", `{"` + strings.Repeat("y", 1000) + `": 1}`, `1:2: unknown key (valid: version, diagnostics): "` + strings.Repeat("y", 199) + "…"},
		{"key twice", `{"version": 1, "version": 1}`, `1:16: duplicate key (the first is on line 1): "version"`},
		{"missing key", `{"version": 1}`, `1:1: the key "diagnostics" is missing`},
		{"newer version", `{"version": 2, "diagnostics": []}`, "1:13: this is version 2 of the format"},
		{"newer keys", `{"entries": {}, "version": 2}`, "1:28: this is version 2 of the format"},
		{"version as text", `{"version": "1", "diagnostics": []}`, `1:13: a whole number from 1 belongs here: "1"`},
		{"no list", `{"version": 1, "diagnostics": {}}`, "1:31: a list belongs here, not an object"},
		{"entry is no object", list(`"a"`), `1:32: an object with rule, path, text, count belongs here, not a string: "a"`},
		{"entry without a count", list(`{"rule": "a", "path": "b", "text": "c"}`), `1:32: the key "count" is missing`},
		{"count of none", list(strings.Replace(entry, "1", "0", 1)), "1:81: a whole number from 1 belongs here: 0"},
		{"half a count", list(strings.Replace(entry, "1", "1.5", 1)), "1:81: a whole number from 1 belongs here: 1.5"},
		{"empty rule", list(strings.Replace(entry, `"a"`, `""`, 1)), `1:41: "rule" must be a string that is not empty`},
		{"rule is a list", list(strings.Replace(entry, `"a"`, "[]", 1)), `1:41: "rule" must be a string`},
		{"entry twice", list("\n" + entry + ",\n" + entry), "3:1: this entry is on line 2 already"},
		{"trailing text", list(entry) + "\n x", "2:2: nothing may follow the closing }: x"},
		{"trailing comma", list(entry + ","), "1:83: remove the comma before ]"},
		{"cut off", list(entry)[:40], "1:40: the file ends too early: a closing ] or } is missing"},
		{"conflict", list("\n<<<<<<< HEAD\n" + entry), "2:1: a conflict of a merge is not resolved here: <<<<<<< HEAD"},
		{"conflict below an entry", list("\n" + entry + "\n=======\n" + entry), "3:1: a conflict of a merge is not resolved here"},
		{"not UTF-8", "{\"\ufffd\": \"\xff\"}", "1:8: the file is not in UTF-8 here"},
		{"too large", strings.Repeat(" ", maxSize+1), "1:1: the file has 8388609 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Read("b.json", []byte(tt.text))
			var bad *policy.LoadError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "b.json:") {
				t.Errorf("Read: %v, want b.json:…%s", err, tt.want)
			}
		})
	}
}

// An entry hides as many diagnostics as it counts, the first ones, wherever
// they are, and what it does not hide is left.
func TestMatcher(t *testing.T) {
	t.Parallel()
	b := Of([]lint.Diagnostic{image("node"), image("node"), image("gone")}, same)
	m := b.Matcher(same)
	moved := image("node")
	moved.Range.Start = dockerfile.Position{Line: 70, Column: 1}
	other := image("node")
	other.File = "other/Dockerfile"
	locked := image("gone")
	locked.NotBaselined = "it is locked"
	var got []bool
	for _, d := range []lint.Diagnostic{moved, other, image("alpine"), image("node"), image("node"), locked} {
		got = append(got, m.Match(&d))
	}
	if want := []bool{true, false, false, true, false, false}; !slices.Equal(got, want) {
		t.Errorf("Match = %v, want %v", got, want)
	}
	left := m.Left()
	if want := "[unpinned-image in Dockerfile: gone]"; fmt.Sprint(left) != want {
		t.Errorf("Left = %v, want %s", left, want)
	}
	if want := "[unpinned-image in Dockerfile: node (2)]"; fmt.Sprint(b.Without(left).Entries) != want {
		t.Errorf("Without = %v, want %s", b.Without(left).Entries, want)
	}
	half := []Entry{{"unpinned-image", "Dockerfile", "node", 1}, {"unpinned-image", "Dockerfile", "gone", 1}}
	if got := b.Without(half).Entries; Counted(got) != 1 {
		t.Errorf("Without = %v, want one node", got)
	}
}
