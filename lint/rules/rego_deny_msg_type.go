package rules

import "github.com/imgpolicy/imgpolicy/lint"

func regoDenyMsgType() *lint.Rule {
	return &lint.Rule{
		ID:       "rego-deny-msg-type",
		Summary:  "deny_msg that is no list of strings",
		Severity: lint.Warning,
		Flaws:    true,
		Doc: `Buildx reads the strings of a list or set in ` + "`deny_msg`" + `. A string or an object is dropped
without a word, and the build is denied without a reason. ` + "`deny_msg[message] if …`" + `, once the way
to write a set, makes an object in Rego v1: write ` + "`deny_msg contains message if …`" + `.`,
		Bad: `package docker

default allow := false

allow if input.local

default deny_msg := ""

deny_msg := "no images" if input.image

decision := {"allow": allow, "deny_msg": deny_msg}
`,
		Good: `package docker

default allow := false

allow if input.local

deny_msg contains "no images" if input.image

decision := {"allow": allow, "deny_msg": deny_msg}
`,
	}
}
