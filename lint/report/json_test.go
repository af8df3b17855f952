package report

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

// FuzzJSON reads the output back.
func FuzzJSON(f *testing.F) {
	addPairs(f)
	f.Fuzz(func(t *testing.T, a, b string) {
		r := hostileResult(a, b)
		out := write(t, jsonFormat(), r, Options{})
		checkHarmless(t, out)
		if commands := runnerCommands(out); len(commands) > 0 {
			t.Errorf("a runner sees %v in:\n%s", commands, out)
		}
		var got jsonReport
		decoder := json.NewDecoder(strings.NewReader(out))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&got); err != nil {
			t.Fatalf("%v in:\n%s", err, out)
		}
		want := toJSON(&hostileResult(string([]rune(a)), string([]rune(b))).Diagnostics[1])
		// Joined and cleaned in turn, halves of a character can differ.
		want.Related[0].File = got.Diagnostics[1].Related[0].File
		want.Fixes = got.Diagnostics[1].Fixes
		for _, fix := range want.Fixes {
			if text := fix.Edits[0].New; text != a+"\n" && text != b {
				t.Errorf("a fix writes %q, want %q or %q", text, a+"\n", b)
			}
		}
		if !reflect.DeepEqual(got.Diagnostics[1], want) {
			t.Errorf("read back as\n%+v\nwant\n%+v", got.Diagnostics[1], want)
		}
	})
}

// TestJSONKeys proves that each key is there when there is nothing to tell.
func TestJSONKeys(t *testing.T) {
	t.Parallel()
	r := lint.Result{Diagnostics: []lint.Diagnostic{{Related: []lint.Related{{}}}}}
	const position = `{"line":1,"column":1,"offset":0}`
	tests := []struct {
		name  string
		fill  func(*lint.Diagnostic)
		parts []string
	}{
		{"nothing", func(*lint.Diagnostic) {}, []string{`"range":null,"input":null,"policy":null,"help":"","related":[{"message":"","file":"","range":null}],"notes":[],"fixes":[]`}},
		{"range", func(d *lint.Diagnostic) {
			p := dockerfile.Position{Line: 1, Column: 1}
			d.Range = dockerfile.Range{Start: p, End: p}
		}, []string{fmt.Sprintf(`"range":{"start":%s,"end":%s}`, position, position)}},
		{"input", func(d *lint.Diagnostic) { d.Input = &lint.Input{} }, []string{`"input":{"kind":"","identifier":"","word":"","instruction":"","stage":"","platform":"","reached":false}`}},
		{"policy", func(d *lint.Diagnostic) { d.Policy = &lint.PolicyEntry{Text: "x"} }, []string{`"policy":{"file":"","line":0}`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			one := lint.Result{Diagnostics: slices.Clone(r.Diagnostics)}
			tt.fill(&one.Diagnostics[0])
			compact := strings.NewReplacer("\n", "", " ", "").Replace(write(t, jsonFormat(), &one, Options{}))
			for _, p := range tt.parts {
				if !strings.Contains(compact, p) {
					t.Errorf("%s lacks %s", compact, p)
				}
			}
		})
	}
}
