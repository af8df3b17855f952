package dockerfile

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// sameNodes asks that a text is read as BuildKit's parser reads it: the same nodes
// on the same lines, equal but for the text and the comments of instructions that
// take any.
func sameNodes(t *testing.T, text string) {
	t.Helper()
	whole, err := parser.Parse(strings.NewReader(text))
	thinned, thinErr := parseNodes(text)
	if (err == nil) != (thinErr == nil) || err != nil && err.Error() != thinErr.Error() || (whole == nil) != (thinned == nil) {
		t.Fatalf("whole: %v, thinned: %v\n%q", err, thinErr, text)
	}
	if whole == nil {
		return
	}
	a, b := whole.AST.Children, thinned.AST.Children
	if len(a) != len(b) || len(whole.Warnings) != len(thinned.Warnings) || whole.EscapeToken != thinned.EscapeToken {
		t.Fatalf("%d nodes, %d thinned, %d warnings, %d thinned\n%q", len(a), len(b), len(whole.Warnings), len(thinned.Warnings), text)
	}
	for i := range a {
		if !strings.EqualFold(a[i].Value, b[i].Value) || a[i].StartLine != b[i].StartLine || a[i].EndLine != b[i].EndLine || !slices.Equal(a[i].Flags, b[i].Flags) {
			t.Fatalf("node %d is %+v, thinned %+v\n%q", i, a[i], b[i], text)
		}
		if b[i].PrevComment != nil && !slices.Equal(a[i].PrevComment, b[i].PrevComment) {
			t.Fatalf("node %d: %q became %q\n%q", i, a[i].PrevComment, b[i].PrevComment, text)
		}
		if plain := takesAnyText(a[i].Value) && len(a[i].Flags) == 0 && !a[i].Attributes["json"]; plain && b[i].Original == "" {
			continue // nothing here reads it
		}
		whole, ours := *a[i], *b[i]
		whole.PrevComment, ours.PrevComment = nil, nil
		if len(whole.Flags) == 0 {
			whole.Flags, ours.Flags = nil, nil
		}
		if !reflect.DeepEqual(whole, ours) {
			t.Fatalf("node %d:\n%s\nbecame\n%s\n%q", i, dump(&whole), dump(&ours), text)
		}
	}
}

func dump(n *parser.Node) string {
	text, err := json.Marshal(n)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

var thinTexts = []string{
	"FROM a\nRUN x\n",
	"FROM a\nRUN apt-get update && \\\n  # why\n\n  apt-get install \\\n  foo\nCOPY a b\n",
	"FROM a\nRUN --mount=type=bind,from=b,target=/x make \\\n y\n",
	"FROM a\nRUN \\\n  --mount=from=b,target=/x make\n",
	"FROM a\nRUN [\"a\", 1]\n",
	"FROM a\nRUN \\\n [\"a\", 1]\n",
	"FROM a\r\nRUN a \\\r\n  b\r\nENV A=1\r\n",
	"FROM a\nRUN a \\\\\nENV A=1\n",
	"FROM a\nRUN a \\ \t\n ENV A=1\n",
	"FROM a\nRUN",
	"FROM a\nRUN\n\nENV A\n",
	"FROM a\nRUN \\\n\\\n x\nENV A=1",
	"# escape=`\nFROM a\nRUN a `\n b\\\nENV A=1\n",
	"FROM a\nRUN cat <<EOF\nRUN a \\\nEOF\nENV A=1\n",
	"FROM a\nRUN a \\\n b\nCOPY <<EOF <<E2 /x\nRUN a \\\nEOF\nRUN b \\\nE2\nRUN c \\\n d\n",
	"FROM a\n# x << y\nRUN a \\\n b \\\n# <<EOF\n c\nENV A=1\n",
	"FROM a\n# one\nRUN a \\\n# two\n b\nCOPY a b\n",
	"FROM a\nRUN a \\\n# two\n\n b\n# three\nCOPY a b\n",
	"RUN a\n# escape=`\nFROM a\nCOPY a `\n b\n",
	"RUN a\nCMD b\n",
	"RUN a\nENV\n",
	"FROM a\nRUN a \\\n b \\\n",
	"FROM a\nRUN a \\\n b \\\n\n#\n",
	"FROM a\n  run  a\n\tCmd b c\nENTRYPOINT exec d \\\n",
	"# comment\nRUN x\n# more\nFROM a\n#\n# doc\nRUN y # z\n",
	"\uFEFFRUN x\nFROM a\n",
	"FROM a\nRUN \\\n\xa0 --mount=from=b,target=/x make\n",
	"FROM a\nRUN a \\\n# comment at the end\n",
	" # escape=`\nFROM a\nRUN b `\n c\n",
	"\t# syntax=x\n# escape=`\nFROM a\nRUN b `\n c\n",
	"# syntax=x\n# escape=`\nFROM a\nRUN b `\n c\n",
	"# syntax=x\n# syntax=y\nFROM a\nCOPY a b\n",
	"\n# escape=`\nFROM a\nCOPY a `\nb\n",
	"\uFEFF# syntax=x\nFROM a\nENV A=1 \\\n  B=2\n",
	"FROM a\nLABEL a=1 \\\n # why\n b=\"2 3\"\\\n c=4\nCOPY --from=x a \\\nb /c\n",
	"FROM a\n# " + strings.Repeat("x", 70000) + "\n",
	"FROM\\\n a\n",
	"FROM a\nRUN cat <\\\n<EOF\nENV A=1\nEOF\n",
	"FROM scratch\nRUN cat <\\\n<EOF\nRUN cat <<X\nEOF\nCOPY --from=evil.example.com/x:1 /a /b\nRUN : <<X\nX\n",
	"FROM a\nCOPY <\\\n# c\n<EOF /x\nRUN a\nEOF\n",
	"# syntax=x\n # escape=`\nFROM a\nRUN a\\\nENV A=1\n",
	"# check=skip=all\n # escape=`\nFROM scratch\nRUN dir C:\\\nCOPY --from=evil.example.com/x:1 /a /b\n",
	"#syntax=x\n\t#escape=`\nFROM a\nRUN a\\\nENV A=1\n",
	"\uFEFF # escape=`\nFROM a\nENV A b\nRUN a\\\nENV A=1\n",
	"\uFEFF\r#escape=`\nFROM a\nENV A b\nRUN a\\\nENV A=1\n",
	"\uFEFF #syntax=x\n#escape=`\nFROM a\nENV A b\nRUN a\\\nENV A=1\n",
	"# only\n",
	"FROM a\nRUN " + strings.Repeat("x", 70000) + "\nENV A=1\n",
	"FROM a\nRUN a\\\n" + strings.Repeat("x", 65536) + "\nENV A=1\n",
}

// simpleLines are those that the parser is not needed for, otherLines some that it is.
var (
	simpleLines = []string{
		"FROM a", "from  --platform=linux/amd64\ta:1 AS  b", "ARG A", "ARG A=1 B=\"x y\" C='z' D", "ENV A=1 B=\"c d\"e F=",
		"LABEL a.b=\"it's\" c=d", "COPY a b /c/", "COPY --from=x --chown=1:2 a b", "COPY [\"a b\", \"c\"]", "ADD --checksum=sha256:00 https://h/x /y",
		"WORKDIR C:\\a b", "USER a", "EXPOSE 1 2/udp", "VOLUME /a /b", "VOLUME [\"/a\"]", "HEALTHCHECK NONE", "HEALTHCHECK --interval=5s CMD [\"a\"]",
		"HEALTHCHECK CMD curl \"x\" || exit 1", "ENTRYPOINT [\"a\", \"b\"]", "CMD []", "SHELL [\"sh\", \"-c\"]", "STOPSIGNAL SIGTERM", "MAINTAINER caf\xe9 x",
		"RUN --mount=type=bind,from=b,target=/x make \\ \"a\" é", "WORKDIR /é",
	}
	otherLines = []string{
		"FROM", "ENV", "ENV A b", "ENV A=1 B", "ENV A=\\ b", "ARG A=\\\"", "COPY [\"a\", 1]", "COPY [a b]", "RUN [ -f x ]", "ONBUILD RUN x", "FROM caf\xe9",
		"COPY --from=\"x\" a b", "COPY -- a b", "COPY --from=x", "RUN --mount=a \xa0x", "HEALTHCHECK CMD \xa0x", "NOTHING a", "COPY a\vb c", "FROM \x00",
	}
)

func TestThin(t *testing.T) {
	t.Parallel()
	for _, text := range thinTexts {
		sameNodes(t, text)
	}
	const text = "FROM a\n# why\nRUN a && \\\n  # how\n  b\nCOPY a b\n"
	if got := thin(text); got.thinned() != "#\n# why\n#\n#\n#\n#\n" || len(got.plain) != 3 || got.left > 0 {
		t.Errorf("thin = %+v", got)
	}
	for _, line := range simpleLines {
		if simpleNode(line) == nil {
			t.Errorf("%q is for the parser", line)
		}
		sameNodes(t, line+"\n")
	}
	for _, line := range otherLines {
		if simpleNode(line) != nil {
			t.Errorf("%q is not for the parser", line)
		}
		sameNodes(t, line+"\n")
	}
	data, err := os.ReadFile("../testdata/cases/source-cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Dockerfile string }
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		sameNodes(t, c.Dockerfile)
	}
}

func TestThinCorpus(t *testing.T) {
	t.Parallel()
	root := os.Getenv("IMGPOLICY_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(root); err != nil {
		t.Skipf("no corpus of Dockerfiles at %s (set IMGPOLICY_CORPUS)", root)
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "SOURCES.tsv" {
			return err
		}
		text, err := os.ReadFile(path)
		sameNodes(t, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func FuzzThin(f *testing.F) {
	for _, text := range thinTexts {
		f.Add(text)
	}
	f.Fuzz(sameNodes)
}

// TestPlainPlace: what is wrong with an instruction whose text is not kept is shown
// where it stands.
func TestPlainPlace(t *testing.T) {
	t.Parallel()
	f := Parse("Dockerfile", []byte("# why\n  RUN x \\\n   y\nFROM debian:12\n"))
	var all []Problem
	all = append(all, f.problems...)
	all = append(all, f.Resolve(Options{}).Problems...)
	for _, p := range all {
		if strings.Contains(p.Message, "no build stage") {
			if got := f.Range(p.Span); got.Start != (Position{Line: 2, Column: 3, Offset: 8}) {
				t.Errorf("%s at %+v", p.Message, got)
			}
			return
		}
	}
	t.Errorf("no such problem in %+v", all)
}
