package rules

import (
	"fmt"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

func insecureGit() *lint.Rule {
	return &lint.Rule{
		ID:       "insecure-git",
		Summary:  "git repository over an unencrypted connection",
		Severity: lint.Error,
		Doc: "`git://` and `http://` are neither encrypted nor authenticated: anyone on the way\n" +
			"can hand the build another repository, and a commit id protects only when it is\n" +
			"written out. Use `https://` or ssh.",
		Bad:  "FROM scratch\nADD git://git.example.com/team/app.git#" + exampleCommit + " /src\n",
		Good: "FROM scratch\nADD https://git.example.com/team/app.git#" + exampleCommit + " /src\n",
		Check: func(p *lint.Pass) {
			for i := range p.Inputs {
				g, ok := p.Inputs[i].Source.(source.Git)
				if !ok || g.Scheme != "git" && g.Scheme != "http" {
					continue
				}
				d := lint.Diagnostic{Message: fmt.Sprintf("%s is fetched over an unencrypted connection (%s)", g.Remote, g.Scheme)}
				if _, rest, ok := strings.Cut(withoutUserInfo(p.Inputs[i].Value), "://"); ok {
					secure := "https://" + rest
					if path, _, _ := strings.Cut(g.Remote, "#"); !strings.HasSuffix(path, ".git") {
						d.Notes = append(d.Notes, "over https BuildKit takes an address for a git repository only when its path ends in .git")
					}
					d.Help = fmt.Sprintf("if the server has it, write `%s`", secure)
				}
				p.ReportInput(i, d)
			}
		},
	}
}

const exampleCommit = "6fe9d4dd6b8a8bb5ba0d5c0a6f2a6e02ad2cf93b"
