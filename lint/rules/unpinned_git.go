package rules

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

func unpinnedGit() *lint.Rule {
	return &lint.Rule{
		ID:               "unpinned-git",
		Summary:          "git source that follows a branch or tag",
		Severity:         lint.Error,
		SecuritySeverity: "6.0",
		Unpinned:         true,
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
					p.ReportInput(i, unpinnedGitDiagnostic(p, i, g))
				}
			}
		},
	}
}

var shortCommit = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{7,63}$`) })

// abbreviated tells whether a ref is the beginning of a commit id.
func abbreviated(g source.Git) bool {
	return shortCommit().MatchString(g.Ref) && strings.ContainsAny(g.Ref, "abcdef")
}

func unpinnedGitDiagnostic(p *lint.Pass, index int, g source.Git) lint.Diagnostic {
	in, pin := &p.Inputs[index], p.Pins[index]
	d := lint.Diagnostic{Fixes: pinGit(p, index, g)}
	commit, found := "<commit>", false
	if !pin.IsZero() && !p.Varies(index) {
		commit, found = pin.Digest, true
	}
	remote := withoutUserInfo(g.Remote)
	list := "git ls-remote " + shellQuote(remote) + " "
	switch ref := g.Ref; {
	case ref == "":
		d.Message = fmt.Sprintf("git source %s follows the default branch of its repository", g.Remote)
		list += "HEAD"
	case abbreviated(g):
		d.Message = fmt.Sprintf("git source %s is at the abbreviated commit %s (%d of 40 digits)", g.Remote, ref, len(ref))
		d.Help = "write the full commit id: " + command(atCommit(g, remote, commit))
		if found {
			d.Help += knownFrom(pin)
		}
		return withBadChecksum(p, d, in, g)
	case g.TagLike():
		d.Severity = lint.Warning
		name := strings.TrimPrefix(ref, "refs/tags/")
		d.Message = fmt.Sprintf("git source %s follows the tag %s, which can be moved", g.Remote, name)
		list += shellQuote("refs/tags/"+name) + " " + shellQuote("refs/tags/"+name+"^{}")
		d.Help = "keep the tag: " + checksumHelp(in, commit)
		if _, query, _ := strings.Cut(in.Value, "?"); g.Checksum != "" && strings.Contains(query, g.Checksum) {
			d.Help = fmt.Sprintf("keep the tag: write %s in place of %s", commitOr(pin, found, "the full commit"), g.Checksum)
		}
		if found {
			d.Help += knownFrom(pin)
		} else {
			d.Help += fmt.Sprintf("\n%s prints the commit (the last line)", command(list))
		}
		if g.Checksum == "" {
			d.Help += needsNewer(p, checksumOfGit)
		}
		return withBadChecksum(p, d, in, g)
	case strings.HasPrefix(ref, "refs/") && !strings.HasPrefix(ref, "refs/heads/"):
		d.Message = fmt.Sprintf("git source %s follows %s", g.Remote, ref)
		list += shellQuote(ref)
	default:
		name := strings.TrimPrefix(ref, "refs/heads/")
		d.Message = fmt.Sprintf("git source %s follows the branch %s", g.Remote, name)
		list += shellQuote("refs/heads/" + name)
	}
	d.Help = "write " + command(atCommit(g, remote, commit))
	if found {
		d.Help += knownFrom(pin)
	} else {
		d.Help += fmt.Sprintf("\n%s prints the commit", command(list))
	}
	return withBadChecksum(p, d, in, g)
}

// commitOr is a commit where it is known, or what stands for it.
func commitOr(pin lint.Pin, known bool, otherwise string) string {
	if known {
		return command(pin.Digest)
	}
	return otherwise
}

// withBadChecksum tells why the checksum that is there does not pin the source.
func withBadChecksum(p *lint.Pass, d lint.Diagnostic, in *dockerfile.Input, g source.Git) lint.Diagnostic {
	lower := strings.ToLower(g.Checksum)
	switch _, query, _ := strings.Cut(in.Value, "?"); {
	case g.Checksum == "":
	case source.IsCommit(lower):
		d.Notes = append(d.Notes, fmt.Sprintf("the checksum %s is not in lower case: BuildKit compares it as it is written", g.Checksum))
		d.Help = fmt.Sprintf("write %s in place of %s", command(lower), g.Checksum)
		if !strings.Contains(query, g.Checksum) {
			d.Help = checksumHelp(in, lower) + needsNewer(p, checksumOfGit)
		}
	default:
		d.Notes = append(d.Notes, fmt.Sprintf("the checksum %s is no full commit (%d digits): BuildKit compares it as a prefix", g.Checksum, len(g.Checksum)))
	}
	return d
}

// atCommit is the source written with a commit as its ref. The query keeps what
// is no ref: BuildKit takes only one.
func atCommit(g source.Git, remote, commit string) string {
	var query []string
	if g.KeepGitDirSet {
		query = append(query, fmt.Sprintf("keep-git-dir=%t", g.KeepGitDir))
	}
	if g.SkipSubmodules {
		query = append(query, "submodules=false")
	}
	if g.MTime != "" {
		query = append(query, "mtime="+g.MTime)
	}
	word := remote
	if g.Shorthand {
		word = strings.TrimPrefix(word, "https://") // else it is no git source
	}
	if len(query) > 0 {
		word += "?" + strings.Join(query, "&")
	}
	word += "#" + commit
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
	if scheme := strings.ToLower(remote[:start]); strings.HasSuffix(scheme, "http://") || strings.HasSuffix(scheme, "https://") {
		return remote[:start] + strings.TrimPrefix(remote[end:], "@")
	}
	return remote[:start-1] + remote[end:]
}
