package main

import (
	"context"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/lint/report"
	"github.com/imgpolicy/imgpolicy/lint/rules"
)

// TestCredentialsAreNeverShown prints Dockerfiles with credentials in every
// format. Each hides "hunter2xyz" in its own way, so no piece of it may show.
func TestCredentialsAreNeverShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text string }{
		{"plain", "FROM scratch\nADD https://bot:hunter2xyz@host/x /\n"},
		{"scheme unknown", "ARG S\nFROM scratch\nARG S\nADD ${S}://bot:hunter2xyz@host/x /\n"},
		{"host unknown", "FROM scratch\nARG H\nADD https://bot:hunter2xyz@$H/x /\n"},
		{"in two variables", "FROM scratch\nARG A=hunte\nARG B=r2xyz\nADD https://bot:$A$B@host/x /\n"},
		{"as the user", "FROM scratch\nARG USER=hunter2xyz\nADD https://$USER:x-oauth-basic@host/x /\n"},
		{"short variable", "FROM scratch\nARG P=2x\nADD https://b:$P@host/y /\n"},
		{"quoted in a message", "FROM scratch\nARG T='hunt\"er2xyz'\nADD https://bot:$T@host/x /\n"},
		{"quotes", "FROM scratch\nADD \"https://\"bot:hunt\"er2xyz@host\"/x /\n"},
		{"escapes", "FROM scratch\nADD https:\\//bot:hunt\\er2xyz@host/x /\n"},
		{"JSON", `FROM scratch` + "\n" + `ADD ["https:\/\/bot:hunt\u0065r2xyz@host/x", "/"]` + "\n"},
		{"JSON with a blank", "FROM scratch\nADD [\"https://bot:hunter 2xyz@host/x\", \"/\"]\n"},
		{"apostrophe", "FROM scratch\nADD [\"https://bot:hunter'2xyz@host/x\", \"/\"]\n"},
		{"comment in a continuation", "FROM scratch\nADD https://bot:hunt\\\n# a / comment\ner2xyz@host/x /\n"},
		{"scheme over two lines", "FROM scratch\nADD https:/\\\n/bot:hunt\\\ner2xyz@host/x /\n"},
		{"percent-encoded", "FROM scratch\nARG T=hunter@2xyz\nADD https://bot:hunter%402xyz@host/x /\n"},
		{"default", "FROM scratch\nADD https://${U:-bot:hunter2xyz}@host/x /\n"},
		{"base image", "FROM https://bot:\"hunt\"er2xyz@host/x\n"},
		{"frontend", "# syntax=https://bot:hunter2xyz@host/x\nFROM scratch\n"},
		{"not an instruction", "FROM scratch\nhttps://bot:hunter2xyz@host/x\n"},
		{"trigger", "FROM scratch\nONBUILD ADD https://bot:hunt\\\ner2xyz@host/x /\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := lint.Linter{Rules: rules.All()}
			result, failures := l.Lint(context.Background(), []lint.File{{
				Name: "Dockerfile", Read: func() ([]byte, error) { return []byte(c.text), nil },
			}})
			if len(failures) > 0 {
				t.Fatal(failures)
			}
			if len(result.Diagnostics) == 0 {
				t.Fatal("no diagnostics")
			}
			for _, f := range report.Formats() {
				var out strings.Builder
				if err := f.Write(&out, result, report.Options{}); err != nil {
					t.Fatal(err)
				}
				for _, piece := range []string{"hunt", "er2x", "2x"} {
					if strings.Contains(out.String(), piece) {
						t.Errorf("%s shows %q:\n%s", f.Name, piece, out.String())
					}
				}
			}
		})
	}
}
