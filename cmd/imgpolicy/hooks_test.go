package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestHookFiles keeps the names that the pre-commit hooks pass equal to those
// that a search finds, but for policies.
func TestHookFiles(t *testing.T) {
	t.Parallel()
	hooks := read(t, root+"/.pre-commit-hooks.yaml")
	pattern := func(key string) *regexp.Regexp {
		all := regexp.MustCompile(`(?m)^  `+key+`: '(.*)'$`).FindAllStringSubmatch(hooks, -1)
		if len(all) != 2 || all[0][1] != all[1][1] {
			t.Fatalf("%s: want the same for both hooks, got %q", key, all)
		}
		return regexp.MustCompile(all[0][1])
	}
	files, exclude := pattern("files"), pattern("exclude")
	policies := map[string]bool{
		"Dockerfile.rego": true, "lib/images.REGO": true, ".imgpolicy.json": true, "a/.imgpolicy.yaml": true, ".imgpolicy.yml": true,
		"Dockerfile_test.rego": false, "a/images_test.rego": false, "x.imgpolicy.json": false, "policy.json": false, "rego": false,
	}
	for name, want := range policies {
		if got := files.MatchString(name) && !exclude.MatchString(name); got != want {
			t.Errorf("the hooks take %s: %t, want %t", name, got, want)
		}
	}
	for _, name := range []string{
		"Dockerfile", "dockerfile", "a/DOCKERFILE", "Containerfile", "Dockerfile.dev", "Dockerfile-alpine", "Dockerfile_windows", "app.dockerfile",
		"app.Containerfile", "Dockerfile.go", "dockerfile.go", "dockerfile_test.py", "Dockerfiles", "mydockerfile", "Dockerfile.md", "Dockerfile.json",
		"Dockerfile.lock", "Dockerfile.txt", "Dockerfile.dockerignore", ".dockerignore", "Dockerfile.j2", "a.Dockerfile.tmpl", "Dockerfile.template",
		"Dockerfile.BAK", "Dockerfile/readme", "app.dockerfile.json", "docker-compose.yml",
	} {
		if got, want := files.MatchString(name) && !exclude.MatchString(name), isDockerfileName(pathBase(name)); got != want {
			t.Errorf("the hooks take %s: %t, a search: %t", name, got, want)
		}
	}
}

// TestPreCommit runs the hooks with pre-commit itself, from a repository made of
// the working tree. Go builds the program from what is downloaded already.
func TestPreCommit(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"pre-commit", "git"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: .ci/install-pre-commit does it on Debian", tool)
		}
	}
	project := newRepository(t, t.TempDir())
	for _, name := range strings.Split(strings.TrimRight(commandOutput(t, root, nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"), "\x00"), "\x00") {
		if text, err := os.ReadFile(filepath.Join(root, name)); err == nil { // or it is deleted
			project.write(name, string(text))
		}
	}
	project.commit()
	program := filepath.Join(t.TempDir(), programName)
	commandOutput(t, root, nil, "go", "build", "-o", program, "./cmd/imgpolicy")
	for _, hook := range []string{"imgpolicy", "imgpolicy-system"} {
		t.Run(hook, func(t *testing.T) {
			t.Parallel()
			testHook(t, project, hook, filepath.Dir(program))
		})
	}
}

// testHook uses a hook as a project would, a commit at a time.
func testHook(t *testing.T, project repository, hook, bin string) {
	r := newRepository(t, t.TempDir())
	env := []string{
		"PRE_COMMIT_HOME=" + filepath.Join(t.TempDir(), "cache"), "PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		// pre-commit gives the build a GOPATH of its own.
		"GOMODCACHE=" + goEnv(t, "GOMODCACHE"), "GOCACHE=" + goEnv(t, "GOCACHE"), "GOPROXY=off", "GOFLAGS=" + goEnv(t, "GOFLAGS"),
	}
	run := func(want bool, about ...string) {
		t.Helper()
		commandOutput(t, r.dir, nil, "git", "add", "--all")
		cmd := exec.CommandContext(t.Context(), "pre-commit", "run", "--color", "never", "--verbose")
		cmd.Dir, cmd.Env = r.dir, append(isolated(), env...)
		out, err := cmd.CombinedOutput()
		if got := err == nil; got != want {
			t.Fatalf("passes: %t, want %t\n%s", got, want, out)
		}
		for _, text := range about {
			if !bytes.Contains(out, []byte(text)) {
				t.Fatalf("no %q in\n%s", text, out)
			}
		}
		r.commit()
	}
	rev := strings.TrimSpace(commandOutput(t, project.dir, nil, "git", "rev-parse", "HEAD"))
	r.write(".pre-commit-config.yaml", hookConfig(t, project.dir, rev, hook))
	run(true, "(no files to check)")

	const pinned = "FROM alpine:3.20@sha256:beefdbd8a1da6d2915566fde36db9db0b524eb737fc57cd1367effd16dc0d06d\n"
	for _, name := range []string{"Dockerfile", "app.dockerfile", "sub/Dockerfile-alpine"} {
		r.write(name, "FROM alpine:3.20\n")
		run(false, "error[unpinned-image]", name+":1:6")
		r.write(name, pinned)
		run(true)
	}
	r.write("Dockerfile.dockerignore", "*\n")
	r.write("Dockerfile_test.rego", "package docker\n")
	run(true, "(no files to check)")

	// Only the policy changes, and the Dockerfile it governs is judged anew.
	r.write("Dockerfile.rego", "package docker\n\ndefault allow := false\n\nallow if input.local\n\ndecision := {\"allow\": allow}\n")
	run(false, "error[policy-denied]", "Dockerfile:1:6")
	r.write("Dockerfile.rego", "package docker\n\ndecision := {\"allow\": true}\n")
	run(true, "1 file ")
	r.write(".imgpolicy.json", `{"whitelist": ["^debian:"]}`)
	run(false, "error[policy-denied]", "sub/Dockerfile-alpine:1:6")
	r.write(".imgpolicy.json", `{"whitelist": ["^alpine:"]`)
	run(false, "config .imgpolicy.json:1:")
	r.write(".imgpolicy.json", `{"whitelist": ["^alpine:"]}`)
	run(true, "3 files")

	// pre-commit names what the config excludes.
	r.write(".imgpolicy.json", `{"whitelist": ["^alpine:"], "exclude": ["vendor"]}`)
	r.write("vendor/Dockerfile", "FROM alpine:3.20\n")
	run(true, "vendor/Dockerfile is excluded")
}

// hookConfig is what the README shows, with a hook of another repository.
func hookConfig(t *testing.T, repo, rev, hook string) string {
	t.Helper()
	_, shown, _ := strings.Cut(read(t, root+"/README.md"), "\n    repos:\n")
	shown, _, _ = strings.Cut(shown, "\n\n")
	config := "repos:\n" + strings.ReplaceAll("\n"+shown, "\n    ", "\n")[1:] + "\n"
	for _, replace := range [][2]string{{"https://github.com/imgpolicy/imgpolicy", repo}, {"rev: main", "rev: " + rev}, {"id: imgpolicy", "id: " + hook}} {
		if strings.Count(config, replace[0]) != 1 {
			t.Fatalf("the README has not one %q in\n%s", replace[0], config)
		}
		config = strings.Replace(config, replace[0], replace[1], 1)
	}
	return config
}

// repository is a git repository in a directory.
type repository struct {
	t   *testing.T
	dir string
}

func newRepository(t *testing.T, dir string) repository {
	t.Helper()
	commandOutput(t, dir, nil, "git", "init", "--quiet")
	return repository{t, dir}
}

func (r repository) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		r.t.Fatal(err)
	}
}

func (r repository) commit() {
	r.t.Helper()
	commandOutput(r.t, r.dir, nil, "git", "add", "--all")
	commandOutput(r.t, r.dir, nil, "git", "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--allow-empty", "--no-verify", "--message", "test")
}

// isolated is the environment without what says where another repository is or
// how another run is to print: these tests may run in a hook or a workflow.
func isolated() []string {
	var env []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "GIT_") && !strings.HasPrefix(name, "GITHUB_") && !strings.HasPrefix(name, "PRE_COMMIT") && name != "FORCE_COLOR" {
			env = append(env, pair)
		}
	}
	return env
}

// commandOutput runs a command that must succeed, and returns what it prints.
func commandOutput(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, append(isolated(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, &stderr)
	}
	return string(out)
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	return strings.TrimSpace(commandOutput(t, root, nil, "go", "env", name))
}
