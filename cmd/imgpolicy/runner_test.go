package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint/report"
)

// forged are the ways to write a command that a runner of GitHub Actions obeys:
// at the start of a line, indented or not, or the old one anywhere. No command
// of ours is called forge.
const forged = "\n::forge::a\r  ::forge::b\n##[forge]c \x0b::forge::d \u2028::forge::e"

// TestNothingForgesCommands runs every command on a runner of GitHub Actions
// over files whose names and texts, policies, configs and baselines hold
// workflow commands.
func TestNothingForgesCommands(t *testing.T) {
	t.Parallel()
	dir := hostileRepository(t)
	var formats []string
	for _, f := range report.Names() {
		formats = append(formats, "lint . --unknown error --format "+f, "lint . --output "+f+"=/dev/stdout --output compact=/dev/stderr --format "+f)
	}
	lines := append(formats,
		"lint .", "lint . -q", "lint . --statistics --format text", "lint . --baseline base.json", "lint . --baseline H", "lint . --config H", "lint --policy H",
		"lint H", "lint ./H", "lint --fail-on H", "lint --format H", "lint --output H=x", "lint --output compact=H/x", "lint H.rego", "lint --disable H", "lint --enable H",
		"lint --color H", "lint --now H", "lint - --stdin-filename H", "lint --build-arg H", "lint --platform H", "lint --target H", "lint --diff-base H", "lint -f H", "lint --H",
		"lint ::forge::x/Dockerfile", "lint ##[forge]x.dockerignore", "lint ##[forge]x_test.rego", "lint bad", "lint bad/Dockerfile --no-config", "lint badconfig",
		"inputs .", "inputs . --format json", "inputs . --format csv", "inputs H", "inputs --format H", "inputs badconfig",
		"eval alpine", "eval alpine --explain --print", "eval alpine --format json", "eval H", "eval docker-image://H", "eval alpine --policy H", "eval alpine --platform H",
		"eval alpine --metadata H", "eval alpine --attr H=H --print", "eval alpine --build-arg A=H --print", "eval alpine --policy bad/Dockerfile.rego", "eval alpine --policy print.rego",
		"test", "test --verbose", "test --coverage", "test --format json", "test --format junit", "test --format junit --verbose", "test --format H", "test H", "test --filename H", "test bad",
		"init --dry-run", "init --dry-run --language rego", "init --force", "init --force --language rego", "init H", "init --language H", "init --build-arg H=H --dry-run",
		"config", "config ::forge::x/Dockerfile", "config --format json", "config H", "config badconfig", "config --config H", "config sub/Dockerfile", "config sub/Dockerfile --format json",
		"baseline write --baseline new.json .", "baseline write --baseline H .", "baseline prune --baseline base.json .", "baseline prune --baseline H .", "baseline H",
		"rules", "rules H", "rules --format H", "schema", "schema H", "completion bash", "completion H", "man", "man H", "version", "version H", "help", "help H", "H",
	)
	for _, line := range lines {
		args := strings.Fields(line)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "H", forged)
		}
		for _, summary := range []string{"summary.md", forged + "/x"} {
			env := map[string]string{
				"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": dir + forged, "GITHUB_STEP_SUMMARY": filepath.Join(dir, summary),
			}
			_, stdout, stderr := runIn(t.Context(), dir, env, strings.NewReader("FROM x"+forged+"\nFROM a ##[forge]\n"), args...)
			for name, text := range map[string]string{"stdout": stdout, "stderr": stderr} {
				if commands := obeyed(text); len(commands) > 0 {
					t.Errorf("imgpolicy %s: a runner obeys %q on %s", line, commands, name)
				}
			}
		}
	}
}

// obeyed are the lines that a runner takes for commands, but for annotations. An
// open end of stop-commands is one, too.
func obeyed(out string) []string {
	var all []string
	token := ""
	for line := range strings.FieldsFuncSeq(out, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimSpace(line)
		rest, ok := strings.CutPrefix(line, "::")
		command, data, closed := strings.Cut(rest, "::")
		name, _, _ := strings.Cut(command, " ")
		switch {
		case token != "":
			if ok && closed && name == token {
				token = ""
			}
		case ok && closed && name == "stop-commands":
			token = data
		case strings.Contains(line, "##["):
			all = append(all, line)
		case ok && closed && name != "error" && name != "warning" && name != "notice":
			all = append(all, line)
		}
	}
	if token != "" {
		all = append(all, "::stop-commands::"+token)
	}
	return all
}

// hostileRepository has workflow commands in all that is read.
func hostileRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	quoted := strings.NewReplacer("\n", `\n`, "\r", `\r`, "\x0b", `\u000b`, "\u2028", `\u2028`).Replace(forged)
	oneLine := strings.NewReplacer("\n", " ", "\r", " ").Replace(forged)
	dockerfile := "# syntax=docker/dockerfile:1\n# imgpolicy ignore=latest-tag;until=2020-01-01;reason=" + oneLine + "\n" +
		"FROM alpine\nARG A=\"::forge::x ##[forge]y\"\nFROM $A AS ::forge::x\nADD http://host/##[forge]x /\nADD https://host/::forge::$B /\n" +
		"# imgpolicy ignore=##[forge];reason=x\nCOPY --from=##[forge]x /a /b\n::forge::x\n"
	unknown := "ARG B\nFROM $B\nFROM ${B:-}##[forge]x\nADD https://$B/##[forge] /\n"
	rego := fmt.Sprintf("package docker\n\ndefault allow := false\n\ndeny_msg contains \"%s\" if {\n\tprint(\"%[1]s\")\n\tprint(\"::forge::p\")\n}\n\ndecision := {\"allow\": allow, \"deny_msg\": deny_msg}\n", quoted)
	test := fmt.Sprintf("package docker\n\ntest_x if {\n\tprint(\"::forge::a\")\n\tprint(\"::forge::b ##[forge]\")\n\tprint(\"%s\")\n\tfalse\n}\n\ntest_y if {\n\tallow with input as {\"::forge::\": \"%[1]s\"}\n}\n", quoted)
	for name, text := range map[string]string{
		"Dockerfile": dockerfile, "Dockerfile.rego": rego, "Dockerfile_test.rego": test,
		"::forge::x/Dockerfile":                    unknown,
		"##[forge]x/Dockerfile":                    unknown,
		strings.Trim(forged, "\n") + "/Dockerfile": unknown + dockerfile,
		"##[forge]x.dockerignore":                  "x", "##[forge]x_test.rego": "x",
		"bad/Dockerfile": "FROM alpine\n", "bad/Dockerfile.rego": "package docker\n::forge::x ##[forge]y\n", "bad/Dockerfile_test.rego": "package docker\n::forge:: ##[forge]\n",
		"badconfig/Dockerfile": "FROM alpine\n", "badconfig/.imgpolicy.yaml": "\"" + quoted + "\": 1\n",
		"sub/.imgpolicy.yaml": fmt.Sprintf("rules: {latest-tag: error}\nregistries: [\"##[forge]\", \"%s\"]\nbuild-args: {\"::forge::x\": \"%[1]s\"}\n", "::forge::x"),
		"sub/Dockerfile":      dockerfile,
		"print.rego":          rego,
		"base.json":           fmt.Sprintf(`{"version":1,"diagnostics":[{"rule":"latest-tag","path":"%s","text":"%[1]s","count":1}]}`, quoted),
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
