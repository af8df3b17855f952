package rego_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// policyCase is one entry of testdata/cases/policy-cases.json and of
// policy-extra.json, in which testdata/oracle keeps what it once found: what
// Buildx's CheckPolicy answered.
type policyCase struct {
	Name, Policy, Source, Platform string
	Attrs, Modules, Files          map[string]string
	Env                            struct {
		Args, Labels     map[string]string
		Filename, Target string
	}
	Resolved          *policy.Metadata
	Expect            expectation
	ExpectBuildxV0_38 *expectation `json:"expect_buildx_v0_38"`
}

type expectation struct {
	Action    string
	DenyMsg   []string `json:"deny_msg"`
	Needs     []string
	Error     string
	CapsProbe string `json:"caps_probe"`
	Print     []string
}

func cases(tb testing.TB) []policyCase {
	tb.Helper()
	var out []policyCase
	for _, name := range []string{"policy-cases.json", "policy-extra.json"} {
		data, err := os.ReadFile("../../testdata/cases/" + name)
		if err != nil {
			tb.Fatal(err)
		}
		var list []policyCase
		if err := json.Unmarshal(data, &list); err != nil {
			tb.Fatal(err)
		}
		out = append(out, list...)
	}
	return out
}

func (c policyCase) load(opt rego.Options) (*rego.Policy, error) {
	root := fstest.MapFS{"Dockerfile.rego": &fstest.MapFile{Data: []byte(c.Policy)}}
	files := []policy.File{{Name: "Dockerfile.rego", Text: []byte(c.Policy)}}
	for name, text := range c.Modules {
		root[name] = &fstest.MapFile{Data: []byte(text)}
		files = append(files, policy.File{Name: name, Text: []byte(text)})
	}
	slices.SortFunc(files[1:], func(a, b policy.File) int { return strings.Compare(a.Name, b.Name) })
	for name, text := range c.Files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return rego.Load(files, root, opt)
}

func (c policyCase) request() policy.Request {
	platform := c.Platform
	if platform == "" {
		platform = "linux/amd64"
	}
	return policy.Request{
		Source: source.Raw{ID: c.Source, Attributes: c.Attrs}, Platform: platform, Metadata: c.Resolved,
		Env: policy.Env{Args: c.Env.Args, Labels: c.Env.Labels, Filename: c.Env.Filename, Target: c.Env.Target},
	}
}

var actions = map[string]policy.Outcome{
	"ALLOW": policy.Allow, "DENY": policy.Deny, "NEEDS": policy.Unknown, "CONVERT": policy.Convert,
}

func TestCasesAgreeWithBuildx(t *testing.T) {
	t.Parallel()
	for _, c := range cases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			compareCase(t, c, c.Expect, rego.Options{OldHost: true})
			if c.ExpectBuildxV0_38 != nil {
				compareCase(t, c, *c.ExpectBuildxV0_38, rego.Options{})
			}
		})
	}
}

func compareCase(t *testing.T, c policyCase, want expectation, opt rego.Options) {
	t.Helper()
	p, err := c.load(opt)
	var got rego.Check
	if err == nil {
		got, err = p.Check(t.Context(), c.request())
	}
	text := ""
	if err != nil {
		text = err.Error()
		if bad, ok := err.(*policy.LoadError); ok {
			text = bad.Whole
		}
	}
	if want.Action == "ERROR" {
		if !strings.Contains(text, want.Error) {
			t.Errorf("error %q, Buildx says %q", text, want.Error)
		}
		return
	}
	if err != nil {
		t.Fatalf("error %v, Buildx says %s\n%s", err, want.Action, c.Policy)
	}
	if got.Outcome != actions[want.Action] {
		t.Errorf("%v (needs %v), Buildx says %s\n%s", got.Outcome, got.Needs, want.Action, c.Policy)
	}
	if want.Action == "DENY" && !slices.Equal(got.Messages, want.DenyMsg) {
		t.Errorf("messages %q, Buildx says %q", got.Messages, want.DenyMsg)
	}
	if want.Print != nil && !slices.Equal(got.Printed, want.Print) {
		t.Errorf("printed %q, Buildx prints %q", got.Printed, want.Print)
	}
	slices.Sort(got.Needs)
	slices.Sort(want.Needs)
	if !slices.Equal(got.Needs, want.Needs) {
		t.Errorf("needs %v, Buildx says %v", got.Needs, want.Needs)
	}
}

func TestProbeAgreesWithBuildx(t *testing.T) {
	t.Parallel()
	for _, c := range cases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			p, err := c.load(rego.Options{OldHost: true})
			if err == nil {
				err = p.Probe(t.Context(), c.request().Env)
			}
			want := c.Expect.CapsProbe
			if (want == "ok") != (err == nil) {
				t.Errorf("probe says %v, Buildx says %q", err, want)
			}
		})
	}
}
