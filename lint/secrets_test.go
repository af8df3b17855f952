package lint_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/rules"
	"github.com/imgpolicy/imgpolicy/policy"
)

// everything reports each input and shows each line, so that each text of a
// file gets into the result if nothing holds it back.
func everything(p *lint.Pass) {
	for i := range p.Inputs {
		in := &p.Inputs[i]
		p.ReportInput(i, lint.Diagnostic{
			Message: in.Value + " and " + in.Word, Help: "not `" + in.Value + "`", Notes: []string{in.Value, in.Word},
			Policy: &lint.PolicyEntry{Text: in.Value},
		})
	}
	for n := 1; n <= p.File.Lines.Count(); n++ {
		if span := p.File.Lines.Span(n); !span.Empty() {
			p.Report(lint.Diagnostic{Span: span, Message: "a line"})
		}
	}
}

// texts are all strings of a result as it is marshalled to JSON.
func texts(t *testing.T, r *lint.Result) []string {
	t.Helper()
	for i := range r.Diagnostics {
		r.Diagnostics[i].Rule = nil // has a function
	}
	r.Rules = nil
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	var out []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(doc)
	return out
}

func TestLintHidesCredentials(t *testing.T) {
	t.Parallel()
	type args = map[string]string
	tests := []struct {
		name, text string
		args       args
		// secrets must be nowhere in the result.
		secrets []string
		// shown must be somewhere in it.
		shown string
	}{
		{"in the word", "FROM scratch\nADD https://user:hunter2@h/x /\n", nil, []string{"hunter2"}, "https://***@h/x"},
		{"token alone", "FROM scratch\nADD https://hunter2@h/x.git /\n", nil, []string{"hunter2"}, "https://***@h/x.git"},
		{"ssh password", "FROM scratch\nADD ssh://git:hunter2@h/x.git /\n", nil, []string{"hunter2"}, "ssh://git:***@h/x.git"},
		{"ARG default", "FROM scratch\nARG T=hunter2\nADD https://user:$T@h/x /\n", nil, []string{"hunter2"}, "https://***@h/x"},
		{"global ARG default", "ARG T=hunter2\nFROM scratch\nARG T\nADD https://user:$T@h/x /\n", nil, []string{"hunter2"}, "https://***@h/x"},
		{"ENV", "FROM scratch\nENV T hunter2\nADD https://user:$T@h/x /\n", nil, []string{"hunter2"}, "https://***@h/x"},
		{"ARG default that is the URL", "FROM scratch\nARG U=https://user:hunter2@h/x\nADD $U /\n", nil, []string{"hunter2"}, "https://***@h/x"},
		{"ARG default that is the user info", "FROM scratch\nARG U=user:hunter2\nADD https://$U@h/x /\n", nil, []string{"hunter2"}, "https://***@h/x"},
		{"default in the word", "FROM scratch\nARG T\nADD https://user:${T:-hunter2}@h/x /\n", nil, []string{"hunter2"}, "https://***@h/x"},
		{"variables of variables", "FROM scratch\nARG T=hunter2\nARG U=https://user:$T@h\nADD $U/x /\n", nil, []string{"hunter2"}, "https://***@h/x"},
		{"put together from parts", "FROM scratch\nARG A=hunter\nARG B=zorro\nADD https://user:${A}2${B}@h/x /\n", nil, []string{"hunter", "zorro"}, "https://***@h/x"},
		{"build arg", "FROM scratch\nARG T\nADD https://user:$T@h/x /\n", args{"T": "hunter2"}, []string{"hunter2"}, "https://***@h/x"},
		{"build arg over a default", "FROM scratch\nARG T=none\nADD https://user:$T@h/x /\n", args{"T": "hunter2"}, []string{"hunter2"}, "https://***@h/x"},
		{"build arg that is the URL", "FROM scratch\nARG U\nADD $U /\n", args{"U": "https://user:hunter2@h/x"}, []string{"hunter2"}, "https://***@h/x"},
		{"backslash in a build arg", "FROM scratch\nARG T=none\nADD https://user:$T@h/x /\n", args{"T": `hunter\zorro`}, []string{"hunter", "zorro"}, "https://***@h/x"},
		{"non-ASCII build arg", "FROM scratch\nARG T=none\nADD https://user:$T@h/x /\n", args{"T": "hünter\u00a0zorro"}, []string{"ünter", "zorro"}, "https://***@h/x"},
		{"percent-encoded", "FROM scratch\n# p@ss/word\nADD https://user:p%40ss%2Fword@h/x /\n", nil, []string{"p%40ss", "p@ss/word"}, "https://***@h/x"},
		{"percent-encoded build arg", "FROM scratch\nARG T=none\nADD https://user:$T@h/x /\nLABEL p=p@ss/word\n", args{"T": "p%40ss%2Fword"}, []string{"p%40ss", "p@ss/word"}, "https://***@h/x"},
		{"several @", "FROM scratch\nADD https://me@corp:hunter2@h/x /\n", nil, []string{"hunter2"}, "https://***@h/x"},
		{"again elsewhere", "FROM scratch\nADD https://user:hunter2@h/x /\nRUN curl -H 'X-Token: hunter2' h\n", nil, []string{"hunter2"}, "X-Token: ***"},
		{"in a RUN", "FROM scratch\nRUN curl https://user:hunter2@h/x\n", nil, []string{"hunter2"}, "curl https://***@h/x"},
		{"in a comment", "# https://user:hunter2@h/x\nFROM scratch\n", nil, []string{"hunter2"}, "# https://***@h/x"},
		{"JSON form", "FROM scratch\nADD [\"https://user:hunter2@h/x\", \"/\"]\n", nil, []string{"hunter2"}, "https://***@h/x"},
		{"JSON escapes", "FROM scratch\nADD [\"https://user:hun\\u0074er2@h/x\", \"/\"]\n", nil, []string{"hun", "hunter2"}, "https://***@h/x"},
		{"quotes within the password", "FROM scratch\nADD https://user:hun'ter2'foo\"bar\"@h/x /\n", nil, []string{"ter2", "hun", "foo", "bar"}, "https://***@h/x"},
		{"quotes within an ARG", "FROM scratch\nARG T=hun\"ter2\"foo\nADD https://user:$T@h/x /\n", nil, []string{"ter2", "hun", "foo"}, "https://***@h/x"},
		{"escapes within an ARG", "FROM scratch\nARG T=hun\\ter\\2foo\nADD https://user:$T@h/x /\n", nil, []string{"ter", "hun", "foo"}, "https://***@h/x"},
		{"password in a variable and variable host", "FROM scratch\nARG H\nARG T=hunter2\nADD https://user:$T@$H/x /\n", nil, []string{"hunter2"}, "https://***@$H/x"},
		{"variable host", "FROM scratch\nARG H\nADD https://user:hunter2@$H/x /\n", nil, []string{"hunter2"}, "https://***@$H/x"},
		{"variable scheme", "FROM scratch\nARG S=https\nADD $S://user:hunter2@h/x /\n", nil, []string{"hunter2"}, "https://***@h/x"},

		{"continuation", "FROM scratch\nADD https://user:hun\\\nter2@h/x /\n", nil, []string{"hun", "ter2"}, "https://***@h/x"},
		{"continuation and comment", "FROM scratch\nADD https://user:hun\\\n  # c\nter2\\\n@h/x /\n", nil, []string{"hun", "ter2"}, "https://***@h/x"},
		{"continuation with CRLF", "FROM scratch\r\nADD https://user:hun\\\r\nter2@h/x /\r\n", nil, []string{"hun", "ter2"}, "https://***@h/x"},
		{"continuation with backtick", "# escape=`\nFROM scratch\nADD https://user:hun`\nter2@h/x /\n", nil, []string{"hun", "ter2"}, "https://***@h/x"},
		{"continuation in the scheme", "FROM scratch\nADD https:\\\n//user:hun\\\nter2@h/x /\n", nil, []string{"hun", "ter2"}, "https://***@h/x"},
		{"continuation before the @", "FROM scratch\nADD https://hunter2\\\n@h/x /\n", nil, []string{"hunter2"}, "https://***@h/x"},
		{"continuation and variable host", "FROM scratch\nARG H\nADD https://user:hun\\\nter2@$H/x /\n", nil, []string{"hun", "ter2"}, "https://***@$H/x"},
		{"continuation in an ARG", "FROM scratch\nARG U=https://user:hun\\\nter2@h/x\nADD $U /\n", nil, []string{"hun", "ter2"}, "https://***@h/x"},
		{"continuation in an ARG that is the password", "FROM scratch\nARG T=hun\\\nter2\nADD https://user:$T@h/x /\n", nil, []string{"hun", "ter2"}, "https://***@h/x"},
		{"continuation in a RUN", "FROM scratch\nRUN curl https://user:hun\\\nter2@h/x\n", nil, []string{"hun", "ter2"}, "curl https://***"},
		{"continuation in what does not parse", "FROM scratch\nADDD https://user:hun\\\nter2@h/x /\n", nil, []string{"hun", "ter2"}, "ADDD https://***"},
		{"refused git query", "FROM scratch\nADD https://user:hunter2@h/x.git?token=a /\n", nil, []string{"hunter2"}, "https://***@h/x.git"},
		{"slash in the password", "FROM scratch\nADD https://user:hun/ter2@h/x /\n", nil, []string{"hun", "ter2"}, "https://***@h/x"},
		{"slash behind a variable", "FROM scratch\nARG T=hunter\nADD https://user:$T/zorro@h/x /\n", nil, []string{"hunter", "zorro"}, "https://***@h/x"},
		{"slash in an ARG", "FROM scratch\nARG T=hun/ter2\nADD https://user:$T@h/x /\n", nil, []string{"hun", "ter2"}, "https://***@h/x"},
		{"slash and continuation", "FROM scratch\nADD https://user:hun/\\\nter2@h/x /\n", nil, []string{"hun", "ter2"}, "https://***@h/x"},
		{"message", "FROM scratch\nARG X\nADD https://${X:?user:hunter2@h}/x /\n", nil, []string{"hunter2"}, "https://${X:?***@h}/x"},
		{"message of an error", "FROM scratch\nENV X=\nADD https://${X:?write user:hunter2@h}/x /\n", nil, []string{"hunter2"}, "write ***@h"},
		{"quoted message", "ARG X=\nFROM ${X:?'user:hunter2@sha.h'}\n", nil, []string{"hunter2"}, "***@sha.h"},
		{"message without a URL", "ARG X=\nFROM ${X:?user:hunter2@h}\n", nil, []string{"hunter2"}, "***@h"},
		{"message without a colon", "FROM scratch\nARG Y=${X?user:hunter2@h}\n", nil, []string{"hunter2"}, "***@h"},
		{"default of a URL's start", "FROM scratch\nARG X\nADD https://${X:-user:hunter2@h}/x /\n", nil, []string{"hunter2"}, "https://***@h}/x"},
		{"default of a URL's start without a colon", "FROM scratch\nARG X\nADD https://${X-user:hunter2@h}/x /\n", nil, []string{"hunter2"}, "https://***@h}/x"},
		{"URL of no use", "FROM https://user:hunter2@h/x\n", nil, []string{"hunter2"}, "https://***@h/x"},
	}
	p := &deciding{func(r policy.Request) (policy.Decision, error) {
		id := r.Source.Identifier()
		return policy.Decision{Messages: []string{"no " + id}, By: policy.Entry{File: "p", Text: id}, Help: id, Notes: []string{id}}, nil
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := &lint.Linter{
				Rules: append(rules.All(), rule("every-thing", everything)),
				Settings: lint.Settings{
					Builds:   []dockerfile.Options{{BuildArgs: tt.args}},
					Policies: []policy.Policy{p},
				},
			}
			result, failures := l.Lint(context.Background(), []lint.File{file("Dockerfile", tt.text)})
			if len(failures) > 0 || len(result.Diagnostics) == 0 {
				t.Fatalf("%d diagnostics, failures %v", len(result.Diagnostics), failures)
			}
			shown := false
			for _, text := range texts(t, result) {
				shown = shown || strings.Contains(text, tt.shown)
				for _, secret := range tt.secrets {
					if strings.Contains(text, secret) {
						t.Errorf("the result has %q in %q", secret, text)
					}
				}
			}
			if !shown {
				t.Errorf("the result has %q nowhere", tt.shown)
			}
		})
	}
}

// TestLintHidesNoMore holds what looks like credentials and is none.
func TestLintHidesNoMore(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"FROM alpine:3@sha256:" + strings.Repeat("0", 64) + "\n",
		"FROM scratch\nADD git@github.com:o/r.git /\n",
		"FROM scratch\nADD ssh://git@h/r.git /\n",
		"FROM scratch\nADD https://registry.npmjs.org/@types/node /\n",
		"FROM scratch\nADD https://h/x?mail=a@b \\\n  /\n",
		"FROM scratch\nADD https://h/x \\\n  me@example.com /\n",
		"FROM scratch\nRUN curl https://h \\\n  -u me@example.com\n",
		"FROM scratch\nRUN curl https://h\\\n  me@example.com\n",
		"FROM scratch\nADD https://host/path@1.2 /\n",
		"FROM scratch\nADD https://host:8080/@scope/pkg /\n",
		"FROM scratch\nARG P=8080\nADD https://host:$P/@scope/pkg /\n",
		"ARG IMAGE\nFROM ${IMAGE:-alpine:3@sha256:" + strings.Repeat("0", 64) + "}\n",
		"ARG IMAGE\nFROM ${IMAGE:?like alpine:3@sha256:" + strings.Repeat("0", 64) + "}\n",
		"FROM scratch\nARG H=h\nADD https://$H/x /\n",
		"FROM scratch\nRUN git config url.https://h.insteadOf ssh://git@h\n",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			l := &lint.Linter{Rules: []*lint.Rule{rule("every-thing", everything)}}
			result, _ := l.Lint(context.Background(), []lint.File{file("Dockerfile", text)})
			for _, got := range texts(t, result) {
				if strings.Contains(got, "***") {
					t.Errorf("hidden without need: %q", got)
				}
			}
		})
	}
}

// TestLintHidesCredentialsOfUnreachedStages drops the input that makes a word of
// the file a secret.
func TestLintHidesCredentialsOfUnreachedStages(t *testing.T) {
	t.Parallel()
	l := &lint.Linter{Rules: []*lint.Rule{rule("every-thing", everything)}, ReachedOnly: true}
	result, _ := l.Lint(context.Background(), []lint.File{file("Dockerfile", "FROM scratch AS unused\n"+
		"ARG T=hunter2\nADD https://user:$T@h/x /\nFROM alpine\nLABEL t=hunter2\n")})
	if result.Summary.Inputs != 1 {
		t.Errorf("%d inputs, want 1", result.Summary.Inputs)
	}
	for _, got := range texts(t, result) {
		if strings.Contains(got, "hunter2") {
			t.Errorf("the result has the secret in %q", got)
		}
	}
}

func TestNameThatIsNoSecretStays(t *testing.T) {
	t.Parallel()
	result := lintAll(t, "FROM scratch\nADD https://team@git.example.com/team/app.git#main /\n")
	const want = "write `https://git.example.com/team/app.git#<commit>`"
	for _, d := range result.Diagnostics {
		if d.Rule.ID == "unpinned-git" && !strings.HasPrefix(d.Help, want) {
			t.Errorf("help is %q, want %q", d.Help, want)
		}
	}
}

// BenchmarkManyCredentials is what redaction costs: it has to look for the
// credentials of all URLs in everything that is shown.
func BenchmarkManyCredentials(b *testing.B) {
	var text strings.Builder
	text.WriteString("FROM scratch\n")
	for i := range 5000 {
		fmt.Fprintf(&text, "ADD https://bot:secret%d@host/%d /\n", i, i)
	}
	text.WriteString("RUN true")
	for i := range 5000 {
		fmt.Fprintf(&text, " \\\n && curl https://bot:hun/ter%d@host", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		lintAll(b, text.String())
	}
}

// lintAll lints a text with all rules.
func lintAll(t testing.TB, text string) *lint.Result {
	t.Helper()
	l := lint.Linter{Rules: rules.All()}
	result, failures := l.Lint(context.Background(), []lint.File{file("Dockerfile", text)})
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	return result
}
