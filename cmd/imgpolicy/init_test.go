package main

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// corpusDir is where the real Dockerfiles are, if they are there.
func corpusDir() string {
	return cmp.Or(os.Getenv("IMGPOLICY_CORPUS"), filepath.Join(root, "..", "shared", "corpus"))
}

// corpusProjects are the projects of IMGPOLICY_CORPUS, each a directory.
func corpusProjects(t *testing.T) []string {
	t.Helper()
	corpus := corpusDir()
	entries, err := os.ReadDir(corpus)
	if err != nil {
		t.Skipf("no corpus of Dockerfiles at %s (set IMGPOLICY_CORPUS): %v", corpus, err)
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, filepath.Join(corpus, e.Name()))
		}
	}
	return out
}

// copied is a copy of a project as the root of a repository: nothing is written
// beside the corpus.
func copied(t *testing.T, project string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(project)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, ".git"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// judged are the diagnostics about what is allowed, by rule, of the Dockerfiles
// that lint could read.
func judged(t *testing.T, dir string, args ...string) map[string][]string {
	t.Helper()
	_, stdout, stderr := runIn(t.Context(), dir, nil, nil, append([]string{"lint", "--format", "json"}, args...)...)
	var result struct {
		Diagnostics []struct{ Rule, File, Message string }
	}
	if err := json.Unmarshal([]byte(stdout), &result); err != nil {
		t.Fatalf("lint: %v\n%s%s", err, stdout, stderr)
	}
	out := map[string][]string{}
	for _, d := range result.Diagnostics {
		if slices.Contains([]string{"policy-denied", "policy-unknown", "policy-error", "untrusted-registry", "untrusted-host"}, d.Rule) ||
			strings.HasPrefix(d.Rule, "rego-") || strings.HasPrefix(d.Rule, "pattern-") {
			out[d.Rule] = append(out[d.Rule], d.File+": "+d.Message)
		}
	}
	return out
}

// lookAlikes are images that only look like those that a config allows.
func lookAlikes(config string) []string {
	names := []string{"evil.example/x"}
	for _, line := range strings.Split(config, "\n") {
		_, pattern, ok := strings.Cut(line, "'^")
		if !ok {
			continue
		}
		name := strings.ReplaceAll(pattern[:strings.Index(pattern, "[:@]'")], `\`, "")
		host, path, _ := strings.Cut(name, "/")
		owner, _, _ := strings.Cut(path, "/")
		names = append(names, name+"-evil", name+"/evil", host+"/"+owner+"-evil/x")
		if !strings.Contains(host, ":") { // which may only stand in a host
			names = append(names, "evil.example/"+name, "docker.io/"+name+"/evil", host+".evil.example/"+path)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func writeDockerfile(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "evil.Dockerfile"), []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestInitCorpus writes the policy of every real project: lint has nothing
// against what it uses, and something against all else.
func TestInitCorpus(t *testing.T) {
	t.Parallel()
	projects, written := corpusProjects(t), 0
	for _, project := range projects {
		t.Run(filepath.Base(project), func(t *testing.T) {
			dir := copied(t, project)
			code, stdout, stderr := runIn(t.Context(), dir, nil, nil, "init")
			text, err := os.ReadFile(filepath.Join(dir, ".imgpolicy.yaml"))
			if err != nil {
				if code != exitUnchecked || !strings.Contains(stderr, "no Dockerfile found") {
					t.Fatalf("init exits with %d and writes nothing: %s%s", code, stdout, stderr)
				}
				return
			}
			written++
			for rule, all := range judged(t, dir) {
				t.Errorf("%s after init:\n%s", rule, strings.Join(all, "\n"))
			}
			evil := lookAlikes(string(text))
			writeDockerfile(t, dir, "FROM "+strings.Join(evil, "\nFROM "))
			if denied := judged(t, dir, "evil.Dockerfile")["policy-denied"]; len(denied) != len(evil) {
				t.Errorf("%d of %q are denied:\n%s", len(denied), evil, strings.Join(denied, "\n"))
			}
		})
	}
	if written < len(projects)/2 {
		t.Errorf("init wrote %d policies for %d projects", written, len(projects))
	}
}

// TestInitRegoCorpus does the same in Rego, and runs the tests that were written.
func TestInitRegoCorpus(t *testing.T) {
	t.Parallel()
	for _, project := range corpusProjects(t) {
		t.Run(filepath.Base(project), func(t *testing.T) {
			dir := copied(t, project)
			_, stdout, stderr := runIn(t.Context(), dir, nil, nil, "init", "--language", "rego")
			policies, err := fs.Glob(os.DirFS(dir), "*file.rego")
			if err != nil || len(policies) != 1 {
				if !strings.Contains(stderr, "no Dockerfile found") {
					t.Fatalf("policies %q, %v: %s%s", policies, err, stdout, stderr)
				}
				return
			}
			name := strings.TrimSuffix(policies[0], ".rego")
			if code, stdout, stderr := runIn(t.Context(), dir, nil, nil, "test", "--filename", name); code != exitClean {
				t.Errorf("test exits with %d: %s%s", code, stdout, stderr)
			}
			for rule, all := range judged(t, dir, "--no-policy", "--policy", policies[0]) {
				t.Errorf("%s after init:\n%s", rule, strings.Join(all, "\n"))
			}
			writeDockerfile(t, dir, "FROM evil.example/x:1\nADD https://evil.example/x /x\nADD https://evil.example/a/b.git#v1 /b")
			if got := judged(t, dir, "--no-policy", "--policy", policies[0], "evil.Dockerfile")["policy-denied"]; len(got) != 3 {
				t.Errorf("denied: %q", got)
			}
		})
	}
}
