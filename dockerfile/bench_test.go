package dockerfile_test

import (
	"bytes"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/imgpolicy/imgpolicy/dockerfile"
)

func corpusTexts(b *testing.B) (texts [][]byte) {
	b.Helper()
	size := 0
	for _, text := range corpus(b) {
		texts, size = append(texts, text), size+len(text)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	return texts
}

// BenchmarkParseOnly is the floor: what BuildKit takes to read the corpus.
func BenchmarkParseOnly(b *testing.B) {
	texts := corpusTexts(b)
	for b.Loop() {
		for _, text := range texts {
			if result, err := parser.Parse(bytes.NewReader(text)); err == nil {
				_, _, _ = instructions.Parse(result.AST, linter.New(&linter.Config{}))
			}
		}
	}
}

// BenchmarkInputs resolves all stages of every file of the corpus.
func BenchmarkInputs(b *testing.B) {
	texts := corpusTexts(b)
	for b.Loop() {
		for _, text := range texts {
			dockerfile.Parse("Dockerfile", text).Resolve(dockerfile.Options{})
		}
	}
}
