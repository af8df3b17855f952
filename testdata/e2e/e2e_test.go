// Package e2e builds what imgpolicy fixed with the real Buildx and BuildKit.
package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestFixedIsBuilt takes Dockerfiles that Buildx refuses to build by their policy
// to those that it builds. What it asks the policy about is what imgpolicy lists.
func TestFixedIsBuilt(t *testing.T) {
	if why := unable(t); why != "" {
		t.Skip("BuildKit cannot be run here: " + why)
	}
	p, h := buildPrograms(t), serve(t)
	pushImages(t, p, h)
	dir, dockerfiles := repository(t, h)
	b := startBuilder(t, p, h)
	imgpolicy := func(args ...string) (int, string) {
		t.Helper()
		code, stdout, stderr := run(t.Context(), t, command{dir: dir, args: append([]string{p.imgpolicy}, args...), env: []string{
			"SSL_CERT_FILE=" + h.ca, "GIT_SSL_CAINFO=" + h.ca, "DOCKER_CONFIG=" + t.TempDir(), "XDG_CACHE_HOME=" + t.TempDir(),
		}})
		return code, stdout + stderr
	}

	network := []string{"--resolve", "--allow-private", h.registry, "--allow-private", h.web, "--insecure-registry", h.plain, "--insecure-registry", h.both, "."}
	lint, fix := append([]string{"lint"}, network...), append([]string{"fix"}, network...)

	if code, out := imgpolicy(lint...); code != 1 {
		t.Fatalf("lint before fix: exit code %d\n%s", code, out)
	}
	for _, name := range dockerfiles {
		if ok, log := b.build(t, dir, name, t.TempDir()); ok || !strings.Contains(log, "not allowed by policy: action DENY") {
			t.Fatalf("%s is not refused before fix:\n%s", name, log)
		}
	}

	code, out := imgpolicy(fix...)
	if code != 0 {
		t.Fatalf("fix: exit code %d\n%s", code, out)
	}
	t.Logf("imgpolicy fix:\n%s", out)
	if code, out := imgpolicy(lint...); code != 0 {
		t.Fatalf("lint after fix: exit code %d\n%s", code, out)
	}

	for _, name := range dockerfiles {
		t.Logf("%s:\n%s", name, read(t, filepath.Join(dir, name)))
		built := t.TempDir()
		ok, log := b.build(t, dir, name, built)
		if !ok {
			t.Errorf("%s is not built after fix:\n%s", name, log)
			continue
		}
		sameSources(t, name, decisions(log), listed(t, p, dir, name))
		sameFiles(t, name, built)
	}
}

// repository writes that of repository.txtar and returns its Dockerfiles.
func repository(t *testing.T, h hosts) (dir string, dockerfiles []string) {
	t.Helper()
	archive, err := txtar.ParseFile("repository.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	var policy string
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range archive.Files {
		text := strings.NewReplacer("REGISTRY", h.registry, "PLAIN", h.plain, "WEB", h.web, "BOTH", h.both).Replace(string(f.Data))
		if f.Name == "policy.rego" {
			policy = text
			continue
		}
		write(f.Name, text)
		if filepath.Base(f.Name) == "Dockerfile" {
			dockerfiles = append(dockerfiles, f.Name)
			write(f.Name+".rego", policy)
		}
	}
	return dir, dockerfiles
}

// listed are the identifiers of what imgpolicy says that a build fetches.
func listed(t *testing.T, p programs, dir, dockerfile string) []string {
	t.Helper()
	var list struct {
		Files []struct {
			Inputs []struct {
				Identifier string
				Reached    bool
				Pinned     bool
			}
		}
	}
	text := mustRun(t, command{dir: dir, args: []string{p.imgpolicy, "inputs", "--format", "json", dockerfile}})
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, file := range list.Files {
		for _, in := range file.Inputs {
			if !in.Pinned || !in.Reached {
				t.Errorf("%s: %s: pinned %t, reached %t", dockerfile, in.Identifier, in.Pinned, in.Reached)
			}
			all = append(all, in.Identifier)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// sameSources fails unless Buildx asked about what is listed and its own parts,
// and all of it was allowed.
func sameSources(t *testing.T, dockerfile string, asked map[string]string, listed []string) {
	t.Helper()
	var fetched []string
	for _, id := range slices.Sorted(maps.Keys(asked)) {
		if asked[id] != "ALLOW" {
			t.Errorf("%s: Buildx asks about %s and the policy says %s", dockerfile, id, asked[id])
		}
		if !strings.HasPrefix(id, "local://") {
			fetched = append(fetched, id)
		}
	}
	t.Logf("%s: Buildx asked about\n%s", dockerfile, strings.Join(slices.Sorted(maps.Keys(asked)), "\n"))
	if len(fetched) == 0 || !slices.Equal(fetched, listed) {
		t.Errorf("%s: Buildx asks about\n  %s\nand imgpolicy inputs lists\n  %s", dockerfile, strings.Join(fetched, "\n  "), strings.Join(listed, "\n  "))
	}
}

// contents is what the images hold in the end, by Dockerfile and path.
var contents = map[string]map[string]string{
	"app/Dockerfile": {
		"tagged/docs/version": "v1.0\n", "etc/base": "base 1.3\n", "assets/asset": "asset 3\n", "own.txt": "of the context\n",
	},
	"tools/Dockerfile": {
		"etc/base": "base 1.3\n", "data/data.txt": fileText, "plain/data.txt": fileText, "main/docs/version": "v2.0\n", "docs/version": "v2.0\n", "head/docs/version": "v2.0\n",
	},
}

// sameFiles fails unless the files of an image are those of its sources.
func sameFiles(t *testing.T, dockerfile, built string) {
	t.Helper()
	if len(contents[dockerfile]) == 0 {
		t.Errorf("%s: nothing is known about what it builds", dockerfile)
	}
	for path, want := range contents[dockerfile] {
		if got := read(t, filepath.Join(built, path)); got != want {
			t.Errorf("%s: %s of the image is %q, want %q", dockerfile, path, got, want)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
