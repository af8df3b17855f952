package rules

import (
	"fmt"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

func insecureURL() *lint.Rule {
	return &lint.Rule{
		ID:               "insecure-url",
		Summary:          "download over plain HTTP",
		Severity:         lint.Error,
		SecuritySeverity: "7.0",
		Doc: "Anyone on the way can replace what is downloaded over `http://`. Use `https://`.\n" +
			"A checksum keeps the content what it was, but the request itself stays visible,\n" +
			"so this rule asks for https all the same.",
		Bad: "FROM scratch\nADD --checksum=sha256:" +
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 http://example.com/tool.tgz /\n",
		Good: "FROM scratch\nADD --checksum=sha256:" +
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 https://example.com/tool.tgz /\n",
		Check: func(p *lint.Pass) {
			for i := range p.Inputs {
				h, _ := p.Inputs[i].Source.(source.HTTP)
				secure, ok := h.OverHTTPS()
				if !ok {
					continue
				}
				p.ReportInput(i, lint.Diagnostic{
					Message: fmt.Sprintf("%s is downloaded over plain HTTP", h.URL),
					Fixes:   downloadOverHTTPS(p, i),
					Help:    fmt.Sprintf("if the server has it, write `%s`", withoutUserInfo(secure.URL)),
				})
			}
		},
	}
}
