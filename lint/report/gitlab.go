package report

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
)

func gitlabFormat() Format {
	return Format{Name: "gitlab", Summary: "for GitLab's Code Quality reports", Write: writeGitLab}
}

type (
	gitlabIssue struct {
		Description string         `json:"description"`
		CheckName   string         `json:"check_name"`
		Fingerprint string         `json:"fingerprint"`
		Severity    string         `json:"severity"`
		Location    gitlabLocation `json:"location"`
	}
	gitlabLocation struct {
		Path  string      `json:"path"`
		Lines gitlabLines `json:"lines"`
	}
	gitlabLines struct {
		Begin int `json:"begin"`
		End   int `json:"end"`
	}
)

func writeGitLab(w io.Writer, r *lint.Result, opt Options) error {
	seen := map[string]int{}
	return writeElements(w, []byte("[]\n"), "", each(r.Diagnostics, func(d *lint.Diagnostic) gitlabIssue {
		path := strings.TrimPrefix(opt.fromRoot(d.File), "./")
		return gitlabIssue{
			Description: plain(d.Message), CheckName: ruleID(d), Severity: gitlabSeverity(d.Severity),
			Fingerprint: gitlabFingerprint(d, path, seen),
			Location:    gitlabLocation{path, gitlabLines{startLine(d.Range), max(startLine(d.Range), d.Range.End.Line)}},
		}
	}))
}

// gitlabFingerprint is the same wherever the lines go: it hashes the rule, the
// file, the reference as written, and which of several such it is. GitLab drops
// all but one of those that are equal.
func gitlabFingerprint(d *lint.Diagnostic, path string, seen map[string]int) string {
	text := d.Message
	if d.Input != nil {
		text = d.Input.Word
	}
	key := fmt.Sprintf("%q %q %q", ruleID(d), path, text)
	seen[key]++
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%s %d", key, seen[key])))
}

func gitlabSeverity(s lint.Severity) string {
	switch s {
	case lint.Info:
		return "info"
	case lint.Warning:
		return "minor"
	default:
		return "major"
	}
}
