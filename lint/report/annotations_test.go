package report

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
)

func TestAnnotationLimit(t *testing.T) {
	t.Parallel()
	r := result(2, 13, 0, overLimit()...)
	var summary strings.Builder
	out := write(t, githubFormat(), &r, Options{Token: "0123456789", Summary: &summary})
	if n := strings.Count(out, "::error "); n != annotationLimit {
		t.Errorf("%d errors, want %d:\n%s", n, annotationLimit, out)
	}
	for _, want := range []string{"::4 more errors: see the job summary\n", "file=b/Dockerfile,line=2,", "::warning "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for i := range r.Diagnostics {
		if d := &r.Diagnostics[i]; !strings.Contains(summary.String(), place(d.File, d.Range)) {
			t.Errorf("the job summary lacks %s", place(d.File, d.Range))
		}
	}
	if out := write(t, githubFormat(), &r, Options{}); !strings.Contains(out, "see the log of this step") {
		t.Errorf("without a summary:\n%s", out)
	}
}

// TestSummaryLimit fills the job summary of a step that wrote to it before.
func TestSummaryLimit(t *testing.T) {
	t.Parallel()
	var all []lint.Diagnostic
	for i := range 6000 {
		all = append(all, lint.Diagnostic{Rule: denied, File: "Dockerfile", Range: at(i+1, 1, 5), Message: strings.Repeat("|`", 100)})
	}
	r := result(1, len(all), 0, all...)
	for _, used := range []int{0, 1 << 19, summaryLimit - 100, 2 * summaryLimit} {
		var summary strings.Builder
		out := write(t, githubFormat(), &r, Options{Summary: &summary, SummaryUsed: used})
		if strings.Contains(out, "see the job summary") || !strings.Contains(out, "5991 more errors: see the log of this step") {
			t.Errorf("after %d bytes, the tenth place sends to a summary that lacks some", used)
		}
		if total := used + summary.Len(); total > summaryLimit && summary.Len() > 0 {
			t.Errorf("after %d bytes, the summary has %d in all", used, total)
		}
	}
}

func TestFromRoot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ root, dir, file, want string }{
		{"", "", "a/Dockerfile", "a/Dockerfile"},
		{"/ws", ".", "a/Dockerfile", "a/Dockerfile"},
		{"/ws", "svc", "a/Dockerfile", "svc/a/Dockerfile"},
		{"/ws", "svc", "../Dockerfile", "Dockerfile"},
		{"/ws", "svc", "../../ws/a/Dockerfile", "a/Dockerfile"},
		{"/ws", "../tmp", "../ws/a/Dockerfile", "a/Dockerfile"},
		{"/ws", "../tmp", "../ws-2/a/Dockerfile", "../ws-2/a/Dockerfile"},
		{"/ws", "../tmp", "Dockerfile", "../tmp/Dockerfile"},
		{"/", "ws", "a", "ws/a"},
		{"/ws", "svc", "<stdin>", "<stdin>"},
		{"/ws", "svc", "/etc/Dockerfile", "/etc/Dockerfile"},
	} {
		if got := (Options{Root: tt.root, Dir: tt.dir}).fromRoot(tt.file); got != tt.want {
			t.Errorf("from %s, %s in %s is %s, want %s", tt.root, tt.file, tt.dir, got, tt.want)
		}
	}
}

func TestSummaryErrorIsReturned(t *testing.T) {
	t.Parallel()
	r := result(1, 1, 0, hostile())
	full := errors.New("no space left on device")
	var out strings.Builder
	if err := githubFormat().Write(&out, &r, Options{Summary: &limited{0, full}}); !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
}

// FuzzGitHubMany is FuzzGitHub where not every diagnostic has an annotation,
// and with a job summary.
func FuzzGitHubMany(f *testing.F) {
	addPairs(f)
	f.Fuzz(func(t *testing.T, a, b string) {
		r := hostileResult(a, b)
		r.Diagnostics = slices.Repeat(r.Diagnostics, annotationLimit+2)
		var summary strings.Builder
		out := write(t, githubFormat(), r, Options{Token: "0123456789", Summary: &summary})
		var names []string
		for _, c := range runnerCommands(out) {
			if !strings.HasPrefix(c.name, "v1:") {
				names = append(names, c.name)
			}
		}
		want := slices.Concat(slices.Repeat([]string{"error"}, annotationLimit), slices.Repeat([]string{"warning"}, annotationLimit))
		if len(names) < len(want) || !slices.Equal(names[:len(want)], want) || obeyed(out) != len(want) {
			t.Errorf("a runner sees the commands %q and obeys %d, in:\n%s", names, obeyed(out), out)
		}
		checkHarmless(t, summary.String())
		if rows := strings.Count(summary.String(), "\n| "); rows != len(r.Diagnostics)+1 {
			t.Errorf("the summary has %d rows for %d diagnostics:\n%s", rows, len(r.Diagnostics), summary.String())
		}
	})
}

func TestStatistics(t *testing.T) {
	t.Parallel()
	r := result(1, 3, 0, append(many(), many()[0])...)
	r.Rules = []*lint.Rule{{ID: "latest-tag", Summary: "image with the tag latest"}}
	want := "\n2  latest-tag        image with the tag latest\n1  missing-checksum\n1  policy-denied\n1  unpinned-image\n"
	if got := (&texter{}).statistics(&r); got != want {
		t.Errorf("statistics() = %q, want %q", got, want)
	}
}
