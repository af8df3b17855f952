package rego

import (
	"fmt"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

const dockerHub = "docker.io"

// findRepoHost finds names that input.image.repo and fullRepo never have.
func (s *scope) findRepoHost(c call) {
	if c.name == "startswith" && len(c.args) == 2 {
		s.findRepoPrefix(c)
		return
	}
	cmp, ok := s.comparison(c)
	if !ok {
		return
	}
	for _, v := range cmp.values {
		name, ok := text(v)
		if !ok {
			continue
		}
		var f policy.Flaw
		switch cmp.field.path() {
		case "image.repo":
			f, ok = wrongRepo(name, s.hostBeside(c))
		case "image.fullRepo":
			f, ok = wrongFullRepo(name)
		default:
			return
		}
		if ok {
			s.report(s.moduleOf(v), v.Location, f)
		}
	}
}

// hostBeside is the host that another condition of the body asks for, or "".
func (s *scope) hostBeside(c call) string {
	for _, e := range c.body {
		if e == c.expr || e.Negated || !e.IsCall() {
			continue
		}
		cmp, ok := s.comparison(call{name: e.Operator().String(), args: e.Operands()})
		if ok && cmp.op != opNot && cmp.op != opMember && cmp.field.path() == "image.host" && len(cmp.values) == 1 {
			host, _ := text(cmp.values[0])
			return host
		}
	}
	return ""
}

func wrongRepo(name, host string) (policy.Flaw, bool) {
	img, err := source.ParseImage(name)
	if err != nil {
		return policy.Flaw{}, false
	}
	f := policy.Flaw{Rule: "rego-repo-host"}
	switch familiar := img.FamiliarName(); {
	case familiar == name && host != "" && host != dockerHub && img.Host() == dockerHub:
		f.Message = fmt.Sprintf("input.image.repo is never %q where the host is %s: outside of Docker Hub it begins with the host", name, host)
		f.Help = fmt.Sprintf("write `%q`", host+"/"+name)
	case familiar == name:
		return f, false
	case img.Pinned() || !img.TagImplied():
		f.Message = fmt.Sprintf("input.image.repo is never %q: it has neither tag nor digest", name)
		f.Help = fmt.Sprintf("write `%q`, and compare `input.image.tag` by itself", familiar)
	default:
		f.Message = fmt.Sprintf("input.image.repo is never %q: for images of Docker Hub it is the short name, here %s", name, familiar)
		f.Help = fmt.Sprintf("write `%q`, or compare `input.image.fullRepo` with `%q`", familiar, img.Name())
	}
	return f, true
}

func wrongFullRepo(name string) (policy.Flaw, bool) {
	img, err := source.ParseImage(name)
	if err != nil || img.Name() == name {
		return policy.Flaw{}, false
	}
	return policy.Flaw{
		Rule:    "rego-repo-host",
		Message: fmt.Sprintf("input.image.fullRepo is never %q: it is the whole name, with its host and without tag and digest", name),
		Help:    fmt.Sprintf("write `%q`", img.Name()),
	}, true
}

// findRepoPrefix finds prefixes that no repo begins with.
func (s *scope) findRepoPrefix(c call) {
	f, ok := s.field(c.args[0])
	if !ok || f.path() != "image.repo" {
		return
	}
	for _, v := range s.literals(c.args[1]) {
		prefix, _ := text(v)
		if !strings.HasPrefix(prefix, "library/") && !strings.HasPrefix(prefix, dockerHub+"/") {
			continue
		}
		s.report(s.moduleOf(v), v.Location, policy.Flaw{
			Rule:    "rego-repo-host",
			Message: fmt.Sprintf("no input.image.repo begins with %q: for images of Docker Hub it is the short name, such as alpine or myorg/app", prefix),
			Help:    fmt.Sprintf("write `startswith(input.image.fullRepo, %q)`", dockerHub+"/"+strings.TrimPrefix(prefix, dockerHub+"/")),
		})
	}
}
