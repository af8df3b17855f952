package dockerfile_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/imgpolicy/imgpolicy/dockerfile"
)

// corpus reads the real Dockerfiles of IMGPOLICY_CORPUS, by path below it.
func corpus(tb testing.TB) map[string][]byte {
	tb.Helper()
	root := os.Getenv("IMGPOLICY_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "corpus")
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
		tb.Skipf("no corpus of Dockerfiles at %s (set IMGPOLICY_CORPUS): %v", root, err)
	}
	return files
}

// buildkitRefuses is what BuildKit's parser says of a file.
func buildkitRefuses(text []byte) error {
	result, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return err
	}
	_, _, err = instructions.Parse(result.AST, linter.New(&linter.Config{SkipAll: true}))
	return err
}

func TestCorpus(t *testing.T) {
	t.Parallel()
	inputs := 0
	for name, text := range corpus(t) {
		f := dockerfile.Parse(name, text)
		res := f.Resolve(dockerfile.Options{})
		inputs += len(res.Inputs)
		var refused string
		for _, p := range res.Problems {
			if p.Kind == dockerfile.ParseProblem {
				refused = p.Message
			}
			checkSpan(t, f, p.Span)
		}
		if err := buildkitRefuses(text); (err != nil) != (refused != "") {
			t.Errorf("%s: BuildKit says %v, we say %q", name, err, refused)
		}
		for _, in := range res.Inputs {
			checkSpan(t, f, in.Span)
			if got := joined(f.Text[in.Span.Start:in.Span.End]); got != in.Word {
				t.Errorf("%s: span holds %q, word is %q", name, got, in.Word)
			}
		}
	}
	t.Logf("%d inputs", inputs)
}

func checkSpan(t *testing.T, f *dockerfile.File, s dockerfile.Span) {
	t.Helper()
	if s.Start < 0 || s.End < s.Start || s.End > len(f.Text) {
		t.Errorf("%s: span %v outside a text of %d bytes", f.Name, s, len(f.Text))
	}
}

// joined takes line continuations and the comments between them out of a word.
func joined(text string) string {
	var b strings.Builder
	for i, line := range strings.Split(text, "\n") {
		if trimmed := strings.TrimSpace(line); i > 0 && (trimmed == "" || trimmed[0] == '#') {
			continue
		}
		line = strings.TrimRight(line, " \t\r")
		b.WriteString(strings.TrimSuffix(line, `\`))
	}
	return b.String()
}
