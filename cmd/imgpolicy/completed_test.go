package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// TestChoices asks the program itself what a flag takes: a value it does not
// know makes it list those that it does. Whatever it lists must be offered, and
// nothing else.
func TestChoices(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ask := func(c completed, args ...string) []string {
		args = slices.Concat(c.path, args)
		_, _, stderr := runIn(t.Context(), dir, nil, strings.NewReader(""), args...)
		_, list, _ := strings.Cut(stderr, "(valid: ")
		list, _, listed := strings.Cut(list, ")")
		if !listed || strings.HasPrefix(list, "--") {
			return nil
		}
		return strings.Split(list, ", ")
	}
	asked := 0
	for _, c := range complete((&app{}).program()).all()[1:] {
		for _, f := range c.flags {
			if f.value.name == "" {
				continue
			}
			bogus := "--" + f.long + "=no such value"
			if f.value.name == "FORMAT=FILE" {
				bogus += "=x"
			}
			valid := ask(c, bogus, "alpine")
			if len(valid) > 0 {
				asked++
			}
			checkOffered(t, c, "--"+f.long, f.value, valid)
		}
		if valid := ask(c, "no such word"); len(c.commands) == 0 && len(valid) > 0 {
			asked++
			checkOffered(t, c, "its argument", c.argument, valid)
		}
	}
	if asked < 10 {
		t.Errorf("only %d flags and arguments list what is valid", asked)
	}
}

func checkOffered(t *testing.T, c completed, what string, v value, valid []string) {
	t.Helper()
	var offered []string
	for _, w := range v.words {
		offered = append(offered, strings.TrimSuffix(w, "="))
	}
	if what == "--disable" { // the program knows rules that it does not disable
		valid = slices.DeleteFunc(valid, func(id string) bool {
			rule, err := findRule(id)
			return err == nil && rule.Mandatory
		})
	}
	if !slices.Equal(offered, valid) {
		t.Errorf("%s, %s: completions offer %q, the program takes %q: see choices and completedValue", strings.Join(c.path, " "), what, offered, valid)
	}
}

func nested() *cli.App {
	leaf := func(name string) *cli.Command {
		return &cli.Command{
			Name: name, Usage: "it's [a] $(test): of `quoting` \\ \"all\"", ArgsUsage: "[PATH...]",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "baseline", Usage: "the `FILE`: it's $HOME\nand \\more"},
				&cli.BoolFlag{Name: "force", Aliases: []string{"F"}, Usage: "don't [ask]"},
			},
		}
	}
	return &cli.App{Name: programName, Commands: []*cli.Command{
		{Name: "lint", Usage: "check"},
		{Name: "baseline", Usage: "keep a baseline", Subcommands: []*cli.Command{leaf("write"), leaf("prune")}},
	}}
}

// TestNestedCommands has commands below commands, and everything in the texts
// that a shell would expand.
func TestNestedCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root := complete(nested())
	for _, s := range shells() {
		keepText(t, filepath.Join(dir, s.name), s.script(root))
	}
	tests := []struct{ shell, script, want string }{
		{"bash", `offer() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=(); _imgpolicy; echo "${COMPREPLY[@]}"; }
source ./bash
offer imgpolicy ba
offer imgpolicy baseline ''
offer imgpolicy baseline w
offer imgpolicy baseline write --
offer imgpolicy lint write`, "baseline\nwrite prune\nwrite\n--baseline --force --help\n\n"},
		{"zsh", "zsh -n ./zsh && source ./zsh && whence -w _imgpolicy_baseline_prune", "_imgpolicy_baseline_prune: function\n"},
		{"fish", `source ./fish
complete -C 'imgpolicy base'
complete -C 'imgpolicy baseline '
complete -C 'imgpolicy baseline write --'
complete -C 'imgpolicy baseline write wr'
complete -C 'imgpolicy lint wr'`, "baseline\tkeep a baseline\n" +
			"prune\tit's [a] $(test)\nwrite\tit's [a] $(test)\n" +
			"--baseline\tthe FILE\n--force\tdon't [ask]\n--help\tshow help\n" +
			"write\n"},
	}
	keepText(t, filepath.Join(dir, "write"), "")
	for _, tt := range tests {
		t.Run(tt.shell, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(tt.shell)
			if err != nil {
				t.Skipf("%s is not installed", tt.shell)
			}
			cmd := exec.CommandContext(t.Context(), path, "-c", tt.script)
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			if err != nil || string(out) != tt.want {
				t.Errorf("%s says %v and\n%s\nwant\n%s", tt.shell, err, out, tt.want)
			}
		})
	}
}

func TestOneSentence(t *testing.T) {
	t.Parallel()
	for usage, want := range map[string]string{
		"":                                       "",
		"check Dockerfiles":                      "check Dockerfiles",
		"run RULE, even if off; repeat for more": "run RULE, even if off",
		"print in this FORMAT:\n  text  a table": "print in this FORMAT",
		"the DIR (default .)":                    "the DIR",
		"over two\nlines, filename=…":            "over two lines, filename=...",
	} {
		if got := oneSentence(usage); got != want {
			t.Errorf("oneSentence(%q) = %q, want %q", usage, got, want)
		}
	}
}

func keepText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestPowerShellKeys finds what PowerShell would refuse: two keys of a table
// that differ in case only, and empty texts of an offer.
func TestPowerShellKeys(t *testing.T) {
	t.Parallel()
	script := powershellScript(complete((&app{}).program()))
	seen := map[string]bool{}
	for _, l := range strings.Split(script, "\n") {
		l = strings.TrimSpace(l)
		if strings.HasPrefix(l, ", @(") && strings.Contains(l, "''") && !strings.Contains(l, "''s") {
			t.Errorf("an empty text: %s", l)
		}
		key, _, ok := strings.Cut(l, "' = @(")
		if key = strings.ToLower(key); ok && seen[key] {
			t.Errorf("two keys %s'", key)
		}
		seen[key] = true
	}
	if len(seen) < 20 {
		t.Errorf("only %d lines in\n%s", len(seen), script)
	}
}
