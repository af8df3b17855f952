package lint_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

func lintTexts(t *testing.T, texts ...string) *lint.Result {
	t.Helper()
	l := &lint.Linter{Rules: rules.All(), Settings: lint.Settings{Locked: map[string]bool{"insecure-url": true}}}
	var files []lint.File
	for i, text := range texts {
		files = append(files, file(fmt.Sprintf("%d/Dockerfile", i), text))
	}
	result, failures := l.Lint(context.Background(), files)
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	return result
}

func shown(all []lint.Diagnostic) string {
	var out []string
	for _, d := range all {
		word := d.Marked
		if d.Input != nil {
			word = d.Input.Word
		}
		out = append(out, fmt.Sprintf("%s:%d %s %s", d.File, d.Range.Start.Line, d.Rule.ID, word))
	}
	return strings.Join(out, "\n")
}

// What is hidden moves to the ignored ones, in their order, and is counted
// there; what could not be checked stays.
func TestHide(t *testing.T) {
	t.Parallel()
	r := lintTexts(t, "FROM a\nCOPPY x /\n", "# imgpolicy ignore=unpinned-image\nFROM b:1\nADD http://h/x /\nCOPY --from=c:1 /y /\n")
	r.Hide(func(i int) *lint.Ignore {
		if r.Diagnostics[i].Rule.ID == "missing-checksum" {
			return nil
		}
		return &lint.Ignore{By: lint.ByBaseline}
	})
	if got, want := shown(r.Diagnostics), "0/Dockerfile:2 parse-error COPPY x /\n1/Dockerfile:3 missing-checksum http://h/x"; got != want {
		t.Errorf("shown are\n%s\nwant\n%s", got, want)
	}
	want := "0/Dockerfile:1 unpinned-image a\n1/Dockerfile:2 unpinned-image b:1\n" +
		"1/Dockerfile:3 insecure-url http://h/x\n1/Dockerfile:4 unpinned-image c:1"
	if got := shown(r.Ignored); got != want {
		t.Errorf("ignored are\n%s\nwant\n%s", got, want)
	}
	if by := r.Ignored[1].Ignored.By; by != lint.ByDirective {
		t.Errorf("the directive's is ignored by %v", by)
	}
	if s := r.Summary; s.Errors != 1 || s.Warnings != 1 || s.Infos != 0 || s.Ignored != 4 {
		t.Errorf("summary = %+v", s)
	}
}

func TestNotBaselined(t *testing.T) {
	t.Parallel()
	r := lintTexts(t, "# imgpolicy ignore=latest-tag\nFROM a:1\nADD http://h/x /\nCOPPY\n")
	var got []string
	for _, d := range r.Diagnostics {
		got = append(got, d.Rule.ID+": "+d.NotBaselined)
	}
	want := []string{
		"unused-ignore: it is about ignore comments, which are mended by deleting them",
		"unpinned-image: ", "insecure-url: it is locked", "missing-checksum: ",
		"parse-error: what it reports was not checked at all",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Marked text shows no credentials, whatever part of a line it is.
func TestMarked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"FROM scratch\nCOPY --from=4 /x /y\n", "4"},
		{"FROM scratch\nADDD https://bot:hunter2xyz@host/x /\n", "ADDD https://***@host/x /"},
	} {
		r := lintTexts(t, tt.text)
		if len(r.Diagnostics) != 1 || r.Diagnostics[0].Marked != tt.want {
			t.Errorf("marked in %q is %q, want %q", tt.text, shown(r.Diagnostics), tt.want)
		}
	}
}

func TestUnchanged(t *testing.T) {
	t.Parallel()
	const sum = "ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://h/x /\n"
	tests := []struct{ name, old, now, want string }{
		{"the same", "FROM a:1\n", "FROM a:1\n", ""},
		{"moved", "FROM a:1\nFROM b:1\n", "# new\n\nFROM b:1 AS x\nFROM a:1\n", ""},
		{"added", "FROM a:1\n", "FROM a:1\nFROM b:1\n", "2 unpinned-image b:1"},
		{"altered", "FROM a:1\n", "FROM a:2\n", "1 unpinned-image a:2"},
		{"altered elsewhere", "ARG V=1\nFROM a:$V\n", "ARG V=2\nFROM a:$V\n", "2 unpinned-image a:$V"},
		{"checksum taken away", "FROM scratch\n" + sum, "FROM scratch\nADD https://h/x /\n", "2 missing-checksum https://h/x"},
		{"one more of the same", "FROM a:1\n", "FROM a:1\nFROM a:1 AS b\n", "2 unpinned-image a:1"},
		{"ignore taken away", "# imgpolicy ignore=unpinned-image\nFROM a:1\n", "FROM a:1\n", "1 unpinned-image a:1"},
		{"broken build", "FROM scratch\nCOPY --from=4 /x /y\n", "FROM scratch\nCOPY --from=4 /x /y\nCOPY --from=5 /x /y\n", "3 build-error 5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := lintTexts(t, tt.now)
			unchanged := r.Unchanged(lintTexts(t, tt.old), func(*lint.Diagnostic) bool { return false })
			r.Hide(func(i int) *lint.Ignore {
				if unchanged[i] {
					return &lint.Ignore{By: lint.ByRevision}
				}
				return nil
			})
			if got := strings.ReplaceAll(shown(r.Diagnostics), "0/Dockerfile:", ""); got != tt.want {
				t.Errorf("new are\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// Of several alike, those on lines that are as they were are the old ones.
func TestUnchangedKeepsLines(t *testing.T) {
	t.Parallel()
	r := lintTexts(t, "FROM a:1 AS new\nFROM a:1\n")
	old := lintTexts(t, "FROM a:1\n")
	got := r.Unchanged(old, func(d *lint.Diagnostic) bool { return d.Range.Start.Line == 2 })
	if want := []bool{false, true}; !slices.Equal(got, want) {
		t.Errorf("Unchanged = %v, want %v", got, want)
	}
}
