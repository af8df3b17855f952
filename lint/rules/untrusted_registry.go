package rules

import (
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

func untrustedRegistry() *lint.Rule {
	return &lint.Rule{
		ID:               "untrusted-registry",
		Summary:          "image from a registry that the config does not list",
		Severity:         lint.Error,
		SecuritySeverity: "7.5",
		Doc: "`registries` of the config names where images may come from: hosts, or hosts with the\n" +
			"start of a path, on the full name (`docker.io/library` for Docker Hub's own images).\n" +
			"An entry stands for whole parts of the path, so `ghcr.io/acme` is not\n" +
			"`ghcr.io/acme-x`; `*` stands for any text within one part. Without `registries` this\n" +
			"rule says nothing.",
		Bad:  "FROM quay.io/acme/base:1@sha256:" + exampleDigest + "\n",
		Good: "FROM registry.example.com/acme/base:1@sha256:" + exampleDigest + "\n",
		Check: func(p *lint.Pass) {
			for i := range p.Inputs {
				if img, ok := p.Inputs[i].Source.(source.Image); ok {
					reportRegistry(p, i, img)
				}
			}
		},
	}
}

func reportRegistry(p *lint.Pass, i int, img source.Image) {
	for n := range p.Registries {
		if list := &p.Registries[n]; !list.AllowsImage(img) {
			p.ReportInput(i, lint.Diagnostic{
				Message: img.Ref() + " is from no allowed registry: " + list.Told(img.Name()),
				Policy:  &lint.PolicyEntry{File: list.File, Line: list.Line, Text: "registries"},
			})
		}
	}
}
