package dockerfile_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
)

// sourceCase is one entry of testdata/cases/source-cases.json, what a real
// BuildKit asked for, or of source-extra.json, which testdata/oracle holds
// against BuildKit's frontend.
type sourceCase struct {
	Name       string
	Dockerfile string
	Options    struct {
		Target, Platform, Context string
		BuildArgs, BuildContexts  map[string]string
		FrontendOpts              map[string]string
		ImageEnv                  map[string][]string
		ImageOnBuild              map[string][]string
		ExternalFrontendOnly      bool
	}
	Expect struct {
		Sources     []expectedSource
		SourcesRacy bool
		Error       string
		AllTargets  []string
	}
}

type expectedSource struct {
	Kind, Identifier, Platform string
	Attrs                      map[string]string
	MetaOnly                   bool
	Line                       int
	Lines                      []int
	Text                       string
	TextLine, TextCol          int
}

func loadSourceCases(tb testing.TB) []sourceCase {
	tb.Helper()
	var all []sourceCase
	for _, name := range []string{"source-cases.json", "source-extra.json"} {
		data, err := os.ReadFile("../testdata/cases/" + name)
		if err != nil {
			tb.Fatal(err)
		}
		var cases []sourceCase
		if err := json.Unmarshal(data, &cases); err != nil {
			tb.Fatal(err)
		}
		all = append(all, cases...)
	}
	return all
}

// options turns a case's flags into ours. closed makes an ARG without a value
// unset, as the engine that answered the cases took it.
func (c sourceCase) options(closed bool) dockerfile.Options {
	o := dockerfile.Options{
		Target: c.Options.Target, Platform: c.Options.Platform, BuildArgs: c.Options.BuildArgs, Closed: closed,
		Contexts: map[string]string{},
	}
	for name, value := range c.Options.BuildContexts {
		key, value, err := dockerfile.ParseContext(name + "=" + value)
		if err != nil {
			panic(err)
		}
		o.Contexts[key] = value
	}
	for k, v := range c.Options.FrontendOpts {
		if name, ok := strings.CutPrefix(k, "context:"); ok {
			o.Contexts[name] = v
		}
	}
	o.Image = func(ref, _ string) (dockerfile.ImageConfig, bool) {
		name := familiar(ref)
		return dockerfile.ImageConfig{Env: c.Options.ImageEnv[name], OnBuild: c.Options.ImageOnBuild[name]}, true
	}
	return o
}

func familiar(ref string) string { return strings.TrimPrefix(ref, "docker.io/library/") }

func TestSourceCases(t *testing.T) {
	t.Parallel()
	for _, c := range loadSourceCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if c.Options.Context != "" {
				t.Skip("a remote build context is no option of Resolve")
			}
			if _, ok := c.Options.FrontendOpts["attest:sbom"]; ok {
				t.Skip("the SBOM scanner is asked for by a flag of the build, not by the Dockerfile")
			}
			f := dockerfile.Parse("Dockerfile", []byte(c.Dockerfile))
			res := f.Resolve(c.options(true))
			checkCaseErrors(t, c, res)
			if c.Options.ExternalFrontendOnly {
				res.Inputs = slices.DeleteFunc(res.Inputs, func(in dockerfile.Input) bool { return in.Instruction != "syntax" })
			}
			if c.Expect.Error != "" {
				return
			}
			got, want := gotSources(res), wantSources(c)
			if !slices.Equal(got, want) {
				t.Errorf("sources of\n%s\n got %s\nwant %s", c.Dockerfile, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
			}
			checkCaseSpans(t, c, f, res)
		})
	}
}

func checkCaseErrors(t *testing.T, c sourceCase, res *dockerfile.Resolution) {
	t.Helper()
	var refusals []string
	for _, p := range res.Problems {
		if p.Kind != dockerfile.UndefinedProblem {
			refusals = append(refusals, p.Message)
		}
	}
	switch {
	case c.Expect.Error == "" && len(refusals) > 0 && !c.Options.ExternalFrontendOnly:
		t.Errorf("BuildKit builds\n%s\nwe say %q", c.Dockerfile, refusals)
	case c.Expect.Error != "" && len(refusals) == 0:
		t.Errorf("BuildKit refuses\n%s\nwith %q, we do not", c.Dockerfile, c.Expect.Error)
	case c.Expect.Error != "":
		want := strings.ReplaceAll(c.Expect.Error, "dockerfile parse error on line ", "")
		if !slices.ContainsFunc(refusals, func(r string) bool { return strings.Contains(want, strings.SplitN(r, " (did you mean", 2)[0]) }) {
			t.Errorf("BuildKit refuses with %q, we with %q", c.Expect.Error, refusals)
		}
	}
}

func gotSources(res *dockerfile.Resolution) []string {
	var out []string
	for _, in := range res.Inputs {
		if !in.Reached || in.Source == nil {
			continue
		}
		attrs := in.Source.Attrs()
		for _, k := range []string{"git.fullurl", "git.authtokensecret", "git.authheadersecret", "oci.store", "git.checksum", "http.checksum"} {
			delete(attrs, k)
		}
		out = append(out, fmt.Sprintf("%s %s %s %v", in.Kind, in.Source.Identifier(), in.Platform, attrs))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func wantSources(c sourceCase) []string {
	var out []string
	for _, s := range c.Expect.Sources {
		if s.Kind == "frontend" {
			s.Kind, s.Platform = "image", ""
		}
		if s.Kind == "oci-layout" || s.Kind == "image" {
			s.Attrs = nil
		}
		out = append(out, fmt.Sprintf("%s %s %s %v", s.Kind, s.Identifier, s.Platform, s.Attrs))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func checkCaseSpans(t *testing.T, c sourceCase, f *dockerfile.File, res *dockerfile.Resolution) {
	t.Helper()
	for _, s := range c.Expect.Sources {
		if s.Text == "" {
			continue
		}
		found := slices.ContainsFunc(res.Inputs, func(in dockerfile.Input) bool {
			return in.Word == s.Text && f.Text[in.Span.Start:in.Span.End] == s.Text && f.Position(in.Span.Start).Line == s.TextLine
		})
		if !found {
			var words []string
			for _, in := range res.Inputs {
				words = append(words, fmt.Sprintf("%q at %v", in.Word, f.Position(in.Span.Start)))
			}
			t.Errorf("no input %q at line %d in\n%s\n%s", s.Text, s.TextLine, c.Dockerfile, strings.Join(words, "\n"))
		}
	}
}
