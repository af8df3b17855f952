package report_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/report"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

// sarifText has diagnostics of several rules, a variable with a value, and an
// instruction that cannot be read.
const sarifText = "# syntax=docker/dockerfile:1\nARG NODE_TAG=20-slim\nFROM node:${NODE_TAG} AS build\nADD http://bot:pass@example.com/x /\nCOPPY a /b\n"

// TestSARIFMultitool asks Microsoft's validator, with GitHub's own rules, about
// all cases and the output for all rules of the program.
// IMGPOLICY_SARIF_MULTITOOL is the binary Sarif.Multitool of
// @microsoft/sarif-multitool-linux from npm; .ci/sarif-multitool installs it.
func TestSARIFMultitool(t *testing.T) {
	t.Parallel()
	tool := os.Getenv("IMGPOLICY_SARIF_MULTITOOL")
	if tool == "" {
		t.Skip("IMGPOLICY_SARIF_MULTITOOL is not set: `.ci/sarif-multitool` installs the validator and prints its path")
	}
	dir := t.TempDir()
	cases, err := filepath.Glob("testdata/*.sarif")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for name, text := range map[string]string{"real.sarif": sarifOf(t, sarifText), "ignores.sarif": sarifOf(t, sarifIgnores)} {
		cases = append(cases, filepath.Join(dir, name))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := append([]string{"validate"}, cases...)
	args = append(args, "--rule-kind", "Sarif;Ghas", "--output", filepath.Join(dir, "found"), "--log", "ForceOverwrite", "--level", "Error;Warning")
	cmd := exec.CommandContext(t.Context(), tool, args...)
	cmd.Env = append(os.Environ(), "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1") // it would want libicu
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), fmt.Sprintf("%d files scanned", len(cases))) {
		t.Errorf("Sarif.Multitool: %v\n%s", err, out)
	}
	// Its exit code is 0 all the same. No error or warning is excused.
	for _, found := range regexp.MustCompile(`(?m)^.*: (?:error|warning) [A-Z]+[0-9]+.*$`).FindAll(out, -1) {
		t.Errorf("%s", found)
	}
}

// sarifIgnores has directives that hide something, with and without a reason,
// and two that are of no use and have fixes.
const sarifIgnores = "# syntax=docker/dockerfile:1\n# imgpolicy global ignore=unpinned-frontend\n\n" +
	"# imgpolicy ignore=unpinned-image,unpined-git;until=2027-03-31;reason=vendor [a](1) has no digests\nFROM alpine:3.20\n" +
	"# imgpolicy ignore=unpinned-git\nRUN true\n"

// TestSARIFIgnores: what a directive hides is there, closed, and fixes say what
// to replace.
func TestSARIFIgnores(t *testing.T) {
	t.Parallel()
	type region struct{ StartLine, StartColumn, EndLine, EndColumn int }
	type location struct{ PhysicalLocation struct{ Region region } }
	var log struct {
		Runs []struct {
			Results []struct {
				RuleID       string
				Suppressions []struct {
					Kind, Status, Justification string
					Location                    location
				}
				Fixes []struct {
					ArtifactChanges []struct {
						Replacements []struct {
							DeletedRegion   region
							InsertedContent *struct{ Text string }
						}
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(sarifOf(t, sarifIgnores)), &log); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range log.Runs[0].Results {
		for _, s := range r.Suppressions {
			got = append(got, fmt.Sprintf("%s: %s %s %q at %d", r.RuleID, s.Kind, s.Status, s.Justification, s.Location.PhysicalLocation.Region.StartLine))
		}
		for _, f := range r.Fixes {
			e := f.ArtifactChanges[0].Replacements[0]
			got = append(got, fmt.Sprintf("%s: edit %v, inserts %v", r.RuleID, e.DeletedRegion, e.InsertedContent))
		}
	}
	want := []string{
		"unknown-rule: edit {4 35 4 46}, inserts &{unpinned-git}", "unused-ignore: edit {6 1 7 1}, inserts <nil>",
		`unpinned-frontend: inSource accepted "" at 2`,
		`unpinned-image: inSource accepted "vendor [a](1) has no digests (until 2027-03-31)" at 4`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func sarifOf(t *testing.T, text string) string {
	t.Helper()
	l := lint.Linter{Rules: rules.All(), LineHashes: true}
	r, failures := l.Lint(t.Context(), []lint.File{{Name: "Dockerfile", Read: func() ([]byte, error) { return []byte(text), nil }}})
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	for _, f := range report.Formats() {
		if f.Name == "sarif" {
			var out strings.Builder
			if err := f.Write(&out, r, report.Options{Version: "v1.2.3"}); err != nil {
				t.Fatal(err)
			}
			return out.String()
		}
	}
	t.Fatal("there is no format sarif")
	return ""
}

// TestSARIFVersion: the validator wants a version that starts with a number,
// also of a build that Go knows none of.
func TestSARIFVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{"v1.2.3": "1.2.3", "(devel)": "0.0.0-devel", "": "0.0.0-devel", "v": "0.0.0-devel"} {
		for _, f := range report.Formats() {
			var out strings.Builder
			if err := f.Write(&out, &lint.Result{}, report.Options{Version: version}); err != nil {
				t.Fatal(err)
			}
			if f.Name == "sarif" && !strings.Contains(out.String(), `"semanticVersion": "`+want+`"`) {
				t.Errorf("%q is not %s in\n%s", version, want, out.String())
			}
		}
	}
}

// TestSARIF reads what code scanning reads.
func TestSARIF(t *testing.T) {
	t.Parallel()
	type location struct {
		ID               int
		PhysicalLocation struct {
			Region struct{ StartLine, StartColumn, EndColumn int }
		}
	}
	var log struct {
		Runs []struct {
			ColumnKind string
			Tool       struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Invocations []struct{ ToolExecutionNotifications []any }
			Results     []struct {
				RuleID              string
				RuleIndex           int
				Message             struct{ Text string }
				RelatedLocations    []location
				PartialFingerprints struct{ PrimaryLocationLineHash string }
			}
		}
	}
	if err := json.Unmarshal([]byte(sarifOf(t, sarifText)), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if len(run.Tool.Driver.Rules) != len(rules.All()) || run.ColumnKind != "unicodeCodePoints" || len(run.Invocations[0].ToolExecutionNotifications) != 1 {
		t.Errorf("%d rules, columns in %s, %d notifications", len(run.Tool.Driver.Rules), run.ColumnKind, len(run.Invocations[0].ToolExecutionNotifications))
	}
	linked := false
	for _, r := range run.Results {
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.PartialFingerprints.PrimaryLocationLineHash == "" {
			t.Errorf("%s has index %d and fingerprint %q", r.RuleID, r.RuleIndex, r.PartialFingerprints.PrimaryLocationLineHash)
		}
		linked = linked || strings.Contains(r.Message.Text, `[NODE_TAG is "20-slim" here](1)`) && len(r.RelatedLocations) == 1 && r.RelatedLocations[0].PhysicalLocation.Region.StartLine == 2
	}
	if !linked {
		t.Error("no message links to the place where NODE_TAG got its value")
	}
	if strings.Contains(sarifOf(t, sarifText), `""`) {
		t.Error("there is an empty string, which code scanning refuses")
	}
}
