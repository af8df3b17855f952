package oracle

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// FuzzSources mutates the cases, by bytes as the fuzzer does and by lines and
// words as Dockerfiles are made, and asks that whatever BuildKit builds has
// the same sources here, and that every span lies in the text.
func FuzzSources(f *testing.F) {
	var pool []string
	for _, c := range cases(f) {
		f.Add(c.Dockerfile, "", uint64(0))
		f.Add(c.Dockerfile, "V=x", uint64(1+len(pool)))
		for line := range strings.Lines(c.Dockerfile) {
			pool = append(pool, line)
		}
	}
	f.Fuzz(func(t *testing.T, text, arg string, seed uint64) {
		if len(text) > 4096 {
			t.Skip("larger than a case needs to be")
		}
		if seed != 0 {
			text = splice(rand.New(rand.NewPCG(seed, 1)), text, pool)
		}
		b := Build{Platform: "linux/amd64", Args: map[string]string{}}
		if seed%2 == 1 {
			b.Platform = "linux/arm64"
		}
		if k, v, ok := strings.Cut(arg, "="); ok && k != "SOURCE_DATE_EPOCH" && !strings.HasPrefix(k, "BUILDKIT_") {
			b.Args[k] = v
		}
		checkSpans(t, text, b)
		if unfair(text, b) {
			t.Skip("BuildKit would not answer for the same reasons")
		}
		compareAccepted(t, []byte(text), b)
	})
}

// splice puts lines of other cases into a text, takes some out, and swaps
// words between lines.
func splice(r *rand.Rand, text string, pool []string) string {
	lines := strings.SplitAfter(text, "\n")
	for range 1 + r.IntN(4) {
		at := r.IntN(len(lines) + 1)
		switch r.IntN(5) {
		case 0, 1:
			lines = slices.Insert(lines, at, pool[r.IntN(len(pool))])
		case 2:
			if at < len(lines) && len(lines) > 1 {
				lines = slices.Delete(lines, at, at+1)
			}
		case 3:
			if at < len(lines) {
				words := strings.Split(lines[at], " ")
				other := strings.Fields(pool[r.IntN(len(pool))])
				if len(other) > 0 {
					words[r.IntN(len(words))] = other[r.IntN(len(other))]
				}
				lines[at] = strings.TrimRight(strings.Join(words, " "), "\n") + "\n"
			}
		case 4:
			if other := r.IntN(len(lines)); at < len(lines) {
				lines[at], lines[other] = lines[other], lines[at]
			}
		}
	}
	return strings.Join(lines, "")
}

// unfair are the builds that this comparison leaves out.
func unfair(text string, b Build) bool {
	_, refusals, _, _ := Ours([]byte(text), b)
	return Dials([]byte(text), b) ||
		// Our bound on expansion: BuildKit has none, and would take the machine.
		slices.ContainsFunc(refusals, func(r string) bool { return strings.Contains(r, "expand to more than") }) ||
		// The rest of BuildKit's linter is not ours.
		strings.Contains(text, "check") ||
		// Without a client BuildKit does not look for stages of this name.
		strings.Contains(text, "SOURCE_DATE_EPOCH")
}

func checkSpans(t *testing.T, text string, b Build) {
	t.Helper()
	_, _, res, f := Ours([]byte(text), b)
	for _, in := range res.Inputs {
		if in.Span.Start < 0 || in.Span.Start > in.Span.End || in.Span.End > len(f.Text) {
			t.Fatalf("span %v outside the %d bytes of %q", in.Span, len(f.Text), text)
		}
		if s := f.Text[in.Span.Start:in.Span.End]; in.Word != "" && !strings.Contains(s, "\n") && s != in.Word {
			t.Fatalf("span holds %q, word is %q in %q", s, in.Word, text)
		}
		for _, v := range in.Variables {
			if v.Span.Start < 0 || v.Span.Start > v.Span.End || v.Span.End > len(f.Text) {
				t.Fatalf("span %v of %s outside the %d bytes of %q", v.Span, v.Name, len(f.Text), text)
			}
		}
	}
	for _, p := range res.Problems {
		if p.Span.Start < 0 || p.Span.Start > p.Span.End || p.Span.End > len(f.Text) {
			t.Fatalf("span %v of %q outside the %d bytes of %q", p.Span, p.Message, len(f.Text), text)
		}
	}
}

// compareAccepted asks for equal sources where BuildKit accepts the file; of
// files it refuses we need not know every reason.
func compareAccepted(t *testing.T, text []byte, b Build) {
	t.Helper()
	want, err := BuildKit(t.Context(), text, b)
	if err != nil {
		return
	}
	got, refusals, _, _ := Ours(text, b)
	if len(refusals) > 0 {
		t.Errorf("%+v: BuildKit builds, we refuse with %q\n%q", b, refusals, text)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v: sources differ\n%q\n got %s\nwant %s", b, text, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}
