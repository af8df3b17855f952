package oracle

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
)

// corpus reads the real Dockerfiles of IMGPOLICY_CORPUS, by path below it.
func corpus(t *testing.T) map[string][]byte {
	t.Helper()
	root := os.Getenv("IMGPOLICY_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "SOURCES.tsv" {
			return err
		}
		text, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, root)] = text
		return err
	})
	if err != nil {
		t.Skipf("no corpus of Dockerfiles at %s (set IMGPOLICY_CORPUS): %v", root, err)
	}
	return files
}

var argName = regexp.MustCompile(`(?im)^\s*ARG\s+([A-Za-z_][A-Za-z0-9_]*)`)

// builds are the ways a file is compared in: every stage that can be a target,
// with and without build args, for two platforms.
func builds(text []byte) []Build {
	targets := []string{""}
	f := dockerfile.Parse("Dockerfile", text)
	for _, st := range f.Resolve(dockerfile.Options{}).Stages {
		if st.Name != "" && !slices.Contains(targets, st.Name) {
			targets = append(targets, st.Name)
		}
	}
	args := map[string]string{}
	for _, m := range argName.FindAllSubmatch(text, -1) {
		args[string(m[1])] = "v1.2"
	}
	var out []Build
	for _, target := range targets {
		for _, platform := range []string{"linux/amd64", "linux/arm64"} {
			for _, a := range []map[string]string{{}, args} {
				out = append(out, Build{Target: target, Platform: platform, Args: a})
			}
		}
	}
	return out
}

// intended are the files on which the two differ for a reason.
var intended = map[string]string{}

func compare(t *testing.T, name string, text []byte, b Build) (accepted bool) {
	t.Helper()
	if Dials(text, b) {
		return false
	}
	want, err := BuildKit(context.Background(), text, b)
	got, refusals, _, _ := Ours(text, b)
	if err != nil {
		if intended[name] == "" && !slices.ContainsFunc(refusals, func(r string) bool { return strings.Contains(err.Error(), r) }) {
			t.Errorf("%s %+v: BuildKit refuses with %v, we with %q\n%s", name, b, err, refusals, text)
		}
		return false
	}
	if intended[name] != "" {
		return true
	}
	if len(refusals) > 0 {
		t.Errorf("%s %+v: BuildKit builds, we refuse with %q\n%s", name, b, refusals, text)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s %+v: sources differ\n%s\n got %s\nwant %s", name, b, text, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	return true
}

func TestCorpusAgreesWithBuildKit(t *testing.T) {
	t.Parallel()
	files, compared := 0, 0
	for name, text := range corpus(t) {
		files++
		for _, b := range builds(text) {
			if compare(t, name, text, b) {
				compared++
			}
		}
	}
	t.Logf("%d files, %d builds that BuildKit accepts", files, compared)
}

type sourceCase struct {
	Name, Dockerfile string
	Options          struct {
		Target, Platform string
		BuildArgs        map[string]string
	}
}

func cases(tb testing.TB) []sourceCase {
	tb.Helper()
	var all []sourceCase
	for _, name := range []string{"source-cases.json", "source-extra.json"} {
		data, err := os.ReadFile("../cases/" + name)
		if err != nil {
			tb.Fatal(err)
		}
		var out []sourceCase
		if err := json.Unmarshal(data, &out); err != nil {
			tb.Fatal(err)
		}
		all = append(all, out...)
	}
	return all
}

func TestCasesAgreeWithBuildKit(t *testing.T) {
	t.Parallel()
	for _, c := range cases(t) {
		all := builds([]byte(c.Dockerfile))
		if c.Options.Platform != "" {
			all = append(all, Build{Target: c.Options.Target, Platform: c.Options.Platform, Args: c.Options.BuildArgs})
		}
		for _, b := range all {
			compare(t, c.Name, []byte(c.Dockerfile), b)
		}
	}
}
