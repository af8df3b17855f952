package lint_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/regex"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// corpus reads the real Dockerfiles of IMGPOLICY_CORPUS.
func corpus(b *testing.B) (texts [][]byte, size int64) {
	b.Helper()
	root := os.Getenv("IMGPOLICY_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "corpus")
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "SOURCES.tsv" {
			return err
		}
		text, err := os.ReadFile(path)
		texts, size = append(texts, text), size+int64(len(text))
		return err
	})
	if err != nil {
		b.Skipf("no corpus of Dockerfiles at %s (set IMGPOLICY_CORPUS): %v", root, err)
	}
	return texts, size
}

// BenchmarkParseOnly is the floor: what BuildKit itself takes to read the
// corpus on one core.
func BenchmarkParseOnly(b *testing.B) {
	texts, size := corpus(b)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			result, err := parser.Parse(bytes.NewReader(text))
			if err != nil {
				continue
			}
			_, _, _ = instructions.Parse(result.AST, linter.New(&linter.Config{}))
		}
	}
}

// BenchmarkLint lints the corpus on one core with a policy and all rules,
// without output.
func BenchmarkLint(b *testing.B) {
	benchLint(b, regex.Language(regex.Options{}), policy.File{Name: "policy.json", Text: []byte(`{"whitelist":["^alpine:","^docker\\.io/library/"],"defaultAllow":false}`)})
}

// BenchmarkLintRego is that with a build policy.
func BenchmarkLintRego(b *testing.B) {
	benchLint(b, rego.Language(rego.Options{}), policy.File{Name: "policy.rego", Text: []byte(`package docker

default allow := false

allow if input.local

allow if {
	input.image.host == "docker.io"
	startswith(input.image.repo, "library/")
}

allow if startswith(input.http.url, "https://downloads.example.com/")

decision := {"allow": allow}
`)})
}

func benchLint(b *testing.B, language policy.Language, text policy.File) {
	texts, size := corpus(b)
	files := make([]lint.File, len(texts))
	for i, text := range texts {
		files[i] = lint.File{Name: "Dockerfile", Read: func() ([]byte, error) { return text, nil }}
	}
	p, err := language.Load([]policy.File{text}, nil)
	if err != nil {
		b.Fatal(err)
	}
	l := &lint.Linter{
		Rules: rules.All(), Jobs: 1,
		Settings: lint.Settings{Policies: []policy.Policy{p}},
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if _, failures := l.Lint(context.Background(), files); len(failures) > 0 {
			b.Fatal(failures)
		}
	}
}
