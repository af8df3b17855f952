package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestManual has groff and man read the page, and one with everything in it
// that roff would obey.
func TestManual(t *testing.T) {
	t.Parallel()
	real, strange := manual((&app{}).program(), "v1.2.3"), nested()
	strange.Usage = ".so /etc/passwd"
	lint := strange.Commands[0]
	lint.ArgsUsage = `"A" \fBB`
	lint.Description = ".TH x\n'br\n  .SH indented\n\nback\\slash `a-b` 'c' ^~ \"d\" … é"
	pages := map[string]string{"real": real, "strange": manual(strange, `"1"`)}
	want := []string{".so /etc/passwd", `lint "A" \fBB`, ".TH x 'br", "  .SH indented", "back\\slash `a-b` 'c' ^~ \"d\" … é", "baseline write [FLAGS] [PATH...]", "it's $HOME", `and \more`}
	for _, tool := range [][]string{{"groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-P-cbou", "-"}, {"man", "--warnings", "-E", "UTF-8", "-l", "-"}} {
		t.Run(tool[0], func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(tool[0])
			if err != nil {
				t.Skipf("%s is not installed (Debian: groff, man-db)", tool[0])
			}
			for name, page := range pages {
				cmd := exec.CommandContext(t.Context(), path, tool[1:]...)
				cmd.Stdin = strings.NewReader(page)
				cmd.Env = []string{"LANG=C.UTF-8", "MANWIDTH=100", "PATH=/usr/bin:/bin"}
				var stderr strings.Builder
				cmd.Stderr = &stderr
				out, err := cmd.Output()
				if err != nil || stderr.Len() > 0 {
					t.Errorf("the %s page: %v\n%s", name, err, &stderr)
				}
				for _, w := range want {
					if name == "strange" && !strings.Contains(string(out), w) {
						t.Errorf("the page has no %q:\n%s", w, out)
					}
				}
			}
		})
	}
	for _, c := range (&app{}).commands() {
		if !strings.Contains(real, `.SS "`+c.Name) {
			t.Errorf("the page has no %s", c.Name)
		}
	}
}

func TestRoffText(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":              "",
		"a b":           "a b",
		".imgpolicy":    `\&.imgpolicy`,
		"'quoted'":      `\&\(aqquoted\(aq`,
		`a\b`:           `a\eb`,
		"--a-b=`c`":     `\-\-a\-b=\(gac\(ga`,
		`say "x" ^~`:    `say \(dqx\(dq \(ha\(ti`,
		"…":             `\[u2026]`,
		"\U0001F600 é.": `\[u1F600] \[u00E9].`,
	} {
		if got := roffText(s); got != want {
			t.Errorf("roffText(%q) = %s, want %s", s, got, want)
		}
	}
}

// TestManualNamesEnvironment compares the page with the variables that the
// source asks for by name.
func TestManualNamesEnvironment(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var read []string
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				read = append(read, variableRead(call)...)
			}
			return true
		})
	}
	var named []string
	for _, e := range manEnvironment {
		if named = append(named, e.name); !slices.Contains(read, e.name) && e.name != "LANG" && !strings.HasPrefix(e.name, "LC_") { // read in a loop
			t.Errorf("nothing reads %s", e.name)
		}
	}
	for _, name := range read {
		if !slices.Contains(named, name) {
			t.Errorf("%s is read and not in manEnvironment", name)
		}
	}
}

func variableRead(call *ast.CallExpr) []string {
	name := ""
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		name = fun.Name
	case *ast.SelectorExpr:
		name = fun.Sel.Name
	}
	if !slices.Contains([]string{"getenv", "lookupEnv", "forced"}, name) || len(call.Args) != 1 {
		return nil
	}
	if literal, ok := call.Args[0].(*ast.BasicLit); ok {
		if s, err := strconv.Unquote(literal.Value); err == nil {
			return []string{s}
		}
	}
	return nil
}
