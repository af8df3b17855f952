package report

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// The types below are what GitLab's documentation and reviewdog.proto name, and
// not those that the formats write: a key that a reader does not know fails.

// TestGitLabReader reads all cases as GitLab does.
func TestGitLabReader(t *testing.T) {
	t.Parallel()
	for _, c := range testCases() {
		out := write(t, gitlabFormat(), &c.result, c.opt)
		var issues []struct {
			Description string `json:"description"`
			CheckName   string `json:"check_name"`
			Fingerprint string `json:"fingerprint"`
			Severity    string `json:"severity"`
			Location    struct {
				Path  string `json:"path"`
				Lines struct {
					Begin int `json:"begin"`
					End   int `json:"end"`
				} `json:"lines"`
			} `json:"location"`
		}
		strict(t, c.name, out, &issues)
		if len(issues) != len(c.result.Diagnostics) || !strings.HasPrefix(out, "[") {
			t.Errorf("%s: %d issues for %d diagnostics in\n%s", c.name, len(issues), len(c.result.Diagnostics), out)
		}
		seen := map[string]bool{}
		for _, i := range issues {
			if i.Description == "" || i.CheckName == "" || len(i.Fingerprint) != 64 || seen[i.Fingerprint] {
				t.Errorf("%s: %+v lacks something, or is there twice", c.name, i)
			}
			seen[i.Fingerprint] = true
			if !slices.Contains([]string{"info", "minor", "major", "critical", "blocker"}, i.Severity) {
				t.Errorf("%s: severity %q", c.name, i.Severity)
			}
			if p := i.Location.Path; strings.HasPrefix(p, "./") || strings.HasPrefix(p, "/") || i.Location.Lines.Begin < 1 || i.Location.Lines.End < i.Location.Lines.Begin {
				t.Errorf("%s: location %+v", c.name, i.Location)
			}
		}
	}
}

type (
	readPosition struct {
		Line   int `json:"line"`
		Column int `json:"column"`
	}
	readRange struct {
		Start *readPosition `json:"start"`
		End   *readPosition `json:"end"`
	}
	readDiagnostic struct {
		Message  string `json:"message"`
		Location struct {
			Path  string     `json:"path"`
			Range *readRange `json:"range"`
		} `json:"location"`
		Severity string `json:"severity"`
		Code     struct {
			Value string `json:"value"`
			URL   string `json:"url"`
		} `json:"code"`
		Suggestions []struct {
			Range readRange `json:"range"`
			Text  string    `json:"text"`
		} `json:"suggestions"`
	}
	readReport struct {
		Source struct {
			Name string `json:"name"`
			URL  string `json:"url"`
		} `json:"source"`
		Diagnostics []readDiagnostic `json:"diagnostics"`
	}
)

// TestReviewdogReader reads all cases as reviewdog does, and its suggestions as
// it makes comments of them (service/github/github.go).
func TestReviewdogReader(t *testing.T) {
	t.Parallel()
	suggestions := 0
	for _, c := range testCases() {
		var report readReport
		strict(t, c.name, write(t, rdjsonFormat(), &c.result, c.opt), &report)
		if report.Source.Name != programName || len(report.Diagnostics) != len(c.result.Diagnostics) {
			t.Errorf("%s: source %q, %d diagnostics for %d", c.name, report.Source.Name, len(report.Diagnostics), len(c.result.Diagnostics))
		}
		for _, d := range report.Diagnostics {
			if d.Message == "" || !slices.Contains([]string{"ERROR", "WARNING", "INFO"}, d.Severity) {
				t.Errorf("%s: message %q, severity %q", c.name, d.Message, d.Severity)
			}
			if r := d.Location.Range; r != nil && (r.Start.Line < 1 || r.Start.Column < 1 || !ordered(*r)) {
				t.Errorf("%s: range from %+v to %+v", c.name, *r.Start, *r.End)
			}
			for _, s := range d.Suggestions {
				suggestions++
				if s.Range.Start.Line != d.Location.Range.Start.Line || s.Range.End.Line != d.Location.Range.End.Line || !ordered(s.Range) {
					t.Errorf("%s: suggestion from %+v to %+v of a comment from line %d to %d", c.name, *s.Range.Start, *s.Range.End, d.Location.Range.Start.Line, d.Location.Range.End.Line)
				}
				if linewise := s.Range.Start.Column == 0; linewise != (s.Range.End.Column == 0) || linewise && strings.HasSuffix(s.Text, "\n") {
					t.Errorf("%s: suggestion from %+v to %+v: %q", c.name, *s.Range.Start, *s.Range.End, s.Text)
				}
			}
		}
	}
	if suggestions < 3 {
		t.Errorf("there are %d suggestions in all cases", suggestions)
	}
}

func ordered(r readRange) bool {
	return r.Start.Line < r.End.Line || r.Start.Line == r.End.Line && r.Start.Column <= r.End.Column
}

func strict(t *testing.T, name, text string, into any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil || decoder.More() {
		t.Errorf("%s: %v in\n%s", name, err, text)
	}
}

// FuzzMarkdown reads the table as GitHub does: every row has four cells, and
// what is not ours stands in code spans.
func FuzzMarkdown(f *testing.F) {
	addPairs(f)
	for _, a := range []string{"a|b", `a\|b`, `\`, "`|`", "```\n|", "<img src=x onerror=alert(1)>", "@everyone", "[x](https://evil.example)", "|\\`|"} {
		f.Add(a, a)
	}
	bar := regexp.MustCompile(`\\\||\|`) // an escaped one parts no cells, not even behind another backslash
	f.Fuzz(func(t *testing.T, a, b string) {
		out := write(t, markdownFormat(), hostileResult(a, b), Options{Quiet: true})
		rows := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if len(rows) != 4 {
			t.Fatalf("%d rows, want 4:\n%s", len(rows), out)
		}
		for _, row := range rows {
			bars := slices.DeleteFunc(bar.FindAllString(row, -1), func(b string) bool { return b != "|" })
			if len(bars) != 5 || !strings.HasPrefix(row, "|") || !strings.HasSuffix(row, "|") {
				t.Errorf("%d bars around cells, want 5: %s", len(bars), row)
			}
		}
		for _, row := range rows[2:] {
			if rest := withoutCode(row); strings.ContainsFunc(rest, func(r rune) bool { return r > utf8.RuneSelf }) || strings.ContainsAny(strings.ReplaceAll(rest, "<br>", ""), "<>[]@`") {
				t.Errorf("outside of code spans stands %q, in\n%s", rest, row)
			}
		}
	})
}

// withoutCode takes the code spans out of a line, each from a run of backquotes
// to the next of the same length (CommonMark 6.1).
func withoutCode(line string) string {
	fences := regexp.MustCompile("`+")
	var out strings.Builder
	for {
		open := fences.FindStringIndex(line)
		if open == nil {
			return out.String() + line
		}
		fence, rest := line[open[0]:open[1]], line[open[1]:]
		end := -1
		for _, at := range fences.FindAllStringIndex(rest, -1) {
			if at[1]-at[0] == len(fence) {
				end = at[1]
				break
			}
		}
		if end < 0 {
			return out.String() + line
		}
		out.WriteString(line[:open[0]])
		line = rest[end:]
	}
}
