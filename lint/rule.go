package lint

import "strings"

// Rule is one built-in check. A rule is a value without state: the list of all
// rules, the help, the documentation and the tests are made from its fields.
type Rule struct {
	// ID is kebab-case and names the flaw: "unpinned-image".
	ID string
	// Summary says in a phrase what the rule finds, lower case, no period.
	Summary string
	// Doc is Markdown: why it matters, what exactly is found, what is not.
	Doc string
	// Bad is a Dockerfile that has the flaw and no other, Good the same put
	// right. Both are shown in the documentation and run as tests.
	Bad, Good string
	// Severity is the default one.
	Severity Severity
	// SecuritySeverity grades how grave the flaw is as a weakness, from "0.1" to
	// "10.0", as code scanning sorts its alerts by. It is "" for a rule about
	// mistakes that endanger nobody.
	SecuritySeverity string
	// Mandatory rules cannot be disabled.
	Mandatory bool
	// Optional rules run only where they are enabled.
	Optional bool
	// Last rules run once for a file, after all others and all its builds: they
	// are about its ignores, and see what came of them in Pass.Ignores.
	Last bool
	// Flaws tells that the rule is about policies: its diagnostics are the flaws
	// that policies find in themselves under its ID (policy.Inspector), Bad and
	// Good are policies, several in txtar form, and Check is nil.
	Flaws bool
	// Unused tells that a rule about policies is about what a run makes no use
	// of: its diagnostics are those of policy.Watch.
	Unused bool
	// CheckLock, in place of Check, reports what it finds about a lock file, once
	// all files of the run are linted. Bad and Good are then several files in txtar
	// form.
	CheckLock func(*LockPass) `json:"-"`
	// Unpinned tells that the rule is about inputs that a pin would mend.
	Unpinned bool
	// Approval tells that the rule is about approved images: Bad and Good are
	// several files in txtar form, a catalog and maybe a config among them.
	Approval bool
	// Configs tells that the rule is about the configs of levels: Bad and Good are
	// several files in txtar form, and Check is nil.
	Configs bool
	// Compare completes what Check has reported by Pass.ReportPin: it is told of the
	// other pins once those of all files are known, and may add to the message and
	// the related places alone.
	Compare func(d *Diagnostic, others []WrittenPin) `json:"-"`
	// Check reports what it finds. It does no I/O.
	Check func(*Pass) `json:"-"`
}

// Language names the language that Bad and Good are written in, as Markdown
// does: "dockerfile", "json", "rego", or "text" for several files.
func (r *Rule) Language() string {
	name, _, _ := strings.Cut(r.Bad, "\n")
	switch {
	case r.CheckLock != nil, r.Approval, r.Configs:
		return "text"
	case !r.Flaws:
		return "dockerfile"
	case strings.HasPrefix(r.Bad, "{"), strings.HasSuffix(name, ".json --"):
		return "json"
	default:
		return "rego"
	}
}
