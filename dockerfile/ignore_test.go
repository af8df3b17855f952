package dockerfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
)

// showIgnores writes what Parse makes of the directives of a file, one to a
// line, each piece by the text its span covers.
func showIgnores(text string) string {
	f := dockerfile.Parse("Dockerfile", []byte(text))
	var b strings.Builder
	at := func(s dockerfile.Span) string { return f.Text[s.Start:s.End] }
	for _, ig := range f.Ignores {
		fmt.Fprintf(&b, "%d:", f.LineOf(ig.Span.Start))
		for _, e := range ig.Errors {
			fmt.Fprintf(&b, " error %q at %q", e.Message, at(e.Span))
		}
		if len(ig.Errors) == 0 {
			var ids []string
			for _, r := range ig.Rules {
				if at(r.Span) != r.ID {
					fmt.Fprintf(&b, " (%q is not %q)", at(r.Span), r.ID)
				}
				ids = append(ids, r.ID)
			}
			first, _, _ := strings.Cut(at(ig.Lines), "\n")
			fmt.Fprintf(&b, " %s over %d lines from %q", strings.Join(ids, "+"), strings.Count(at(ig.Lines), "\n")+1, first)
			if ig.Global {
				b.WriteString(", global")
			}
			if ig.Until != "" {
				fmt.Fprintf(&b, ", until %s", at(ig.UntilSpan))
			}
			if ig.Reason != "" {
				fmt.Fprintf(&b, ", reason %q", ig.Reason)
			}
		}
		if !ig.Hides.Empty() {
			fmt.Fprintf(&b, ", hides %q", at(ig.Hides))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestIgnores(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"one rule", "# imgpolicy ignore=a-b\nFROM x\n", "1: a-b over 1 lines from \"FROM x\"\n"},
		{
			"all there is", "  #\timgpolicy ignore = a , b-c ; until = 2027-03-31 ; reason = it is; so\nFROM x\n",
			"1: a+b-c over 1 lines from \"FROM x\", until 2027-03-31, reason \"it is; so\"\n",
		},
		{"line ending and mark", "\uFEFF# imgpolicy ignore=a\r\nFROM x\r\n", "1: a over 1 lines from \"FROM x\"\n"},
		{"a block", "FROM x\n# imgpolicy ignore=a\n# words\n#\n# imgpolicy ignore=b\nRUN a \\\n  b\n", "2: a over 2 lines from \"RUN a \\\\\"\n5: b over 2 lines from \"RUN a \\\\\"\n"},
		{"heredocs are part", "FROM x\n# imgpolicy ignore=a\nCOPY <<A <<B /\nx\nA\n# imgpolicy ignore=b\nB\n", "2: a over 5 lines from \"COPY <<A <<B /\"\n"},
		{"global", "# syntax=a\n# imgpolicy global ignore=a\n\nARG X\nFROM x\n", "2: a over 6 lines from \"# syntax=a\", global\n"},
		{
			"global too late", "FROM x\n# imgpolicy global ignore=a\nRUN y\n",
			"2: error \"a global ignore stands before the first instruction\" at \"# imgpolicy global ignore=a\"\n",
		},
		{"empty line below", "# imgpolicy ignore=a\n\nFROM x\n", "1: error \"this ignore stands above no instruction\" at \"# imgpolicy ignore=a\"\n"},
		{"end of the file", "FROM x\n# imgpolicy ignore=a", "2: error \"this ignore stands above no instruction\" at \"# imgpolicy ignore=a\"\n"},
		{
			"inside an instruction", "FROM x\nRUN a \\\n # imgpolicy ignore=a\n b\n",
			"3: error \"an ignore inside an instruction is not read\" at \"# imgpolicy ignore=a\"\n",
		},
		{"the file's escape", "# escape=`\nFROM x\nRUN a `\n # imgpolicy ignore=a\n b\n", "4: error \"an ignore inside an instruction is not read\" at \"# imgpolicy ignore=a\"\n"},
		{"broken instruction", "FROM x\n# imgpolicy ignore=a\nENV x\nRUN y\n", "2: a over 1 lines from \"ENV x\"\n"},
		{"above the frontend", "# imgpolicy ignore=a\n# syntax=x\nFROM x\n", "1: a over 1 lines from \"FROM x\", hides \"# syntax=x\"\n"},
		{
			"the second ends nothing", "# check=skip=all\n# imgpolicy global ignore=a\n# imgpolicy ignore=b\n# escape=`\nFROM x\n",
			"2: a over 6 lines from \"# check=skip=all\", global, hides \"# escape=`\"\n3: b over 1 lines from \"FROM x\"\n",
		},
		{"below the directives", "# syntax=x\n# words\n# escape=`\n# imgpolicy ignore=b\nFROM x\n", "4: b over 1 lines from \"FROM x\"\n"},
		{"no directive", "# imgpolicy would ignore this: it is fine\n# imgpolicy\n# see imgpolicy ignore=a\nFROM x\n", ""},
		{"no rules", "# imgpolicy ignore= ;reason=x\nFROM x\n", "1: error \"this ignore names no rule\" at \"# imgpolicy ignore= ;reason=x\"\n"},
		{"comma too many", "# imgpolicy ignore=a,\nFROM x\n", "1: error \"the list of rules has a comma too many\" at \"# imgpolicy ignore=a,\"\n"},
		{"blanks for commas", "# imgpolicy ignore=a b\nFROM x\n", "1: error \"`a b` is no rule\" at \"a b\"\n"},
		{"no date", "# imgpolicy ignore=a;until=2027-02-30\nFROM x\n", "1: error \"`2027-02-30` is no date\" at \"2027-02-30\"\n"},
		{"empty date", "# imgpolicy ignore=a;until=;reason=b\nFROM x\n", "1: error \"until has no date\" at \"until\"\n"},
		{"two dates", "# imgpolicy ignore=a;until=2027-02-01;until=2027-02-02\nFROM x\n", "1: error \"until is given twice\" at \"2027-02-02\"\n"},
		{"empty reason", "# imgpolicy ignore=a;reason=\nFROM x\n", "1: error \"the reason is empty\" at \"reason\"\n"},
		{
			"reason not last", "# imgpolicy ignore=a;reason=b;until=2027-01-01\nFROM x\n",
			"1: error \"until stands in the reason, which runs to the end of the line\" at \";until=2027-01-01\"\n",
		},
		{"another key", "# imgpolicy ignore=a;untill=2027-01-01\nFROM x\n", "1: error \"an ignore has no `untill`, only until and reason\" at \"untill=2027-01-01\"\n"},
		{"reasons", "# imgpolicy ignore=a;reasons=x\nFROM x\n", "1: error \"an ignore has no `reasons`, only until and reason\" at \"reasons=x\"\n"},
		{"semicolon too many", "# imgpolicy ignore=a;\nFROM x\n", "1: error \"this ignore has a semicolon too many\" at \"# imgpolicy ignore=a;\"\n"},
		{"nearly", "# imgpolicy: ignore=a\nFROM x\n", "1: error \"this comment is nearly an ignore, and is none\" at \"# imgpolicy: ignore=a\"\n"},
		{"nearly, by another word", "# imgpolicy disable unpinned-image\nFROM x\n", "1: error \"this comment is nearly an ignore, and is none\" at \"# imgpolicy disable unpinned-image\"\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := showIgnores(tt.text); got != tt.want {
				t.Errorf("Parse(%q) has the ignores\n%swant\n%s", tt.text, got, tt.want)
			}
		})
	}
}

// FuzzIgnores holds that no comment, however odd, gives a span outside its
// line.
func FuzzIgnores(f *testing.F) {
	for _, seed := range []string{"ignore=a,b;until=2027-01-01;reason=x", "global ignore=;;", "ignore=a;reason", "ignore=,\t;until==;=", ": ignore"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, comment string) {
		parsed := dockerfile.Parse("Dockerfile", []byte("FROM a\n# imgpolicy "+comment+"\nRUN b\n# imgpolicy "+comment))
		for _, ig := range parsed.Ignores {
			spans := []dockerfile.Span{ig.UntilSpan}
			for _, r := range ig.Rules {
				spans = append(spans, r.Span)
			}
			for _, e := range ig.Errors {
				spans = append(spans, e.Span)
			}
			for _, s := range spans {
				if s != (dockerfile.Span{}) && (s.Start < ig.Span.Start || s.End > ig.Span.End || s.End < s.Start) {
					t.Errorf("%q: span %v is not in %v", comment, s, ig.Span)
				}
			}
		}
	})
}
