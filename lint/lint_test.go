package lint_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy"
)

func file(name, text string) lint.File {
	return lint.File{Name: name, Read: func() ([]byte, error) { return []byte(text), nil }}
}

// rule is a rule of a test.
func rule(id string, check func(*lint.Pass)) *lint.Rule {
	return &lint.Rule{ID: id, Severity: lint.Warning, Check: check}
}

// at finds the span of the n-th (from 0) occurrence of text in a file.
func at(t testing.TB, p *lint.Pass, text string, n int) dockerfile.Span {
	t.Helper()
	from := 0
	for {
		i := strings.Index(p.File.Text[from:], text)
		if i < 0 {
			t.Fatalf("%q is not in %s", text, p.File.Name)
		}
		if n == 0 {
			return dockerfile.Span{Start: from + i, End: from + i + len(text)}
		}
		from, n = from+i+len(text), n-1
	}
}

func TestLintOrder(t *testing.T) {
	t.Parallel()
	report := func(messages ...string) func(*lint.Pass) {
		return func(p *lint.Pass) {
			for _, m := range messages {
				_, where, _ := strings.Cut(m, "@")
				p.Report(lint.Diagnostic{Message: m, Span: at(t, p, where, 0)})
			}
		}
	}
	l := &lint.Linter{Rules: []*lint.Rule{
		rule("b-rule", report("z@alpha", "a@alpha", "m@beta", "a@alpha", "m@alpha")),
		rule("a-rule", report("x@beta", "x@alpha", "w@gamma")),
	}}
	text := "FROM alpha\nFROM beta\nFROM gamma\n"
	result, failures := l.Lint(context.Background(), []lint.File{file("z", text), file("a", text), file("m", text)})
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	var got []string
	for _, d := range result.Diagnostics {
		got = append(got, d.File+" "+d.Rule.ID+" "+d.Message)
	}
	var want []string
	for _, name := range []string{"z", "a", "m"} {
		for _, d := range []string{
			"a-rule x@alpha", "b-rule a@alpha", "b-rule m@alpha", "b-rule z@alpha",
			"a-rule x@beta", "b-rule m@beta", "a-rule w@gamma",
		} {
			want = append(want, name+" "+d)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("diagnostics are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got, want := result.Summary, (lint.Summary{Files: 3, Inputs: 9, Warnings: 21}); got != want {
		t.Errorf("Summary = %+v, want %+v", got, want)
	}
}

func TestLintIsTheSameForAnyJobs(t *testing.T) {
	t.Parallel()
	var files []lint.File
	for i := range 200 {
		text := fmt.Sprintf("ARG V=%d\nFROM alpine:${V} AS a\nFROM image%d\nCOPY --from=a /x /x\nADD https://u:p%d@h/x /\nADD git@h:r%d.git /\nRUN --mount=from=busybox,target=/x true\n", i, i, i, i)
		if i%7 == 0 {
			text += "BOGUS\n"
		}
		if i%11 == 0 {
			files = append(files, lint.File{Name: fmt.Sprint(i), Read: func() ([]byte, error) { return nil, fmt.Errorf("no %d: %w", i, fs.ErrNotExist) }})
			continue
		}
		files = append(files, file(fmt.Sprint(i), text))
	}
	run := func(jobs int) (*lint.Result, []lint.Failure) {
		l := &lint.Linter{Rules: rules.All(), Jobs: jobs}
		result, failures := l.Lint(context.Background(), files)
		result.Rules = nil
		for i := range result.Diagnostics {
			d := &result.Diagnostics[i]
			d.Rule = &lint.Rule{ID: d.Rule.ID} // rules.All makes new ones, and functions never compare
		}
		return result, failures
	}
	want, wantFailures := run(1)
	if len(want.Diagnostics) < len(files) || len(wantFailures) == 0 {
		t.Fatalf("%d diagnostics and %d failures are too few to tell anything", len(want.Diagnostics), len(wantFailures))
	}
	for _, jobs := range []int{8, 0, 1000} {
		got, gotFailures := run(jobs)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("Jobs %d gives another result than Jobs 1", jobs)
		}
		if fmt.Sprint(gotFailures) != fmt.Sprint(wantFailures) {
			t.Errorf("Jobs %d gives failures %v, want %v", jobs, gotFailures, wantFailures)
		}
	}
}

// deciding is a policy that is a function.
type deciding struct {
	decide func(policy.Request) (policy.Decision, error)
}

func (d *deciding) Decide(_ context.Context, r policy.Request) (policy.Decision, error) {
	return d.decide(r)
}

func TestLintFailures(t *testing.T) {
	t.Parallel()
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	unreadable := lint.File{Name: "gone", Read: func() ([]byte, error) { return nil, fs.ErrNotExist }}
	bad := errors.New("no policy today")
	tests := []struct {
		name  string
		ctx   context.Context
		lint  *lint.Linter
		files []lint.File
		want  []string // Failure.Error of each
		is    error
		count int // files that were checked
	}{
		{"no files", context.Background(), &lint.Linter{}, nil, nil, nil, 0},
		{
			"unreadable file", context.Background(), &lint.Linter{},
			[]lint.File{file("a", "FROM x\n"), unreadable, file("b", "FROM x\n")},
			[]string{"gone: file does not exist"},
			fs.ErrNotExist, 2,
		},
		{
			"in order", context.Background(), &lint.Linter{Jobs: 8},
			[]lint.File{unreadable, file("a", "FROM x\n"), unreadable},
			[]string{"gone: file does not exist", "gone: file does not exist"},
			fs.ErrNotExist, 1,
		},
		{"settings", context.Background(), &lint.Linter{SettingsOf: func(name string) (*lint.Settings, error) {
			if name == "a" {
				return nil, bad
			}
			return nil, nil
		}}, []lint.File{file("a", "FROM x\n"), file("b", "FROM x\n")}, []string{"a: no policy today"}, bad, 1},
		{
			"a decision hides credentials", context.Background(), &lint.Linter{Settings: lint.Settings{
				Policies: []policy.Policy{&deciding{func(r policy.Request) (policy.Decision, error) {
					if r.Source.Kind() == source.KindHTTP {
						return policy.Decision{}, bad
					}
					return policy.Decision{}, nil
				}}},
			}},
			[]lint.File{file("a", "FROM scratch\nADD https://u:hunter2@h/x /\n")},
			[]string{"a: deciding about https://***@h/x: no policy today"},
			bad, 0,
		},
		{"canceled", canceled, &lint.Linter{}, []lint.File{file("a", "FROM x\n")}, []string{"a: context canceled"}, context.Canceled, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			result, failures := tt.lint.Lint(tt.ctx, tt.files)
			var got []string
			for _, f := range failures {
				got = append(got, f.Error())
				if !errors.Is(f, tt.is) {
					t.Errorf("%v does not wrap %v", f, tt.is)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("failures are %q, want %q", got, tt.want)
			}
			if result.Summary.Files != tt.count {
				t.Errorf("Summary.Files = %d, want %d", result.Summary.Files, tt.count)
			}
		})
	}
}

func TestLintDisabled(t *testing.T) {
	t.Parallel()
	say := func(p *lint.Pass) { p.Report(lint.Diagnostic{Message: "here"}) }
	must := rule("must-run", say)
	must.Mandatory = true
	l := &lint.Linter{
		Rules:    []*lint.Rule{must, rule("may-run", say), rule("other-rule", say)},
		Settings: lint.Settings{Disabled: map[string]bool{"must-run": true, "may-run": true}},
	}
	result, _ := l.Lint(context.Background(), []lint.File{file("a", "FROM x\n")})
	var got []string
	for _, d := range result.Diagnostics {
		got = append(got, d.Rule.ID)
		if d.File != "a" || !d.Range.IsZero() || d.Frame.Lines != nil {
			t.Errorf("a diagnostic about the file as a whole is %+v", d)
		}
	}
	if want := []string{"must-run", "other-rule"}; !slices.Equal(got, want) {
		t.Errorf("rules that ran: %v, want %v", got, want)
	}
	if len(result.Rules) != 3 {
		t.Errorf("Result.Rules has %d rules, want all 3", len(result.Rules))
	}
}

func TestLintCountsBySeverity(t *testing.T) {
	t.Parallel()
	l := &lint.Linter{Rules: []*lint.Rule{rule("one-rule", func(p *lint.Pass) {
		for i, s := range []lint.Severity{0, lint.Info, lint.Info, lint.Error, lint.Error, lint.Error} {
			p.Report(lint.Diagnostic{Severity: s, Message: fmt.Sprint(i)})
		}
	})}}
	result, _ := l.Lint(context.Background(), []lint.File{file("a", "FROM scratch\nFROM ${X}\n")})
	want := lint.Summary{Files: 1, Inputs: result.Summary.Inputs, Unchecked: result.Summary.Unchecked, Errors: 3, Warnings: 1, Infos: 2}
	if result.Summary != want {
		t.Errorf("Summary = %+v, want %+v", result.Summary, want)
	}
}

// TestLintKeepsNoText is not parallel: it measures the heap of the process.
func TestLintKeepsNoText(t *testing.T) {
	const files, size, bound = 2000, 100 << 10, 20 << 20
	comments := strings.Repeat("# "+strings.Repeat("x", 1021)+"\n", size>>10)
	many := make([]lint.File, files)
	for i := range many {
		many[i] = lint.File{Name: "Dockerfile", Read: func() ([]byte, error) {
			return []byte("ARG OS=linux\nARG N=image\nFROM --platform=$OS/amd64 ghcr.io/a/$N:" + fmt.Sprint(i) + " AS stage\n" + comments), nil
		}}
	}
	l := &lint.Linter{Jobs: 2, Rules: []*lint.Rule{rule("one-rule", func(p *lint.Pass) {
		for i := range p.Inputs {
			in := &p.Inputs[i]
			// Every field a piece of the text.
			p.ReportInput(i, lint.Diagnostic{
				Message: in.Word, Label: in.Word, Help: in.Word, Notes: []string{in.Word},
				Policy: &lint.PolicyEntry{Text: in.Word},
			})
		}
	})}}
	before := heap()
	result, failures := l.Lint(context.Background(), many)
	after := heap()
	if len(failures) > 0 || len(result.Diagnostics) != files || len(result.Diagnostics[0].Related) != 2 {
		t.Fatalf("%d diagnostics, failures %v; want one for each of %d files", len(result.Diagnostics), failures, files)
	}
	if grown := int64(after) - int64(before); grown > bound {
		t.Errorf("the diagnostics of %d files of %d bytes hold on to %d bytes, want less than %d", files, size, grown, bound)
	}
	runtime.KeepAlive(result)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
