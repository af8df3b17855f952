package rego

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/imgpolicy/imgpolicy/policy"
)

// rawAddresses are the fields that hold an address as it was written, with any
// ".." in its path.
var rawAddresses = map[string]bool{"git.remote": true, "git.fullURL": true, "http.url": true, "http.path": true}

// findPathPrefix finds prefix tests on an address whose path can lead back out
// of the prefix, or whose host goes on where the prefix ends.
func (s *scope) findPathPrefix(c call) {
	if len(c.args) != 2 || s.minds {
		return
	}
	subject, prefixes := c.args[0], []*ast.Term(nil)
	switch c.name {
	case "startswith":
		prefixes = s.literals(c.args[1])
	case "strings.any_prefix_match":
		if prefixes = s.literals(c.args[1]); len(prefixes) == 0 {
			prefixes = s.elements(c.args[1])
		}
	case "regex.match":
		subject = c.args[1]
		prefixes = s.literals(c.args[0])
	default:
		return
	}
	f, ok := s.field(unwrapLower(subject))
	if !ok || !rawAddresses[f.path()] {
		return
	}
	for _, t := range prefixes {
		prefix, ok := text(t)
		if c.name == "regex.match" {
			prefix, ok = openPattern(prefix)
		}
		if !ok {
			continue
		}
		if flaw, ok := s.prefixFlaw(c, f, prefix); ok {
			s.report(s.module, c.loc, flaw)
			return
		}
	}
}

func unwrapLower(t *ast.Term) *ast.Term {
	if c, ok := t.Value.(ast.Call); ok && len(c) == 2 && c[0].String() == "lower" {
		return c[1]
	}
	return t
}

// mindsPaths tells whether the policy looks for ".." itself, anywhere.
func (in *inspector) mindsPaths() bool {
	for _, m := range in.modules {
		found := false
		ast.WalkTerms(m.ast, func(t *ast.Term) bool {
			if v, ok := text(t); ok {
				for _, sign := range []string{"..", `\.\.`, "[.][.]", `\.{2`, "%2e", "%2E"} {
					found = found || v == sign || strings.Contains(v, sign) && sign != ".."
				}
				found = found || strings.Contains(v, "/..") || strings.Contains(v, "../")
			}
			return found
		})
		if found {
			return true
		}
	}
	return false
}

func (s *scope) prefixFlaw(c call, f field, prefix string) (policy.Flaw, bool) {
	flaw := policy.Flaw{Rule: "rego-path-prefix"}
	host, path, whole := splitAddress(f, prefix)
	switch {
	case !whole && host != "":
		flaw.Message = fmt.Sprintf("%s is also met by %s.example.com/…: the prefix ends within the host", c.plain(), prefix)
		flaw.Help = fmt.Sprintf("write `input.%s.host == %q`", f.keys[0], host)
		return flaw, true
	case strings.Trim(path, "/") == "":
		return flaw, false
	}
	way := strings.TrimSuffix(prefix, "/") + "/" + strings.Repeat("../", strings.Count(strings.Trim(path, "/"), "/")+1) + "evil"
	if !strings.HasSuffix(prefix, "/") && f.keys[0] == "git" && strings.HasSuffix(prefix, ".git") {
		return flaw, false // a repository by its whole name
	}
	flaw.Message = fmt.Sprintf("%s is also met by %s: the path is not normalised, and the way leads out of the prefix", c.plain(), way)
	guard := `not regex.match("(?i)[.][.]|%2e", ` + f.String() + ")"
	if c.negated || c.body == nil {
		flaw.Help = fmt.Sprintf("put the test into a rule of its own, with `%s` in its body", guard)
	} else {
		flaw.Help = fmt.Sprintf("add `%s` to the body", guard)
	}
	return flaw, true
}

// splitAddress takes apart the beginning of an address. whole tells that its
// host is complete.
func splitAddress(f field, prefix string) (host, path string, whole bool) {
	if f.path() == "http.path" {
		return "", prefix, true
	}
	_, rest, ok := strings.Cut(prefix, "://")
	if !ok {
		// git@host:path
		if _, rest, ok = strings.Cut(prefix, "@"); !ok {
			return "", "", true
		}
		host, path, whole = strings.Cut(rest, ":")
		return host, path, whole
	}
	host, path, whole = strings.Cut(rest, "/")
	return host, path, whole
}

// openPattern is the fixed beginning of a regular expression that takes anything
// after it, known by trying.
func openPattern(pattern string) (string, bool) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return "", false
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false
	}
	tree = tree.Simplify()
	parts := tree.Sub
	if tree.Op != syntax.OpConcat || len(parts) < 2 || parts[0].Op != syntax.OpBeginText ||
		parts[1].Op != syntax.OpLiteral || parts[1].Flags&syntax.FoldCase != 0 {
		return "", false
	}
	prefix := string(parts[1].Rune)
	return prefix, re.MatchString(prefix+"../evil/x.git") || re.MatchString(prefix+"/../evil/x.git")
}
