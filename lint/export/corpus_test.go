package export_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint/export/exporttest"
)

// TestRegoDecidesAsLintOfCorpus asks about every image of the corpus, of which a
// catalog approves every third.
func TestRegoDecidesAsLintOfCorpus(t *testing.T) {
	t.Parallel()
	root := os.Getenv("IMGPOLICY_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	references, err := exporttest.Corpus(root)
	if err != nil {
		t.Skipf("no corpus of Dockerfiles at %s (set IMGPOLICY_CORPUS): %v", root, err)
	}
	p, err := exporttest.Approving(references, today())
	if err != nil {
		t.Fatal(err)
	}
	policies := regoPolicies(t, exported(t, p, "rego"))
	allowed := 0
	for _, ref := range references {
		img, err := source.ParseReference(ref)
		if err != nil {
			t.Fatal(err)
		}
		findings, err := p.Judge(ref, p.Today)
		if err != nil {
			t.Fatal(err)
		}
		got, messages := checked(t, policies, img, "linux/amd64")
		if want := len(findings) == 0; got != want {
			t.Errorf("%s: allowed is %t, %q; lint says %+v", ref, got, messages, findings)
		}
		if got {
			allowed++
		}
	}
	t.Logf("%d references, %d of them allowed", len(references), allowed)
	if allowed < len(references)/10 || allowed > len(references)/2 {
		t.Errorf("%d of %d references are allowed: too one-sided to compare", allowed, len(references))
	}
}
