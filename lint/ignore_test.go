package lint_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

// inputRule reports every input; wholeRule points at the first line and means
// the build.
func inputRule(id string) *lint.Rule {
	return rule(id, func(p *lint.Pass) {
		for i := range p.Inputs {
			p.ReportInput(i, lint.Diagnostic{Message: p.Inputs[i].Value})
		}
	})
}

func wholeRule() *lint.Rule {
	return rule("whole", func(p *lint.Pass) {
		p.Report(lint.Diagnostic{Message: "build", Span: dockerfile.Span{Start: 0, End: len(p.File.Text)}, Whole: true})
		p.Report(lint.Diagnostic{Message: "nowhere"})
	})
}

// ignoreRules are rules of each kind.
func ignoreRules() []*lint.Rule {
	must, flaws, off := inputRule("must"), rule("flaws", nil), inputRule("off")
	must.Mandatory, flaws.Flaws, off.Optional = true, true, true
	last := rule("last", func(p *lint.Pass) {
		for _, ig := range p.Ignores {
			p.Report(lint.Diagnostic{Span: ig.Span, Message: fmt.Sprint(ig.Expired, ig.Used)})
		}
	})
	last.Last = true
	return []*lint.Rule{flaws, inputRule("input"), last, inputRule("locked"), must, off, wholeRule()}
}

func TestIgnores(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, shown, hidden string }{
		{"the instruction below", "# imgpolicy ignore=input\nFROM a\nFROM b", "last false [true]|input b", "input a"},
		{
			"all lines of it", "FROM a\n# imgpolicy ignore=input\nRUN --mount=from=b \\\n --mount=from=c <<X\nX\n",
			"input a|last false [true]", "input b|input c",
		},
		{"a trigger", "FROM a\n# imgpolicy ignore=input\nONBUILD COPY --from=b / /\n", "input a|last false [true]", "input b"},
		{"a trigger that runs", "FROM a AS a\n# imgpolicy ignore=input\nONBUILD COPY --from=b / /\nFROM a\n", "input a|last false [true]", "input b"},
		{"the file", "# syntax=s\n# imgpolicy global ignore=input,whole\n\nFROM a\n", "last false [true true]", "whole build|whole nowhere|input s|input a"},
		{"not the frontend", "# syntax=s\n# imgpolicy ignore=input\nFROM a\n", "input s|last false [true]", "input a"},
		{"not the build", "# imgpolicy ignore=whole\nFROM a\n", "last false [false]|whole build|whole nowhere|input a", ""},
		{"the nearest first", "# imgpolicy global ignore=input\n\n# imgpolicy ignore=input\nFROM a\n", "last false [false]|last false [true]", "input a"},
		{"what cannot be ignored", "# imgpolicy ignore=must,last,locked,flaws\nFROM a\n", "last false [false false false false]|input a|locked a", ""},
		{"the last day", "# imgpolicy ignore=input;until=2026-06-01\nFROM a\n", "last false [true]", "input a"},
		{"the day after", "# imgpolicy ignore=input;until=2026-05-31\nFROM a\n", "last true [false]|input a", ""},
		{"a mistake", "# imgpolicy ignore=input;untli=2026-06-01\nFROM a\n", "last false [false]|input a", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := &lint.Linter{
				Rules: ignoreRules(), Settings: lint.Settings{Locked: map[string]bool{"locked": true}},
				// 23:59 of the first of June in UTC, the second in Berlin.
				Now: time.Date(2026, 6, 2, 1, 59, 59, 0, time.FixedZone("", 2*60*60)),
			}
			for _, id := range []string{"must", "locked", "whole"} {
				if l.Settings.Disabled == nil {
					l.Settings.Disabled = map[string]bool{}
				}
				l.Settings.Disabled[id] = !strings.Contains(tt.text, id)
			}
			result, _ := l.Lint(context.Background(), []lint.File{file("f", tt.text)})
			if got := told(result.Diagnostics, "must"); got != tt.shown {
				t.Errorf("shown: %s\n want: %s", got, tt.shown)
			}
			if got := told(result.Ignored, ""); got != tt.hidden {
				t.Errorf("ignored: %s\n   want: %s", got, tt.hidden)
			}
			if s := result.Summary; s.Ignored != len(result.Ignored) || s.Warnings != len(result.Diagnostics) {
				t.Errorf("Summary = %+v for %d diagnostics and %d ignored", s, len(result.Diagnostics), len(result.Ignored))
			}
		})
	}
}

// told are the diagnostics but for those of one rule.
func told(all []lint.Diagnostic, but string) string {
	var out []string
	for _, d := range all {
		if d.Rule.ID != but {
			out = append(out, d.Rule.ID+" "+d.Message)
		}
	}
	return strings.Join(out, "|")
}

// TestIgnoreOfOneBuild: a directive that is used in one build of several is
// used, and what it hides is counted once.
func TestIgnoreOfOneBuild(t *testing.T) {
	t.Parallel()
	l := &lint.Linter{Rules: ignoreRules(), Settings: lint.Settings{Disabled: map[string]bool{"must": true, "locked": true, "whole": true}}}
	for _, v := range []string{"a", "b", "b"} {
		l.Settings.Builds = append(l.Settings.Builds, dockerfile.Options{BuildArgs: map[string]string{"V": v}})
	}
	result, _ := l.Lint(context.Background(), []lint.File{file("f", "ARG V\n# imgpolicy ignore=input;until=2030-01-01;reason=https://u:secret@h\nFROM $V\nADD https://u:secret@h /\n")})
	if got, want := told(result.Diagnostics, "must"), "last false [true]|input https://***@h"; got != want {
		t.Errorf("shown: %s, want %s", got, want)
	}
	if got, want := told(result.Ignored, ""), "input a|input b"; got != want {
		t.Fatalf("ignored: %s, want %s", got, want)
	}
	ig := result.Ignored[0].Ignored
	if ig.Reason != "https://***@h" || ig.Until != "2030-01-01" || ig.Range.Start.Line != 2 || ig.Range.Start.Column != 1 {
		t.Errorf("Ignored = %+v", ig)
	}
}

// TestOptionalRules run only where they are enabled.
func TestOptionalRules(t *testing.T) {
	t.Parallel()
	off := inputRule("off")
	off.Optional = true
	for _, tt := range []struct {
		enabled, disabled bool
		want              string
	}{{false, false, ""}, {true, false, "off a"}, {true, true, ""}} {
		l := &lint.Linter{
			Rules: []*lint.Rule{off}, Settings: lint.Settings{Enabled: map[string]bool{"off": tt.enabled}, Disabled: map[string]bool{"off": tt.disabled}},
		}
		result, _ := l.Lint(context.Background(), []lint.File{file("f", "FROM a\n")})
		if got := told(result.Diagnostics, ""); got != tt.want {
			t.Errorf("enabled %v, disabled %v: %q, want %q", tt.enabled, tt.disabled, got, tt.want)
		}
	}
}
