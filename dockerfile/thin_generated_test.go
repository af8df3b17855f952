package dockerfile

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// The pieces of made-up Dockerfiles: what the parser looks at, and what it could be
// taken for.
var (
	generatedKeywords = []string{
		"FROM", "RUN", "CMD", "ENTRYPOINT", "COPY", "ADD", "ENV", "LABEL", "ARG", "ONBUILD", "ONBUILD RUN", "ONBUILD COPY", "ONBUILD ENV", "HEALTHCHECK",
		"HEALTHCHECK CMD", "HEALTHCHECK NONE", "WORKDIR", "USER", "EXPOSE", "VOLUME", "SHELL", "STOPSIGNAL", "MAINTAINER", "run", "Copy", "NOTHING", "FROM\xa0", "WOR\u212aDIR", "#", "\\", "//", "{",
	}
	generatedBlanks = []string{
		" ", " ", " ", " ", "  ", "\t", "\v", "\f", "\r", "\xa0", "\u00a0", "\x85", "\u0085", "\u2003", "", "\x00", "\\\n", " \\\n ", "\\ \t\n", "\\\r\n", "\\\n# c\n", "\\\n \n", "\\\n\n", "\\\n#\n\\\n", "`\n", " `\n ", "\\\n\\\n", "<\\\n<EOF",
	}
	generatedTokens = []string{
		"a", "b:1", "AS", "--from=x", "--mount=type=bind,from=b,target=/x", "--", "---", "-", "-x", "--x='a b'", "--x=\"a", "--x=\\", "--x\\ y", "--é", `["a", "b"]`, `["a"`, "[]", "[", "[1]", "[null]", `["a",1]`, "[ -f x ]",
		`["\u0041","\n"]`, `["a"] x`, "[\"\xff\"]", "A=1", `A="x y"`, "A='x", `A="`, "=x", "=", "A", `A=\ b`, "\\", "\\\\", "\\\\\\", `"`, "'", `"x y"`, "<<EOF", "<<-EOF", "<", "<<", `<<"EOF"`, "<<'E'", "0<<E", "<<<x", "é", "\xff", "\x00",
		"\x7f", "#x", "#", "CMD", "NONE", "$A", "${A:-b}", "`", "--interval=5s", "\uFEFF",
	}
	generatedEnds       = []string{"\n", "\n", "\n", "\n", "\n", "\r\n", "\r", "\n\n", "\\\n", "\n \t\n", " \n", "\r\r\n", " \\ \n", ""}
	generatedComments   = []string{"# c", "#", " # c", "# a=b", "# <<EOF", "# c \\", "#\\", "\t#", "\u00a0# c", "\xa0# c"}
	generatedDirectives = []string{
		"# escape=`", "# escape=\\", "#escape = `", " # escape=`", "\t# escape=`", "# syntax=x", " # syntax=y", "# check=skip=all", "# Escape=`", "# escape=x", "# foo=x", "\uFEFF# escape=`", "\uFEFF", "\uFEFF # syntax=x", "\uFEFF# c \\",
		"#\u00a0escape=`", "\u2003# escape=`", "# escape=", "{", "// escape=`", "#!x", "# escape=`\r", "#\vsyntax=x",
	}
	generatedLines = []string{"EOF", "E", "\tEOF", "x", "EOF ", "{", " ", ""}
)

// generatedText is a made-up Dockerfile, valid or not.
func generatedText(r *rand.Rand) string {
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	var b strings.Builder
	if r.IntN(3) == 0 {
		for range 1 + r.IntN(3) {
			b.WriteString(pick(generatedDirectives) + pick(generatedEnds[:8]))
		}
	}
	if r.IntN(2) == 0 {
		b.WriteString("FROM a\n")
	}
	for range r.IntN(6) {
		switch r.IntN(10) {
		case 0:
			b.WriteString(pick(generatedComments))
		case 1:
			b.WriteString(pick(generatedLines))
		case 2:
			b.WriteString(pick(generatedKeywords) + " ")
			if r.IntN(60) == 0 {
				b.WriteString(strings.Repeat("x", 65520+r.IntN(24)))
			}
		default:
			b.WriteString(pick(generatedKeywords))
			for range r.IntN(6) {
				if r.IntN(3) > 0 {
					b.WriteByte(' ')
				} else {
					b.WriteString(pick(generatedBlanks))
				}
				b.WriteString(pick(generatedTokens))
			}
		}
		b.WriteString(pick(generatedEnds))
	}
	return b.String()
}

// TestThinGenerated reads made-up texts as BuildKit's parser does. FuzzThin changes
// bytes, and hardly ever puts a directive or a heredoc together.
func TestThinGenerated(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		sameNodes(t, generatedText(r))
	}
}

// FuzzThinGenerated is that with other texts.
func FuzzThinGenerated(f *testing.F) {
	f.Add(uint64(1), uint64(1))
	f.Fuzz(func(t *testing.T, a, b uint64) { sameNodes(t, generatedText(rand.New(rand.NewPCG(a, b)))) })
}
