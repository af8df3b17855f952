package rules

import (
	"fmt"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

func insecureGit() *lint.Rule {
	return &lint.Rule{
		ID:               "insecure-git",
		Summary:          "git repository over an unencrypted connection",
		Severity:         lint.Error,
		SecuritySeverity: "7.0",
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
				d.Help = fmt.Sprintf("if the server has it, write `%s`", overHTTPS(p.Inputs[i].Value, g))
				d.Fixes = gitOverHTTPS(p, i, g)
				p.ReportInput(i, d)
			}
		},
	}
}

// overHTTPS is an address of a repository over https, where BuildKit takes it
// for one only if its path ends in .git, and the port of git:// is another's.
func overHTTPS(value string, g source.Git) string {
	address, more := value, ""
	if i := strings.IndexAny(value, "?#"); i >= 0 {
		address, more = value[:i], value[i:]
	}
	_, rest, _ := strings.Cut(withoutUserInfo(address), "://")
	host, path, _ := strings.Cut(rest, "/")
	if g.Scheme == "git" {
		host = strings.TrimSuffix(host[strings.LastIndexByte(host, '@')+1:], ":9418")
	}
	if path = strings.TrimRight(path, "/"); !strings.HasSuffix(path, ".git") {
		path += ".git"
	}
	return "https://" + host + "/" + path + more
}

const exampleCommit = "6fe9d4dd6b8a8bb5ba0d5c0a6f2a6e02ad2cf93b"
