package rules

import (
	"fmt"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/lint"
)

func unresolvedInput() *lint.Rule {
	return &lint.Rule{
		ID:       "unresolved-input",
		Summary:  "input that cannot be known without more information",
		Severity: lint.Warning,
		Doc: "Some inputs depend on what the file does not say: a build arg without a default,\n" +
			"or a variable that only the base image could set. Such an input is never guessed.\n" +
			"No rule has judged it, so it is reported: as a warning, and as an error where a\n" +
			"policy is in force, since what no policy has seen is not clean.\n\n" +
			"The same holds for a source that is not valid, in a stage the target does not need:\n" +
			"BuildKit does not look there.\n\n" +
			"Give the ARG a default, or pass `--build-arg` with the value the build will use.",
		Bad:  "ARG BASE\nFROM ${BASE}\n",
		Good: "ARG BASE=alpine@sha256:" + "beefdbd8a1da6d2915566fde36db9db0b524eb737fc57cd1367effd16dc0d06d\nFROM ${BASE}\n",
		Check: func(p *lint.Pass) {
			refused := inputsWith(p, dockerfile.BuildProblem, dockerfile.ReferenceProblem)
			for i := range p.Inputs {
				in := &p.Inputs[i]
				if in.Unknown.IsZero() {
					if in.Err != nil && !refused[i] {
						p.ReportInput(i, unparsed(p, in))
					}
					continue
				}
				d := lint.Diagnostic{
					Message: fmt.Sprintf("%s cannot be checked: %s", shownWord(in), reason(in.Unknown)),
					Help:    unresolvedHelp(in),
				}
				if p.Governed() {
					d.Severity = lint.Error
				}
				if !in.Unknown.Declared.Empty() && !declaredAmong(in) {
					message := in.Unknown.Variable + " has no value here"
					if in.Unknown.Global {
						message = in.Unknown.Variable + " is declared here, outside every stage"
					}
					d.Related = append(d.Related, lint.Related{
						Message: message, File: p.File.Name, Span: in.Unknown.Declared,
					})
				}
				p.ReportInput(i, d)
			}
		},
	}
}

// unparsed speaks of an input that BuildKit would refuse in a stage it does not
// build: no policy has judged it, and the next target may need it.
func unparsed(p *lint.Pass, in *dockerfile.Input) lint.Diagnostic {
	d := lint.Diagnostic{
		Message: fmt.Sprintf("%s cannot be checked: %s", shownWord(in), in.Err),
		Notes:   []string{"the target does not need this stage; a build of it would stop here"},
	}
	if p.Governed() {
		d.Severity = lint.Error
	}
	return d
}

func reason(u dockerfile.Unknown) string {
	if len(u.Args) == 0 && u.Variable != "" {
		return fmt.Sprintf("$%s %s", u.Variable, u.Reason)
	}
	return "it " + u.Reason
}

func shownWord(in *dockerfile.Input) string {
	if in.Word == "" {
		return "this input"
	}
	return in.Word
}

// declaredAmong tells whether the place of the missing variable is shown
// anyway, as that of a variable the word uses.
func declaredAmong(in *dockerfile.Input) bool {
	for _, v := range in.Variables {
		if v.Span == in.Unknown.Declared {
			return true
		}
	}
	return false
}

func unresolvedHelp(in *dockerfile.Input) string {
	u := in.Unknown
	switch {
	case len(u.Args) > 0:
		help := "give the value the build will use:"
		for _, arg := range u.Args {
			help += fmt.Sprintf(" `--build-arg %s=<value>`", arg)
		}
		return fmt.Sprintf("%s, or write a default: `ARG %s=<value>`", help, u.Args[0])
	case u.Global:
		return fmt.Sprintf("a stage does not see an ARG from before the first FROM: write `ARG %s` in the stage, above this line", u.Variable)
	case u.Near != "":
		return fmt.Sprintf("did you mean $%s? Otherwise write `ARG %s=<value>` in the stage, above this line", u.Near, u.Variable)
	case u.Variable != "":
		return fmt.Sprintf("if the image does not set it, write `ARG %s=<value>` in the stage, above this line", u.Variable)
	default:
		return ""
	}
}
