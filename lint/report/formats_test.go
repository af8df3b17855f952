package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
)

// FuzzFormats puts texts of strangers into every format: each stays
// well-formed in its own way, and harmless.
func FuzzFormats(f *testing.F) {
	addPairs(f)
	f.Fuzz(func(t *testing.T, a, b string) {
		r := hostileResult(a, b)
		r.Files = []string{a, b, "clean" + a}
		for _, format := range Formats() {
			out := write(t, format, r, Options{Token: "0123456789", Version: a, Failures: []string{a, b}})
			checkHarmless(t, out)
			switch format.Name {
			case "json", "sarif", "gitlab", "rdjson":
				checkJSON(t, format.Name, out)
			case "checkstyle", "junit":
				checkXML(t, format.Name, out)
			case "compact", "markdown", "buildx":
				if n := strings.Count(out, "\n"); n > 7 {
					t.Errorf("%s has %d lines, more than are its own:\n%s", format.Name, n, out)
				}
			}
		}
	})
}

// FuzzRunnerFormats is what a runner of GitHub Actions makes of them: nothing.
func FuzzRunnerFormats(f *testing.F) {
	addPairs(f)
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, format := range Formats() {
			if format.Name == "github" {
				continue // has commands of its own: FuzzGitHub
			}
			out := write(t, format, hostileResult(a, b), Options{Token: "0123456789", Runner: true})
			if n := obeyed(out); n != 0 {
				t.Errorf("%s: a runner obeys %d commands, or stays stopped (-1), in:\n%s", format.Name, n, out)
			}
		}
	})
}

func checkJSON(t *testing.T, name, out string) {
	t.Helper()
	if !json.Valid([]byte(out)) {
		t.Errorf("%s: not JSON: %s", name, out)
	}
	if strings.Contains(out, "##[") {
		t.Errorf("%s has an old command of a runner: %s", name, out)
	}
}

func checkXML(t *testing.T, name, out string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(out))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v in %q", name, err, out)
		}
	}
}

// TestXMLLint asks libxml2, which is what most readers of these forms use,
// whether they have the shape of testdata/schema.
func TestXMLLint(t *testing.T) {
	t.Parallel()
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed (Debian: libxml2-utils)")
	}
	hostile := *hostileResult("a\x00\ufffe]]>&<!--", "\xff\"'<b>\n")
	hostile.Files = []string{"clean"}
	for _, c := range append(testCases(), testCase{name: "hostile texts", result: hostile}) {
		if len(c.result.Files) == 0 {
			continue // no run prints a result of no file
		}
		for _, f := range []Format{checkstyleFormat(), junitFormat()} {
			cmd := exec.CommandContext(t.Context(), xmllint, "--noout", "--nonet", "--schema", "testdata/schema/"+f.Name+".xsd", "-")
			cmd.Stdin = strings.NewReader(write(t, f, &c.result, c.opt))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s as %s: %v\n%s", c.name, f.Name, err, out)
			}
		}
	}
}

// TestJUnitCounts reads the report as a server does.
func TestJUnitCounts(t *testing.T) {
	t.Parallel()
	for _, c := range testCases() {
		var suites struct {
			Suite struct {
				Tests    int `xml:"tests,attr"`
				Failures int `xml:"failures,attr"`
				Errors   int `xml:"errors,attr"`
				Skipped  int `xml:"skipped,attr"`
				Cases    []struct {
					Failure *struct{} `xml:"failure"`
					Error   *struct{} `xml:"error"`
					Skipped *struct{} `xml:"skipped"`
				} `xml:"testcase"`
			} `xml:"testsuite"`
		}
		if err := xml.Unmarshal([]byte(write(t, junitFormat(), &c.result, c.opt)), &suites); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		s, failures, failed, skipped := suites.Suite, 0, 0, 0
		for _, test := range s.Cases {
			switch {
			case test.Failure != nil:
				failures++
			case test.Error != nil:
				failed++
			case test.Skipped != nil:
				skipped++
			}
		}
		if s.Tests != len(s.Cases) || s.Failures != failures || failures != len(c.result.Diagnostics) {
			t.Errorf("%s: counts %d tests, %d failures; has %d and %d for %d diagnostics", c.name, s.Tests, s.Failures, len(s.Cases), failures, len(c.result.Diagnostics))
		}
		if s.Errors != failed || failed != len(c.opt.Failures) || s.Skipped != skipped || skipped != len(c.result.Ignored) {
			t.Errorf("%s: counts %d errors, %d skipped; has %d for %d failures and %d for %d ignored", c.name, s.Errors, s.Skipped, failed, len(c.opt.Failures), skipped, len(c.result.Ignored))
		}
	}
}

// TestGitLabFingerprints are unique, and stay when the lines go elsewhere.
func TestGitLabFingerprints(t *testing.T) {
	t.Parallel()
	diagnostic := lint.Diagnostic{Rule: denied, Message: "denied", File: "Dockerfile", Range: at(1, 6, 9), Input: &lint.Input{Word: "node"}}
	moved := diagnostic
	moved.Range, moved.Message = at(7, 6, 9), "said otherwise"
	first := fingerprints(t, result(1, 1, 0, diagnostic, diagnostic))
	if first[0] == first[1] {
		t.Errorf("two diagnostics have the fingerprint %s", first[0])
	}
	if second := fingerprints(t, result(1, 1, 0, moved, moved)); !slices.Equal(first, second) {
		t.Errorf("fingerprints are %s, and %s once the lines have moved", first, second)
	}
}

func fingerprints(t *testing.T, r lint.Result) []string {
	t.Helper()
	var issues []gitlabIssue
	if err := json.Unmarshal([]byte(write(t, gitlabFormat(), &r, Options{})), &issues); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, i := range issues {
		all = append(all, i.Fingerprint)
	}
	return all
}

func TestMarkdownRoom(t *testing.T) {
	t.Parallel()
	d := lint.Diagnostic{Rule: denied, Message: strings.Repeat("x", 100), File: "Dockerfile", Range: at(1, 6, 9)}
	r := result(1, 1, 0, slices.Repeat([]lint.Diagnostic{d}, 100)...)
	out, whole := markdown(&r, Options{}, 2000)
	rows := strings.Count(out, "\n| error")
	if len(out) > 2000 || rows == 0 || whole || !strings.HasSuffix(out, "more: the table is as long as it may be\n") {
		t.Errorf("in 2000 bytes there are %d, with %d rows:\n%s", len(out), rows, out)
	}
}

func TestCodeSpan(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"": "", "a": "`a`", "a|b": "`a\\|b`", "`a`": "`` `a` ``", "a``b": "```a``b```", "`": "`` ` ``",
	} {
		if got := codeSpan(s); got != want {
			t.Errorf("codeSpan(%q) = %s, want %s", s, got, want)
		}
	}
}

func TestBuildxFailure(t *testing.T) {
	t.Parallel()
	const image = `failed to resolve source metadata for docker.io/library/alpine:3.19: could not resolve image due to policy: source "docker-image://docker.io/library/alpine:3.19" not allowed by policy: action DENY`
	const loading = `failed to load LLB: error evaluating the source policy: source "`
	for _, tt := range []struct {
		denial lint.Denial
		want   string
	}{
		{lint.Denial{Source: "docker-image://docker.io/library/alpine:3.19", Name: "alpine:3.19"}, "alpine:3.19: " + image},
		{lint.Denial{Source: "docker-image://docker.io/library/alpine:3.19"}, image},
		{lint.Denial{Source: "http://127.0.0.1:8099/file.txt"}, loading + `http://127.0.0.1:8099/file.txt" not allowed by policy: action DENY`},
		{lint.Denial{Source: "local://dockerfile"}, "failed to read dockerfile: " + loading + `local://dockerfile" not allowed by policy: action DENY`},
	} {
		if got := buildxFailure(&tt.denial); got != tt.want {
			t.Errorf("buildxFailure(%+v) =\n%s, want\n%s", tt.denial, got, tt.want)
		}
	}
}
