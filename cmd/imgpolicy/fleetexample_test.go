package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestFleetExample runs the scripts of examples/fleet as the engines do, and wants
// of each the output of one run over all files.
func TestFleetExample(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no sh")
	}
	type job struct {
		Spec struct {
			Completions int
			Template    struct {
				Spec struct {
					Containers []struct{ Command []string }
				}
			}
		}
	}
	pods := make([]job, 2)
	decoder := yaml.NewDecoder(bytes.NewReader(fleetFile(t, "kubernetes.yaml")))
	for i := range pods {
		if err := decoder.Decode(&pods[i]); err != nil {
			t.Fatal(err)
		}
	}
	var github struct {
		Env  map[string]string
		Jobs map[string]struct {
			Strategy struct{ Matrix struct{ Shard []int } }
			Steps    []struct{ Name, Run string }
		}
	}
	var gitlab map[string]struct {
		Parallel int
		Script   []string
	}
	parseFleet(t, "github.yml", &github)
	parseFleet(t, "gitlab.yml", &gitlab)
	step := func(job, name string) string {
		for _, s := range github.Jobs[job].Steps {
			if s.Name == name {
				return s.Run
			}
		}
		t.Fatalf("job %s of github.yml has no step %s", job, name)
		return ""
	}
	if pods[0].Spec.Completions != 8 || len(github.Jobs["lint"].Strategy.Matrix.Shard) != 8 || gitlab["imgpolicy:lint"].Parallel != 8 {
		t.Fatal("the examples do not have eight shards each")
	}
	tests := []struct {
		name, lint, merge string
		env               func(k int) []string
	}{
		{"kubernetes", pods[0].Spec.Template.Spec.Containers[0].Command[2], pods[1].Spec.Template.Spec.Containers[0].Command[2], func(k int) []string {
			return []string{fmt.Sprint("JOB_COMPLETION_INDEX=", k-1)}
		}},
		{"github", step("lint", "Lint"), step("merge", "Merge"), func(k int) []string {
			return []string{fmt.Sprint("SHARD=", k), "SHARDS=" + github.Env["SHARDS"]}
		}},
		{"gitlab", gitlab["imgpolicy:lint"].Script[0], gitlab["imgpolicy:merge"].Script[0], func(k int) []string {
			return []string{fmt.Sprint("CI_NODE_INDEX=", k), "CI_NODE_TOTAL=8"}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := fleet(t)
			want, code := runScript(t, dir, "imgpolicy lint .", nil)
			if code != 1 {
				t.Fatalf("one run ends with %d: %s", code, want)
			}
			reports := t.TempDir()
			here := func(script string) string { return strings.ReplaceAll(script, "/reports/", reports+"/") }
			for k := 1; k <= 8; k++ {
				if out, code := runScript(t, dir, here(tt.lint), tt.env(k)); code != 0 {
					t.Fatalf("shard %d ends with %d: %s", k, code, out)
				}
			}
			if tt.name == "kubernetes" {
				dir = reports
			}
			if got, code := runScript(t, dir, tt.merge, nil); code != 1 || got != want {
				t.Errorf("merge ends with %d and prints\n%s\nwant\n%s", code, got, want)
			}
		})
	}
}

func fleetFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "examples", "fleet", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func parseFleet(t *testing.T, name string, into any) {
	t.Helper()
	if err := yaml.Unmarshal(fleetFile(t, name), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// fleet are a few Dockerfiles, two of which do not agree.
func fleet(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for i := range 20 {
		text := fmt.Sprintf("FROM node:20@sha256:%064d\n", i/19)
		if i == 7 {
			text = "FROM node:20\n"
		}
		folder := filepath.Join(dir, fmt.Sprint("app", i))
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "Dockerfile"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runScript runs a script, and returns what it prints and its code.
func runScript(t *testing.T, dir, script string, env []string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Dir, cmd.Env = dir, append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, env...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}
