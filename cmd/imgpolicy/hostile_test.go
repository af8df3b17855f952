package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/imgpolicy/imgpolicy/lint/report"
	"github.com/imgpolicy/imgpolicy/policy/policytest"
)

// hostileName and hostileText are what a stranger may call a file, and write in it
// or in a policy: controls of terminals and of bidirectional text, commands of CI
// runners, markup.
const (
	hostileName = "a\x1b[31m\u202E<b>%0A\u009b1m`$(x)`"
	hostileText = "\x1b]8;;http://e\x07\u202E\u2066\u0085\u2028##[error]x <script>'\"&,;|=@+-`![](x)"
)

// checkHarmless fails on what a terminal would obey; what runners obey is the
// business of github_runner.txtar.
func checkHarmless(t *testing.T, what, out string) {
	t.Helper()
	if i := strings.IndexFunc(out, func(r rune) bool {
		return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp))
	}); i >= 0 {
		t.Errorf("%s lets %q through", what, out[i:min(len(out), i+8)])
	}
}

// TestHostileText has hostile names, references and messages printed by every
// command in every format that the program has.
func TestHostileText(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Skip("the file system does not take such names:", err)
		}
	}
	dockerfile := "FROM node:20 AS " + hostileText + "\nARG X=" + hostileText + "\nFROM $X\nADD https://h.example/" + hostileText + " /\nFROM alpine\n# imgpolicy ignore=" + hostileText + "\nADD http://h.example/x /\n"
	write(hostileName+"/Dockerfile", dockerfile)
	write("Dockerfile.rego", "package docker\n\ndefault allow := false\n\ndeny_msg contains sprintf(\""+`\u001b[31m\u202e\u0085##[error]x %v`+"\", [input.env.filename])\n\ndecision := {\"allow\": false, \"deny_msg\": deny_msg}\n")
	write("Dockerfile", "FROM alpine\n")
	write(hostileName+"_test.rego", "package docker\n\ntest_no if {\n\tprint(\""+`\u001b[31m\u202e\u0085##[error]`+"\")\n\tfalse\n}\n")
	for _, format := range report.Names() {
		for _, paths := range [][]string{{"Dockerfile"}, {hostileName + "/Dockerfile"}} {
			_, out, errs := runIn(t.Context(), dir, nil, strings.NewReader(""), append([]string{"lint", "--format", format}, paths...)...)
			checkHarmless(t, "lint --format "+format, out+errs)
		}
	}
	for _, format := range inventoryFormats() {
		_, out, errs := runIn(t.Context(), dir, nil, strings.NewReader(""), "inputs", "--format", format, hostileName+"/Dockerfile")
		checkHarmless(t, "inputs --format "+format, out+errs)
	}
	for _, format := range estateFormats() {
		_, out, errs := runIn(t.Context(), dir, nil, strings.NewReader(""), "report", "--format", format, ".")
		checkHarmless(t, "report --format "+format, out+errs)
	}
	for _, format := range evalFormats {
		_, out, errs := runIn(t.Context(), dir, nil, strings.NewReader(""), "eval", "--format", format, "--explain", "alpine")
		checkHarmless(t, "eval --format "+format, out+errs)
	}
	for _, format := range policytest.Formats() {
		_, out, errs := runIn(t.Context(), dir, nil, strings.NewReader(""), "test", "--format", format.Name, ".")
		checkHarmless(t, "test --format "+format.Name, out+errs)
	}
	for _, args := range [][]string{{"lint", hostileName}, {"explain", hostileText}, {"config", hostileName}, {"merge", hostileName}, {"eval", hostileText}, {"lint", "--policy", hostileName}, {"lint", "--" + hostileText}} {
		_, out, errs := runIn(t.Context(), dir, nil, strings.NewReader(""), args...)
		checkHarmless(t, strings.Join(args[:1], " ")+" of a hostile argument", out+errs)
	}
}
