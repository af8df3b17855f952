package policy

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/policy"
)

// policyCase is one entry of a case file, with what Buildx once answered.
type policyCase struct {
	Name, Policy, Source, Platform string
	Attrs, Modules, Files          map[string]string
	Env                            struct {
		Args, Labels     map[string]string
		Filename, Target string
	}
	Resolved *policy.Metadata
	Expect   struct {
		Action, Error, Convert string
		DenyMsg                []string `json:"deny_msg"`
		Needs, Print           []string
		CapsProbe              string `json:"caps_probe"`
	}
}

// caseFiles are those of the repository, and more in IMGPOLICY_CASES, separated
// by colons: files that may not be published.
func caseFiles() []string {
	files := []string{"../../cases/policy-cases.json", "../../cases/policy-extra.json"}
	return append(files, strings.FieldsFunc(os.Getenv("IMGPOLICY_CASES"), func(r rune) bool { return r == ':' })...)
}

func readCases(tb testing.TB, file string) []policyCase {
	tb.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	var out []policyCase
	if err := json.Unmarshal(data, &out); err != nil {
		tb.Fatal(err)
	}
	return out
}

func (c policyCase) question() Question {
	q := Question{
		Modules: []policy.File{{Name: "Dockerfile.rego", Text: []byte(c.Policy)}},
		Files:   fstest.MapFS{"Dockerfile.rego": {Data: []byte(c.Policy)}},
		Source:  c.Source, Platform: c.Platform, Attrs: c.Attrs, Metadata: c.Resolved,
		Env: policy.Env{Args: c.Env.Args, Labels: c.Env.Labels, Filename: c.Env.Filename, Target: c.Env.Target},
	}
	if q.Platform == "" && strings.HasPrefix(q.Source, "docker-image") {
		q.Platform = "linux/amd64" // the default that the builder would give
	}
	for name, text := range c.Modules {
		q.Modules = append(q.Modules, policy.File{Name: name, Text: []byte(text)})
		q.Files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	slices.SortFunc(q.Modules[1:], func(a, b policy.File) int { return strings.Compare(a.Name, b.Name) })
	for name, text := range c.Files {
		q.Files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return q
}

// agree asks both engines.
func agree(t *testing.T, q Question) Answer {
	t.Helper()
	want, got := Buildx(t.Context(), q), Ours(t.Context(), q)
	answer := want
	if got.Input == "" && got.Error == got.Probe {
		// A policy that does not load is asked about nothing here, and a build
		// ends in the probe.
		got, want = Answer{Probe: got.Probe}, Answer{Probe: want.Probe}
	}
	if strings.HasPrefix(got.Error, "failed to marshal policy input: ") {
		got.Input = "" // ours is shown although Buildx cannot write it
	}
	w, g := describe(want), describe(got)
	if w != g {
		t.Errorf("answers differ\n got %s\nwant %s\nabout %s %s %v %s\n%s", g, w, q.Source, q.Platform, q.Attrs, describe(q.Metadata), q.Modules[0].Text)
	}
	return answer
}

func describe(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func TestCasesAgreeWithBuildx(t *testing.T) {
	t.Parallel()
	for _, file := range caseFiles() {
		for _, c := range readCases(t, file) {
			t.Run(c.Name, func(t *testing.T) {
				t.Parallel()
				recorded(t, c, agree(t, c.question()))
			})
		}
	}
}

// recorded asks that the engine still answers as the case file says.
func recorded(t *testing.T, c policyCase, a Answer) {
	t.Helper()
	slices.Sort(c.Expect.Needs)
	if a.Action != c.Expect.Action || !slices.Equal(a.Needs, c.Expect.Needs) ||
		a.Action == "DENY" && !slices.Equal(a.Messages, c.Expect.DenyMsg) ||
		!strings.Contains(squeeze(a.Error), squeeze(c.Expect.Error)) || c.Expect.Convert != "" && a.Convert != c.Expect.Convert ||
		squeeze(strings.TrimPrefix(c.Expect.CapsProbe, "error: ")) != squeeze(a.Probe) {
		t.Errorf("Buildx answers %s, the case says %+v", describe(a), c.Expect)
	}
}

// squeeze evens out white space: the case files have errors on one line.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
