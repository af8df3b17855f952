package report_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
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
// the output for all rules of the program. IMGPOLICY_SARIF_MULTITOOL is the
// binary Sarif.Multitool of @microsoft/sarif-multitool-linux from npm.
func TestSARIFMultitool(t *testing.T) {
	t.Parallel()
	tool := os.Getenv("IMGPOLICY_SARIF_MULTITOOL")
	if tool == "" {
		t.Skip("IMGPOLICY_SARIF_MULTITOOL is not set: install @microsoft/sarif-multitool-linux with npm and name its binary Sarif.Multitool")
	}
	dir := t.TempDir()
	file, found := filepath.Join(dir, "imgpolicy.sarif"), filepath.Join(dir, "found.sarif")
	if err := os.WriteFile(file, []byte(sarifOf(t, sarifText)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), tool, "validate", file, "--rule-kind", "Sarif;Ghas", "--output", found, "--log", "ForceOverwrite",
		"--level", "Error;Warning")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), ": error ") || strings.Contains(string(out), ": warning ") {
		t.Errorf("Sarif.Multitool: %v\n%s", err, out)
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
