package export_test

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint/export"
	"github.com/imgpolicy/imgpolicy/lint/export/exporttest"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/catalog"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

const payments = "acme/payments/.imgpolicy.yaml"

// organization is the policy of a project today: the build policies of an export
// look at the clock.
func organization(t *testing.T, name string) *export.Policy {
	t.Helper()
	p, err := exporttest.Policy(name, catalog.DateOf(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func exported(t *testing.T, p *export.Policy, form string) *export.Export {
	t.Helper()
	for _, f := range export.Forms() {
		if f.Name == form {
			out, err := f.Export(p)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	t.Fatalf("no form %s", form)
	return nil
}

// regoPolicies loads the build policies of an export.
func regoPolicies(t *testing.T, e *export.Export) []*rego.Policy {
	t.Helper()
	root := fstest.MapFS{}
	for _, f := range e.Files {
		root[f.Name] = &fstest.MapFile{Data: f.Text}
	}
	var out []*rego.Policy
	for _, f := range e.Files {
		if rego.Language(rego.Options{}).Match(f.Name) {
			p, err := rego.Load([]policy.File{{Name: f.Name, Text: f.Text}}, root, rego.Options{})
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, p)
		}
	}
	return out
}

// checked asks build policies about one source, as a build does.
func checked(t *testing.T, policies []*rego.Policy, src source.Source, platform string) (allowed bool, messages []string) {
	t.Helper()
	allowed = true
	for _, p := range policies {
		c, err := p.Check(t.Context(), policy.Request{Source: src, Platform: platform})
		if err != nil {
			t.Fatalf("%s: %v", src.Identifier(), err)
		}
		allowed = allowed && c.Outcome == policy.Allow
		messages = append(messages, c.Messages...)
	}
	return allowed, messages
}

// TestRegoDecidesAsLint asks both about every reference, in the form that it has,
// of an export of today and of older ones: what has expired since is denied.
func TestRegoDecidesAsLint(t *testing.T) {
	t.Parallel()
	for _, days := range []int{0, 8, 30, 400} {
		t.Run(fmt.Sprint(days), func(t *testing.T) {
			t.Parallel()
			p := organization(t, payments)
			today := p.Today
			p.Today = today.Plus(-days)
			compareRego(t, p, today)
		})
	}
}

func compareRego(t *testing.T, p *export.Policy, today catalog.Date) {
	t.Helper()
	policies := regoPolicies(t, exported(t, p, "rego"))
	if len(policies) != 2 {
		t.Fatalf("%d policies, want one for each level", len(policies))
	}
	allowed, denied := 0, 0
	for _, ref := range p.References() {
		img, err := source.ParseReference(ref)
		if err != nil {
			t.Fatal(err)
		}
		findings, err := p.Judge(ref, today)
		if err != nil {
			t.Fatal(err)
		}
		got, messages := checked(t, policies, img, "linux/amd64")
		if want := len(findings) == 0; got != want {
			t.Errorf("%s: allowed is %t, %q; lint says %+v", ref, got, messages, findings)
		}
		if !got && len(messages) == 0 {
			t.Errorf("%s is denied without a word", ref)
		}
		if got {
			allowed++
		} else {
			denied++
		}
	}
	if allowed < 20 || denied < 50 {
		t.Errorf("%d references are allowed and %d denied: too few to compare", allowed, denied)
	}
}
