package rules

import (
	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

func untrustedHost() *lint.Rule {
	return &lint.Rule{
		ID:               "untrusted-host",
		Summary:          "download or git remote from a host that the config does not list",
		Severity:         lint.Error,
		SecuritySeverity: "7.5",
		Doc: "`hosts` of the config names the hosts that files and git repositories may come from,\n" +
			"with a port where only that one is meant; `*` stands for any text. Without `hosts`\n" +
			"this rule says nothing. Where a server redirects to is not known offline.",
		Bad:  "FROM scratch\nADD --checksum=sha256:" + exampleDigest + " https://example.org/tool.tar.gz /\n",
		Good: "FROM scratch\nADD --checksum=sha256:" + exampleDigest + " https://downloads.example.com/tool.tar.gz /\n",
		Check: func(p *lint.Pass) {
			for i := range p.Inputs {
				switch p.Inputs[i].Source.(type) {
				case source.HTTP, source.Git:
					reportHost(p, i, &p.Inputs[i])
				}
			}
		},
	}
}

func reportHost(p *lint.Pass, i int, in *dockerfile.Input) {
	host := lint.SourceHost(in.Source)
	for n := range p.Hosts {
		list := &p.Hosts[n]
		if list.AllowsSource(in.Source) {
			continue
		}
		what := "host " + host
		if host == "" {
			what = "the host of " + in.Source.Identifier()
		}
		p.ReportInput(i, lint.Diagnostic{
			Message: what + " is not allowed: " + list.Told(host),
			Policy:  &lint.PolicyEntry{File: list.File, Line: list.Line, Text: "hosts"},
		})
	}
}
