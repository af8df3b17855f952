package rules

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

func unpinnedGit() *lint.Rule {
	return &lint.Rule{
		ID:       "unpinned-git",
		Summary:  "git source that follows a branch or tag",
		Severity: lint.Error,
		Doc: `A branch moves with every push, and a tag can be moved. Only a full commit id (40
or 64 hexadecimal digits) fixes the content: as the ref (` + "`…git#<commit>`" + `), in the
query (` + "`?commit=<commit>`" + `) or as ` + "`ADD --checksum=<commit>`" + ` beside a tag.

A branch, the default branch and an abbreviated commit are errors; a tag
(` + "`refs/tags/…`, `?tag=`, `v1.2.3`" + `) is a warning. BuildKit compares a checksum that is
shorter than a full commit as a prefix, which pins nothing.`,
		Bad:  "FROM scratch\nADD https://github.com/moby/buildkit.git#master /src\n",
		Good: "FROM scratch\nADD https://github.com/moby/buildkit.git#" + exampleCommit + " /src\n",
		Check: func(p *lint.Pass) {
			for i := range p.Inputs {
				if g, ok := p.Inputs[i].Source.(source.Git); ok && !g.Pinned() {
					p.ReportInput(i, unpinnedGitDiagnostic(&p.Inputs[i], g))
				}
			}
		},
	}
}

var shortCommit = regexp.MustCompile(`^[0-9a-f]{7,63}$`)

func unpinnedGitDiagnostic(in *dockerfile.Input, g source.Git) lint.Diagnostic {
	d := lint.Diagnostic{}
	remote := withoutUserInfo(g.Remote)
	list := "git ls-remote " + shellQuote(remote) + " "
	switch ref := g.Ref; {
	case ref == "":
		d.Message = fmt.Sprintf("git source %s follows the default branch of its repository", g.Remote)
		list += "HEAD"
	case shortCommit.MatchString(ref) && strings.ContainsAny(ref, "abcdef"):
		d.Message = fmt.Sprintf("git source %s is at the abbreviated commit %s (%d of 40 digits)", g.Remote, ref, len(ref))
		d.Help = "write the full commit id: " + command(strings.Replace(withoutUserInfo(in.Value), "#"+ref, "#<commit>", 1))
		return withShortChecksum(d, g)
	case g.TagLike():
		d.Severity = lint.Warning
		name := strings.TrimPrefix(ref, "refs/tags/")
		d.Message = fmt.Sprintf("git source %s follows the tag %s, which can be moved", g.Remote, name)
		list += shellQuote("refs/tags/"+name) + " " + shellQuote("refs/tags/"+name+"^{}")
		d.Help = fmt.Sprintf("keep the tag: %s\n%s prints the commit (the last line)", checksumHelp(in, "<commit>"), command(list))
		if _, query, _ := strings.Cut(in.Value, "?"); g.Checksum != "" && strings.Contains(query, g.Checksum) {
			d.Help = fmt.Sprintf("keep the tag: write the full commit in place of %s\n%s prints the commit (the last line)", g.Checksum, command(list))
		}
		return withShortChecksum(d, g)
	case strings.HasPrefix(ref, "refs/") && !strings.HasPrefix(ref, "refs/heads/"):
		d.Message = fmt.Sprintf("git source %s follows %s", g.Remote, ref)
		list += shellQuote(ref)
	default:
		name := strings.TrimPrefix(ref, "refs/heads/")
		d.Message = fmt.Sprintf("git source %s follows the branch %s", g.Remote, name)
		list += shellQuote("refs/heads/" + name)
	}
	d.Help = fmt.Sprintf("write `%s`\n%s prints the commit", atCommit(g, remote), command(list))
	return withShortChecksum(d, g)
}

func withShortChecksum(d lint.Diagnostic, g source.Git) lint.Diagnostic {
	if g.Checksum != "" {
		d.Notes = append(d.Notes, fmt.Sprintf("the checksum %s is no full commit (%d digits): BuildKit compares it as a prefix", g.Checksum, len(g.Checksum)))
	}
	return d
}

// atCommit is the source written with a commit as its ref.
func atCommit(g source.Git, remote string) string {
	word := remote + "#<commit>"
	if g.Subdir != "" {
		word += ":" + g.Subdir
	}
	return word
}

// withoutUserInfo is a remote as it should be written: without credentials, but
// with the user that ssh needs.
func withoutUserInfo(remote string) string {
	start, end, ok := source.URLUserInfo(remote)
	if !ok {
		return remote
	}
	if strings.HasPrefix(strings.ToLower(remote), "http") {
		return remote[:start] + strings.TrimPrefix(remote[end:], "@")
	}
	return remote[:start-1] + remote[end:]
}
