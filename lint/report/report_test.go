package report

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestFormats(t *testing.T) {
	t.Parallel()
	for _, c := range testCases() {
		c.opt.Token, c.opt.Version = "token", "v1.2.3"
		for _, f := range Formats() {
			t.Run(c.name+"/"+f.Name, func(t *testing.T) {
				t.Parallel()
				golden(t, c.name+"."+f.Name, write(t, f, &c.result, c.opt))
			})
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	if got, want := strings.Join(Names(), " "), "text json github sarif gitlab checkstyle junit rdjson compact markdown buildx"; got != want {
		t.Errorf("Names() = %s, want %s", got, want)
	}
	for _, f := range Formats() {
		if f.Summary == "" || strings.HasSuffix(f.Summary, ".") || strings.ToLower(f.Summary[:1]) != f.Summary[:1] {
			t.Errorf("%s: Summary = %q, want a phrase in lower case", f.Name, f.Summary)
		}
	}
}

// TestGoldensHaveCases finds golden files that a renamed case has left behind.
func TestGoldensHaveCases(t *testing.T) {
	t.Parallel()
	want := map[string]bool{"fuzz": true, "schema": true, "color.text": true}
	for name := range terminals() {
		want[name+".text"] = true
	}
	for _, c := range testCases() {
		for _, f := range Formats() {
			want[c.name+"."+f.Name] = true
		}
	}
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !want[e.Name()] {
			t.Errorf("testdata/%s belongs to no case", e.Name())
		}
	}
}

func TestWriteErrorsAreReturned(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left on device")
	for _, c := range testCases() {
		for _, f := range Formats() {
			var whole bytes.Buffer
			if err := f.Write(&whole, &c.result, c.opt); err != nil {
				t.Fatal(err)
			}
			for _, room := range []int{0, whole.Len() / 2, whole.Len() - 1} {
				if whole.Len() == 0 {
					break
				}
				if err := f.Write(&limited{room, full}, &c.result, c.opt); !errors.Is(err, full) {
					t.Errorf("%s as %s, with room for %d bytes: error %v, want %v", c.name, f.Name, room, err, full)
				}
			}
		}
	}
}

// limited is a writer that has room for so many bytes.
type limited struct {
	room int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(l.room, len(p))
	l.room -= n
	if n < len(p) {
		return n, l.err
	}
	return n, nil
}

// TestColor also proves that colour adds nothing but escape sequences, and that
// none is there without it, whatever the environment of the process.
func TestColor(t *testing.T) {
	t.Parallel()
	all := result(2, 9, 0, append(many(), relatedFrame())...)
	colored := write(t, textFormat(), &all, Options{Color: true})
	golden(t, "color.text", strings.ReplaceAll(colored, "\x1b", "<ESC>"))
	plain := write(t, textFormat(), &all, Options{})
	if strings.Contains(plain, "\x1b") {
		t.Error("escape sequences without Color")
	}
	if stripped := stripColor(colored); stripped != plain {
		t.Errorf("without its escape sequences, the coloured text is\n%s\nwant\n%s", stripped, plain)
	}
}

func stripColor(s string) string {
	parts := strings.Split(s, "\x1b[")
	for i, p := range parts[1:] {
		_, parts[i+1], _ = strings.Cut(p, "m")
	}
	return strings.Join(parts, "")
}

func TestTokenIsRandom(t *testing.T) {
	t.Parallel()
	r := result(1, 1, 0)
	first, second := write(t, githubFormat(), &r, Options{}), write(t, githubFormat(), &r, Options{})
	if first == second {
		t.Errorf("two runs have the same token:\n%s", first)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	one := []lint.Diagnostic{{File: "a"}}
	two := []lint.Diagnostic{{File: "a"}, {File: "b"}, {File: "a"}}
	hidden := []lint.Diagnostic{
		{Ignored: &lint.Ignore{By: lint.ByDirective, Reason: "why"}},
		{Ignored: &lint.Ignore{By: lint.ByBaseline, Reason: "known: listed in b.json"}},
		{Ignored: &lint.Ignore{By: lint.ByRevision, Reason: "unchanged since \x1bv1"}},
		{Ignored: &lint.Ignore{By: lint.ByRevision, Reason: "unchanged since \x1bv1"}},
	}
	tests := []struct {
		name   string
		result lint.Result
		want   string
	}{
		{"ignored only", lint.Result{Ignored: hidden[:1], Summary: lint.Summary{Files: 1, Ignored: 1}}, "No problems found in 1 file (0 inputs, 1 ignored)"},
		{"known ones", lint.Result{Ignored: hidden, Summary: lint.Summary{Files: 1, Ignored: 4}}, `No new problems found in 1 file (0 inputs, 1 ignored, 1 known, 2 unchanged since ␛v1)`},
		{"nothing", lint.Result{}, "No problems found in 0 files (0 inputs)"},
		{"one of each", lint.Result{Summary: lint.Summary{Files: 1, Inputs: 1}}, "No problems found in 1 file (1 input)"},
		{"ignored", lint.Result{Summary: lint.Summary{Files: 1, Inputs: 2, Ignored: 1}}, "No problems found in 1 file (2 inputs, 1 ignored)"},
		{"unchecked", lint.Result{Summary: lint.Summary{Files: 2, Inputs: 2, Unchecked: 2}}, "No problems found in 2 files (2 inputs), 2 inputs not checked"},
		{"one error", lint.Result{Diagnostics: one, Summary: lint.Summary{Files: 1, Inputs: 1, Errors: 1}}, "Found 1 error in 1 file (1 input)"},
		{"one file of two", lint.Result{Diagnostics: one, Summary: lint.Summary{Files: 2, Inputs: 4, Warnings: 1}}, "Found 1 warning in 1 of 2 files (4 inputs)"},
		{"all files", lint.Result{Diagnostics: two, Summary: lint.Summary{Files: 2, Inputs: 3, Errors: 1, Warnings: 1, Infos: 1, Unchecked: 1, Ignored: 4}}, "Found 1 error, 1 warning and 1 info in 2 files (3 inputs, 1 not checked, 4 ignored)"},
		{"two kinds", lint.Result{Diagnostics: two, Summary: lint.Summary{Files: 3, Inputs: 7, Errors: 2, Warnings: 1, Unchecked: 1}}, "Found 2 errors and 1 warning in 2 of 3 files (7 inputs, 1 not checked)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := summary(&tt.result); got != tt.want {
				t.Errorf("summary() = %q, want %q", got, tt.want)
			}
		})
	}
}

func write(t *testing.T, f Format, r *lint.Result, opt Options) string {
	t.Helper()
	var out strings.Builder
	if err := f.Write(&out, r, opt); err != nil {
		t.Fatalf("writing %s: %v", f.Name, err)
	}
	return out.String()
}

// golden compares with a file of testdata, or writes it under -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n%s\nwant:\n%s", file, got, want)
	}
}
