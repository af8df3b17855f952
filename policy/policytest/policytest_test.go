package policytest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/imgpolicy/imgpolicy/policy"
)

const testedPolicy = `package docker

default allow := false

allow if input.local
deny_msg contains "a\u001b[31m]]>\n::error::\u0001" if input.image
decision := {"allow": allow, "deny_msg": deny_msg}
`

func run(t *testing.T, opt Options, texts ...string) (*Report, error) {
	t.Helper()
	var files []policy.File
	for i, text := range texts {
		files = append(files, policy.File{Name: string(rune('a'+i)) + "_test.rego", Text: []byte(text)})
	}
	return Run(t.Context(), policy.File{Name: "Dockerfile.rego", Text: []byte(testedPolicy)}, files, fstest.MapFS{}, opt)
}

func write(t *testing.T, name string, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	for _, f := range Formats() {
		if f.Name == name {
			if err := f.Write(&b, r, false); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.String()
}

// What a policy says cannot drive a terminal, start a line, or break a document.
func TestHostileText(t *testing.T) {
	t.Parallel()
	r, err := run(t, Options{}, "package docker\n"+`test_it if decision.allow with input as {"image": {}}`)
	if err != nil {
		t.Fatal(err)
	}
	text := write(t, "text", r)
	if want := `test_it: FAIL (allow=false, deny_msg=a\x1b[31m]]>\n::error::\x01)` + "\n"; !strings.HasPrefix(text, want) {
		t.Errorf("text = %q, want %q…", text, want)
	}
	junit := write(t, "junit", r)
	if !strings.Contains(junit, "deny_msg=a\ufffd[31m]]&gt;") || !strings.Contains(junit, "::error::\ufffd)") {
		t.Errorf("junit = %q, want U+FFFD for what XML cannot hold", junit)
	}
	for d := xml.NewDecoder(strings.NewReader(junit)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// Every key is there, whatever there is to say.
func TestJSON(t *testing.T) {
	t.Parallel()
	r, err := run(t, Options{}, "package other\ntest_it if true")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Compact(&got, []byte(write(t, "json", r))); err != nil {
		t.Fatal(err)
	}
	want := `{"version":1,"tests":[{"package":"other","name":"test_it","file":"a_test.rego","line":2,"pass":true,"allow":null,` +
		`"denyMessages":[],"input":null,"decision":null,"missingInput":[],"metadataResolve":[],"printed":[],"error":""}],` +
		`"summary":{"passed":1,"failed":0},"coverage":null}`
	if got := strings.TrimSpace(got.String()); got != want {
		t.Errorf("json = %s, want %s", got, want)
	}
}

// Tests of one name in different packages are told apart, also when only one of
// them is asked for by a part of another name.
func TestNamesakes(t *testing.T) {
	t.Parallel()
	r, err := run(t, Options{Run: "_it"}, "package docker\ntest_it if true\ntest_b if true", "package other\ntest_it if false\ntest_it_too if true")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range r.Results {
		got = append(got, status(&r.Results[i]))
	}
	want := "docker.test_it: PASS (allow=false) other.test_it: FAIL (allow=n/a) test_it_too: PASS (allow=n/a)"
	if got := strings.Join(got, " "); got != want || r.Failed() != 1 {
		t.Errorf("got %s, %d failed, want %s", got, r.Failed(), want)
	}
}

func TestNoTests(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"package docker\nx := 1", "package docker\ntest_a if true"} {
		if _, err := run(t, Options{Run: "nope"}, text); !errors.Is(err, ErrNoTests) {
			t.Errorf("Run(%q) = %v, want %v", text, err, ErrNoTests)
		}
	}
}
