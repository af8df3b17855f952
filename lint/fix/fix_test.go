package fix_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/fix"
)

// diagnostic has a fix for each list of edits, the first ones safe.
func diagnostic(message string, safe int, fixes ...[]lint.Edit) lint.Diagnostic {
	d := lint.Diagnostic{Message: message}
	for i, edits := range fixes {
		d.Fixes = append(d.Fixes, lint.Fix{Title: message, Safe: i < safe, Edits: edits})
	}
	return d
}

func edit(start, end int, text string) lint.Edit {
	return lint.Edit{Span: dockerfile.Span{Start: start, End: end}, New: text}
}

func TestApply(t *testing.T) {
	t.Parallel()
	one := func(e ...lint.Edit) [][]lint.Edit { return [][]lint.Edit{e} }
	tests := []struct {
		name      string
		text      string
		all       []lint.Diagnostic
		unsafe    bool
		want      string
		conflicts string // messages
	}{
		{name: "nothing", text: "abc", want: "abc"},
		{name: "no fix", text: "abc", all: []lint.Diagnostic{diagnostic("a", 0)}, want: "abc"},
		{name: "unsafe", text: "abc", all: []lint.Diagnostic{diagnostic("a", 0, one(edit(0, 1, "x"))...)}, want: "abc"},
		{name: "unsafe is asked for", text: "abc", all: []lint.Diagnostic{diagnostic("a", 0, one(edit(0, 1, "x"))...)}, unsafe: true, want: "xbc"},
		{
			name: "the first that is safe", text: "abc", want: "ybc",
			all: []lint.Diagnostic{{Fixes: []lint.Fix{{Edits: []lint.Edit{edit(0, 1, "x")}}, {Safe: true, Edits: []lint.Edit{edit(0, 1, "y")}}}}},
		},
		{
			name: "any order", text: "abcdef", want: "AbcDeF",
			all: []lint.Diagnostic{diagnostic("d", 1, one(edit(3, 4, "D"))...), diagnostic("a", 1, one(edit(5, 6, "F"), edit(0, 1, "A"))...)},
		},
		{
			name: "the same twice", text: "abc", want: "abXc",
			all: []lint.Diagnostic{diagnostic("a", 1, one(edit(2, 2, "X"))...), diagnostic("b", 1, one(edit(2, 2, "X"))...)},
		},
		{
			name: "one place, two texts", text: "abc", want: "abXc", conflicts: "b",
			all: []lint.Diagnostic{diagnostic("a", 1, one(edit(2, 2, "X"))...), diagnostic("b", 1, one(edit(2, 2, "Y"))...)},
		},
		{
			name: "overlapping, dropped whole", text: "abcdef", want: "aXdef", conflicts: "b",
			all: []lint.Diagnostic{diagnostic("a", 1, one(edit(1, 3, "X"))...), diagnostic("b", 1, one(edit(5, 6, "Y"), edit(2, 4, "Y"))...)},
		},
		{
			name: "inside", text: "abcdef", want: "aXf", conflicts: "b",
			all: []lint.Diagnostic{diagnostic("a", 1, one(edit(1, 5, "X"))...), diagnostic("b", 1, one(edit(3, 3, "Y"))...)},
		},
		{
			name: "side by side", text: "abcdef", want: "aXYZef",
			all: []lint.Diagnostic{diagnostic("a", 1, one(edit(1, 3, "X"))...), diagnostic("b", 1, one(edit(3, 4, "Z"))...), diagnostic("c", 1, one(edit(3, 3, "Y"))...)},
		},
		{
			name: "with itself", text: "abcdef", want: "abcdef", conflicts: "a",
			all: []lint.Diagnostic{diagnostic("a", 1, one(edit(1, 3, "X"), edit(2, 4, "Y"))...)},
		},
		{name: "outside", text: "abc", all: []lint.Diagnostic{diagnostic("a", 1, one(edit(2, 4, ""))...)}, want: "abc", conflicts: "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := fix.Apply(tt.text, tt.all, fix.Options{Unsafe: tt.unsafe})
			var conflicts []string
			for _, r := range got.Refused {
				if r.Conflict {
					conflicts = append(conflicts, r.Diagnostic.Message)
				}
			}
			if got.Text != tt.want || strings.Join(conflicts, " ") != tt.conflicts {
				t.Errorf("Apply = %q, conflicts %q; want %q, %q", got.Text, conflicts, tt.want, tt.conflicts)
			}
		})
	}
}

// TestApplyRefuses: what the check says no to is not made, and the rest is.
func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(".", 40)
	var all []lint.Diagnostic
	for i := range 40 {
		with := "x"
		if i == 7 || i == 31 {
			with = "!"
		}
		all = append(all, diagnostic("d", 1, []lint.Edit{edit(i, i+1, with)}))
	}
	checks := 0
	got := fix.Apply(text, all, fix.Options{Check: func(before, after string) error {
		checks++
		if before != text {
			t.Errorf("before is %q", before)
		}
		if strings.Contains(after, "!") {
			return errors.New("no shouting")
		}
		return nil
	}})
	want := strings.Repeat("x", 7) + "." + strings.Repeat("x", 23) + "." + strings.Repeat("x", 8)
	if got.Text != want || len(got.Refused) != 2 || len(got.Applied) != 38 {
		t.Errorf("Apply = %q, %d refused, %d applied", got.Text, len(got.Refused), len(got.Applied))
	}
	for _, r := range got.Refused {
		if r.Err == nil || r.Err.Error() != "no shouting" {
			t.Errorf("refused for %v", r.Err)
		}
	}
	if checks > 25 {
		t.Errorf("%d checks for two faults", checks)
	}
}

func TestSameBuild(t *testing.T) {
	t.Parallel()
	const (
		a = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		b = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
		c = "6fe9d4dd6b8a8bb5ba0d5c0a6f2a6e02ad2cf93b"
	)
	tests := []struct {
		name, before, after, err string
		builds                   []dockerfile.Options
	}{
		{name: "nothing", before: "FROM a", after: "FROM a"},
		{name: "digest", before: "FROM a:1", after: "FROM a:1@" + a},
		{name: "latest", before: "FROM a", after: "FROM a:latest@" + a},
		{name: "tag lost", before: "FROM a:1", after: "FROM a@" + a, err: "the build would fetch docker-image://docker.io/library/a@" + a + ", and not docker-image://docker.io/library/a:1"},
		{name: "another digest", before: "FROM a:1@" + a, after: "FROM a:1@" + b, err: "the build would fetch docker-image://docker.io/library/a:1@" + b + ", and not docker-image://docker.io/library/a:1@" + a},
		{name: "another platform", before: "FROM --platform=linux/arm64 a", after: "FROM a:latest@" + a, err: "a would be another input"},
		{name: "another stage", before: "FROM a AS b", after: "FROM a AS c", err: "the stages would be others"},
		{name: "one more", before: "FROM a", after: "FROM a\nADD https://h/x /", err: "the build would fetch other things"},
		{name: "a frontend", before: "# words\n# syntax=a\nFROM scratch", after: "# syntax=a\nFROM scratch", err: "the build would fetch other things"},
		{name: "no Dockerfile", before: "FROM a", after: "FROM a b", err: "BuildKit would refuse the outcome: FROM requires either one or three arguments"},
		{name: "checksum", before: "FROM scratch\nADD https://h/x /", after: "FROM scratch\nADD --checksum=" + a + " https://h/x /"},
		{name: "https", before: "FROM scratch\nADD http://h:80/x /", after: "FROM scratch\nADD https://h/x /"},
		{name: "http", before: "FROM scratch\nADD https://h/x /", after: "FROM scratch\nADD http://h/x /", err: "the build would fetch http://h/x, and not https://h/x"},
		{name: "commit", before: "FROM scratch\nADD https://h/x.git#main:sub /", after: "FROM scratch\nADD https://h/x.git#" + c + ":sub /"},
		{name: "commit beside a tag", before: "FROM scratch\nADD https://h/x.git#v1 /", after: "FROM scratch\nADD --checksum=" + c + " https://h/x.git#v1 /"},
		{name: "directory lost", before: "FROM scratch\nADD https://u:p@h/x.git#main:sub /", after: "FROM scratch\nADD https://u:p@h/x.git#" + c + " /", err: "the build would fetch git://h/x.git#" + c + ", and not git://h/x.git#main:sub"},
		{
			name: "one digest for two", before: "ARG V=1\nFROM a:$V", after: "ARG V=1\nFROM a:$V@" + a, err: "a:$V is another source in another build, which has another digest",
			builds: []dockerfile.Options{{}, {BuildArgs: map[string]string{"V": "2"}}},
		},
		{
			name: "the other build", before: "ARG V=1\nFROM a:1", after: "ARG V=1\nFROM a:$V", err: "the build would fetch docker-image://docker.io/library/a:2, and not docker-image://docker.io/library/a:1",
			builds: []dockerfile.Options{{}, {BuildArgs: map[string]string{"V": "2"}}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := fix.SameBuild(tt.builds)(tt.before+"\n", tt.after+"\n"); err != nil {
				got = err.Error()
			}
			if got != tt.err {
				t.Errorf("SameBuild(%q, %q): %q, want %q", tt.before, tt.after, got, tt.err)
			}
		})
	}
}

// TestSameNames: another pin is let pass, and what has another name is not.
func TestSameNames(t *testing.T) {
	t.Parallel()
	a, b := strings.Repeat("a", 64), strings.Repeat("b", 64)
	for _, tt := range []struct {
		name, before, after string
		same                bool
	}{
		{"digest", "FROM a:1", "FROM a:1@sha256:" + a, true},
		{"another digest", "FROM a:1@sha256:" + a, "FROM a:1@sha256:" + b, true},
		{"another tag", "FROM a:1@sha256:" + a, "FROM a:2@sha256:" + b, false},
		{"no digest", "FROM a:1@sha256:" + a, "FROM a:1", false},
		{"another commit", "FROM scratch\nADD https://h/x.git?tag=v1&checksum=" + a + " /", "FROM scratch\nADD https://h/x.git?tag=v1&checksum=" + b + " /", true},
		{"another directory", "FROM scratch\nADD https://h/x.git?tag=v1&checksum=" + a + " /", "FROM scratch\nADD https://h/x.git?tag=v1&subdir=s&checksum=" + b + " /", false},
	} {
		if err := fix.SameNames(nil)(tt.before+"\n", tt.after+"\n"); (err == nil) != tt.same {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
