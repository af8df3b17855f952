package rules

import (
	"github.com/imgpolicy/imgpolicy/lint"
	"github.com/imgpolicy/imgpolicy/policy/approval"
)

func publicRegistry() *lint.Rule {
	return ofCatalogs(lint.Rule{
		ID:               approval.PublicRegistry,
		Summary:          "public image of which there is an approved private copy",
		Severity:         lint.Warning,
		SecuritySeverity: "4.0",
		Doc: `The catalog names a private copy of what this reference means: its registry answers when the public one
does not, and nobody else changes what is there. The fix writes the private name with the tag and the
approved digest; it is the same content.`,
		Bad: exampleApproved(`"private": "registry.example.com/node:20.11.1"`, exampleNode),
		Good: exampleApproved(`"private": "registry.example.com/node:20.11.1"`,
			"FROM registry.example.com/node:20.11.1@sha256:"+exampleDigest+"\n"),
	})
}
