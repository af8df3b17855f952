package rego_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/rego"
)

// trace is one entry of testdata/cases/build-traces.json: what a build with
// Buildx asked its policy about, and with which input.
type trace struct {
	Name, Dockerfile string
	Args             []string
	Asked            []struct{ Source, Platform string }
	Inputs           []map[string]any
}

// differing are the traces that ask something else here, with the reason.
var differing = map[string]string{
	"named-context-oci-layout": "the build ends at the first source; here all are asked about",
	"sbom":                     "the scanner's image comes from a flag of the build that is not ours, and its failure ended the build",
	"check-mode":               "a check asks in the first pass only; here a build is meant",
}

// asking collects what is asked, and the input documents.
type asking struct {
	t       *testing.T
	policy  *rego.Policy
	sources map[string]bool
	inputs  map[string]bool
}

const traceDigest = "sha256:1111111111111111111111111111111111111111111111111111111111111111"

var anyTraceDigest = regexp.MustCompile(`sha256:[0-9a-f]{64}`)

func (a *asking) ask(src source.Source, platform, shown string) {
	a.t.Helper()
	a.sources[anyTraceDigest.ReplaceAllString(src.Identifier(), "<digest>")+" "+shown] = true
	c, err := a.policy.Check(a.t.Context(), policy.Request{Source: src, Platform: platform})
	if err != nil {
		a.t.Errorf("%s: %v", src.Identifier(), err)
	}
	delete(c.Input, "env")
	if c.Input["local"] == nil {
		a.inputs[canonical(a.t, c.Input)] = true
	}
}

func canonical(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return anyTraceDigest.ReplaceAllString(string(text), `\u003cdigest\u003e`)
}

// input asks about an input of the build, in every form.
func (a *asking) input(in dockerfile.Input) {
	img, ok := in.Source.(source.Image)
	if !ok {
		a.ask(in.Source, "", "")
		return
	}
	platform, shown := in.Platform, in.Platform
	if in.Instruction == "syntax" {
		platform, shown = "linux/amd64", "" // asked without one, and answered for the builder's
	}
	a.ask(img, platform, shown)
	if img.Pinned() || in.Context != "" {
		return
	}
	pinned, err := img.WithDigest(traceDigest)
	if err != nil {
		a.t.Fatal(err)
	}
	a.ask(pinned, platform, platform)
}

// flags are the options of the command line of a trace, and its platforms.
func (tr trace) flags() (opt dockerfile.Options, platforms []string) {
	opt.Contexts, platforms = map[string]string{}, []string{"linux/amd64"}
	for i := 0; i+1 < len(tr.Args); i++ {
		switch value := tr.Args[i+1]; tr.Args[i] {
		case "--target":
			opt.Target = value
		case "--platform":
			platforms = strings.Split(value, ",")
		case "--build-context":
			name, context, err := dockerfile.ParseContext(value)
			if err != nil {
				panic(err)
			}
			opt.Contexts[name] = context
		}
	}
	return opt, platforms
}

func TestTracesOfBuilds(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../testdata/cases/build-traces.json")
	if err != nil {
		t.Fatal(err)
	}
	var traces []trace
	if err := json.Unmarshal(data, &traces); err != nil {
		t.Fatal(err)
	}
	text := "package docker\n\ndefault allow := true\n\ndecision := {\"allow\": allow}\n"
	p, err := rego.Load([]policy.File{{Name: "Dockerfile.rego", Text: []byte(text)}}, nil, rego.Options{OldHost: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range traces {
		t.Run(tr.Name, func(t *testing.T) {
			t.Parallel()
			if why := differing[tr.Name]; why != "" {
				t.Skip(why)
			}
			a := &asking{t: t, policy: p, sources: map[string]bool{}, inputs: map[string]bool{}}
			a.build(tr)
			tr.compare(t, a)
		})
	}
}

// build asks what a build of the trace's file asks.
func (a *asking) build(tr trace) {
	a.ask(source.Local{Name: "dockerfile"}, "", "")
	opt, platforms := tr.flags()
	f := dockerfile.Parse("Dockerfile", []byte(tr.Dockerfile))
	for _, opt.Platform = range platforms {
		inputs := f.Resolve(opt).Inputs
		frontend := slices.IndexFunc(inputs, func(in dockerfile.Input) bool { return in.Instruction == "syntax" })
		if frontend >= 0 {
			a.input(inputs[frontend]) // the traces' frontend fails, and ends the build
			continue
		}
		a.ask(source.Local{Name: "context"}, "", "")
		for _, in := range inputs {
			if in.Reached && in.Source != nil {
				a.input(in)
			}
		}
	}
}

func (tr trace) compare(t *testing.T, a *asking) {
	t.Helper()
	sources, inputs := map[string]bool{}, map[string]bool{}
	for _, s := range tr.Asked {
		sources[s.Source+" "+s.Platform] = true
	}
	for _, in := range tr.Inputs {
		inputs[canonical(t, in)] = true
	}
	for what, pair := range map[string][2]map[string]bool{"sources": {a.sources, sources}, "inputs": {a.inputs, inputs}} {
		got, want := slices.Sorted(maps.Keys(pair[0])), slices.Sorted(maps.Keys(pair[1]))
		if !slices.Equal(got, want) {
			t.Errorf("%s differ\n got %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
	}
}
