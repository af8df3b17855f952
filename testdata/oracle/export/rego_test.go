// Package export asks the engines that read what imgpolicy exports whether it
// means there what lint says.
package export

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	buildx "github.com/docker/buildx/policy"
	"github.com/sirupsen/logrus"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint/export"
	"github.com/imgpolicy/imgpolicy/lint/export/exporttest"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/catalog"

	oracle "github.com/imgpolicy/imgpolicy/testdata/oracle/policy"
)

func today() catalog.Date { return catalog.DateOf(time.Now()) }

// organization is the policy that all forms are asked about.
func organization(t *testing.T) *export.Policy {
	t.Helper()
	p, err := exporttest.Policy("acme/payments/.imgpolicy.yaml", today())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// exported are the files of a form, by name.
func exported(t *testing.T, p *export.Policy, form string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	for _, f := range export.Forms() {
		if f.Name != form {
			continue
		}
		e, err := f.Export(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range e.Files {
			out[file.Name] = &fstest.MapFile{Data: file.Text}
		}
	}
	if len(out) == 0 {
		t.Fatalf("no form %s", form)
	}
	return out
}

// corpus are the images of the real Dockerfiles of IMGPOLICY_CORPUS.
func corpus(t *testing.T) []string {
	t.Helper()
	root := os.Getenv("IMGPOLICY_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	references, err := exporttest.Corpus(root)
	if err != nil {
		t.Skipf("no corpus of Dockerfiles at %s (set IMGPOLICY_CORPUS): %v", root, err)
	}
	return references
}

// TestRegoInBuildx asks Buildx about every reference, as a build asks about it in
// the form that it has.
func TestRegoInBuildx(t *testing.T) {
	t.Parallel()
	t.Run("organization", func(t *testing.T) {
		t.Parallel()
		p := organization(t)
		p.Today = today().Plus(-20) // what has expired since is denied
		askBuildx(t, p, p.References())
	})
	t.Run("corpus", func(t *testing.T) {
		t.Parallel()
		references := corpus(t)
		p, err := exporttest.Approving(references, today())
		if err != nil {
			t.Fatal(err)
		}
		askBuildx(t, p, references)
	})
}

func askBuildx(t *testing.T, p *export.Policy, references []string) {
	t.Helper()
	files := exported(t, p, "rego")
	var policies []*buildx.Policy
	for name, f := range files {
		if strings.HasSuffix(name, ".rego") {
			q := oracle.Question{Modules: []policy.File{{Name: name, Text: f.Data}}, Files: files}
			policies = append(policies, oracle.NewBuildx(q, func(logrus.Level, string) {}))
		}
	}
	for _, pol := range policies {
		if _, err := pol.CheckCaps(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	allowed := 0
	for _, ref := range references {
		findings, err := p.Judge(ref, today())
		if err != nil {
			t.Fatal(err)
		}
		got, messages := true, ""
		for _, pol := range policies {
			q := oracle.Question{Source: source.ImageScheme + ref, Platform: "linux/amd64"}
			d, request, err := pol.CheckPolicy(t.Context(), oracle.CheckRequest(q))
			if err != nil || request != nil {
				t.Fatalf("%s: %v, asks for %v", ref, err, request)
			}
			got = got && d.Action.String() == "ALLOW"
			for _, m := range d.DenyMessages {
				messages += m.Message + "\n"
			}
		}
		if want := len(findings) == 0; got != want {
			t.Errorf("%s: allowed is %t, %s; lint says %+v", ref, got, messages, findings)
		}
		if got {
			allowed++
		} else if messages == "" {
			t.Errorf("%s is denied without a word", ref)
		}
	}
	t.Logf("%d references, %d of them allowed", len(references), allowed)
	if allowed < len(references)/10 || allowed > len(references)*2/3 {
		t.Errorf("%d of %d references are allowed: too one-sided to compare", allowed, len(references))
	}
}
