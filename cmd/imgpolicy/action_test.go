package main

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestAction runs the steps of action.yml as GitHub's runner does, but for the
// upload.
func TestAction(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not installed")
	}
	program := filepath.Join(t.TempDir(), programName)
	commandOutput(t, root, nil, "go", "build", "-o", program, "./cmd/imgpolicy")
	workspace := repository{t, t.TempDir()}
	workspace.write(".git/HEAD", "ref: refs/heads/main\n")
	workspace.write("bad/Dockerfile", "FROM alpine:3.20\n")
	workspace.write("good/Dockerfile", "FROM scratch\n")
	workspace.write("with blanks/Dockerfile.a b", "FROM alpine:3.20\n")
	workspace.write("$(touch forged)/Dockerfile", "FROM alpine\n")
	workspace.write("deny.json", `{"defaultAllow": false}`)
	workspace.write("off.yaml", "rules: {unpinned-image: off}\n")
	pinned := "FROM alpine:3.20@sha256:beefdbd8a1da6d2915566fde36db9db0b524eb737fc57cd1367effd16dc0d06d\n"
	workspace.write("pinned/Dockerfile", pinned)

	for _, tt := range []struct {
		name        string
		inputs      map[string]string
		exit        string
		diagnostics string
		about       []string
	}{
		{"defaults", nil, "1", "3", []string{"::error file=bad/Dockerfile,"}},
		{"clean", map[string]string{"paths": "good"}, "0", "0", nil},
		{"a list", map[string]string{"paths": "\ngood\r\nwith blanks/Dockerfile.a b\n"}, "1", "1", []string{"file=with blanks/Dockerfile.a b,"}},
		{"a path that could be code", map[string]string{"paths": "$(touch forged)"}, "1", "1", []string{"touch forged"}},
		{"a path that could be a flag", map[string]string{"paths": "--help"}, "2", "", []string{"--help: no such file"}},
		{"nothing but line ends", map[string]string{"paths": "\n"}, "1", "3", nil},
		{"never", map[string]string{"paths": "bad", "fail-on": "never"}, "0", "1", nil},
		{"policy", map[string]string{"paths": "pinned", "policy": "deny.json"}, "1", "1", []string{"policy-denied"}},
		{"config", map[string]string{"paths": "bad", "config": "off.yaml"}, "0", "0", nil},
		{"flags", map[string]string{"paths": "bad", "args": "--disable\nunpinned-image\n"}, "0", "0", nil},
		{"a directory", map[string]string{"paths": "Dockerfile", "working-directory": "bad"}, "1", "1", []string{"file=bad/Dockerfile,"}},
		{"nothing checked", map[string]string{"paths": "nowhere"}, "2", "", []string{"nowhere: no such file"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inputs := map[string]string{"binary": program}
			maps.Copy(inputs, tt.inputs)
			code, outputs, log := runAction(t, workspace.dir, inputs)
			if code != tt.exit || outputs["exit-code"] != tt.exit || outputs["diagnostics"] != tt.diagnostics {
				t.Errorf("the action ends with %s and gives %q, want %s and %s diagnostics\n%s", code, outputs, tt.exit, tt.diagnostics, log)
			}
			sarif, err := os.ReadFile(outputs["sarif-file"])
			if got, want := strings.Contains(string(sarif), `"2.1.0"`), tt.diagnostics != ""; got != want {
				t.Errorf("it gives SARIF: %t, want %t (%v)", got, want, err)
			}
			for _, text := range tt.about {
				if !strings.Contains(log, text) {
					t.Errorf("no %q in\n%s", text, log)
				}
			}
		})
	}
	t.Run("built by the action", func(t *testing.T) {
		t.Parallel()
		if code, outputs, log := runAction(t, workspace.dir, map[string]string{"paths": "bad"}); code != "1" || outputs["diagnostics"] != "1" {
			t.Errorf("the action ends with %s and gives %q\n%s", code, outputs, log)
		}
	})
	t.Cleanup(func() {
		if _, err := os.Stat(filepath.Join(workspace.dir, "forged")); err == nil {
			t.Error("a path was run as code")
		}
	})
}

// TestActionScripts finds no expression in a script of the action: what it is
// replaced by would be code.
func TestActionScripts(t *testing.T) {
	t.Parallel()
	scripts := regexp.MustCompile(`(?m)^ +run: (.*)$`).FindAllStringSubmatch(read(t, root+"/action.yml"), -1)
	if len(scripts) != 2 {
		t.Fatalf("found %d scripts, want 2: %q", len(scripts), scripts)
	}
	for _, s := range scripts {
		if strings.Contains(s[1], "${{") || strings.HasPrefix(s[1], "|") {
			t.Errorf("the script %s has an expression, or is not on its line", s[1])
		}
	}
}

var (
	inputDefault = regexp.MustCompile(`(?m)^  ([a-z-]+):\n    description: .*\n    default: "?(.*?)"?$`)
	stepScript   = regexp.MustCompile(`(?m)^      run: '?(.*?)'?\n      env:\n((?:        .*\n?)+)`)
	stepVariable = regexp.MustCompile(`(\w+): \$\{\{ (inputs|steps\.lint\.outputs)\.([a-z-]+) \}\}`)
)

// runAction runs the scripts of action.yml one after the other until one fails,
// each with the variables that it names.
func runAction(t *testing.T, workspace string, given map[string]string) (exit string, outputs map[string]string, log string) {
	t.Helper()
	action := read(t, root+"/action.yml")
	actionPath, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]map[string]string{"inputs": {}, "steps.lint.outputs": {}}
	for _, m := range inputDefault.FindAllStringSubmatch(action, -1) {
		values["inputs"][m[1]] = m[2]
	}
	maps.Copy(values["inputs"], given)
	temp := t.TempDir()
	outputFile := filepath.Join(temp, "output")
	runner := []string{
		"GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=" + workspace, "GITHUB_ACTION_PATH=" + actionPath, "GITHUB_OUTPUT=" + outputFile,
		"GITHUB_STEP_SUMMARY=" + filepath.Join(temp, "summary"), "RUNNER_TEMP=" + temp,
	}
	exit = "0"
	for _, step := range stepScript.FindAllStringSubmatch(action, -1) {
		cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step[1])
		cmd.Dir, cmd.Env = workspace, append(isolated(), runner...)
		for _, v := range stepVariable.FindAllStringSubmatch(step[2], -1) {
			value, ok := values[v[2]][v[3]]
			if !ok && v[2] == "inputs" {
				t.Fatalf("action.yml has no input %s", v[3])
			}
			cmd.Env = append(cmd.Env, v[1]+"="+value)
		}
		printed, err := cmd.CombinedOutput()
		log += string(printed)
		values["steps.lint.outputs"] = readOutputs(t, outputFile)
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			exit = strings.TrimPrefix(failed.String(), "exit status ")
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return exit, values["steps.lint.outputs"], log
}

// readOutputs reads what a step has appended to GITHUB_OUTPUT.
func readOutputs(t *testing.T, name string) map[string]string {
	t.Helper()
	outputs := map[string]string{}
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		outputs[name] = value
	}
	return outputs
}
